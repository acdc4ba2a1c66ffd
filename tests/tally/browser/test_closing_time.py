"""The closing time of a poll: set, changed and removed after its creation."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

FIELD = "Closes by itself at"


def days_from_now(number: int) -> str:
    moment = datetime.now().astimezone() + timedelta(days=number)
    return f"{moment:%Y-%m-%dT%H:%M}"


def test_closing_time_is_set_changed_and_removed(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    host, voter = new_visitor(stack.url, size), new_visitor(stack.url, PHONE)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.expect_text("It stays open until you close it.")
    for moment in (days_from_now(1), days_from_now(2)):
        host.page.get_by_label(FIELD).fill(moment)
        host.press("Set the closing time")
        host.expect_text("It closes")
        expect(host.page.get_by_label(FIELD)).to_have_value(moment)
        voter.page.goto(address)
        voter.expect_text(f"{moment[-5:]}.")
    screenshot(host.page, "manage-closing")
    host.page.reload()
    expect(host.page.get_by_label(FIELD)).to_have_value(moment)
    host.press("Never close by itself")
    host.expect_text("It stays open until you close it.")
    expect(host.page.get_by_label(FIELD)).to_have_value("")


def test_open_pages_show_a_new_closing_time(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    pages = [new_visitor(stack.url).page for _ in range(3)]
    for page, path in zip(pages, ("", "/results", "/present"), strict=True):
        page.goto(address + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    moment = days_from_now(2)
    host.page.get_by_label(FIELD).fill(moment)
    host.press("Set the closing time")
    for page in pages:
        expect(page.get_by_text(f"{moment[-5:]}.")).to_be_visible()
    host.press("Never close by itself")
    for page in pages:
        expect(page.get_by_text(f"{moment[-5:]}.")).to_have_count(0)


def test_closing_time_in_the_past_is_refused_at_the_field(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    field = host.page.get_by_label(FIELD)
    for invalid in ("2020-01-01T12:00", ""):
        field.fill(invalid)
        host.press("Set the closing time")
        expect(field).to_have_attribute("aria-invalid", "true")
        host.expect_text("Choose a time in the future")
    host.expect_text("It stays open until you close it.")


def test_closing_time_by_a_slow_clock_is_refused_at_the_field(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.clock.set_system_time(datetime.now().astimezone() - timedelta(days=2))
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    field = host.page.get_by_label(FIELD)
    field.fill(days_from_now(-1))
    host.press("Set the closing time")
    expect(field).to_have_attribute("aria-invalid", "true")
    host.expect_text("Choose a time in the future")
    expect(host.page.get_by_text("Something went wrong")).to_have_count(0)
