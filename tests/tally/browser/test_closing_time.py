"""When a poll closes by itself: set, moved and taken away after it was created."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

FIELD = "Closes by itself at"


def in_days(number: int) -> str:
    moment = datetime.now().astimezone() + timedelta(days=number)
    return f"{moment:%Y-%m-%dT%H:%M}"


def test_a_closing_time_is_set_moved_and_taken_away(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    host, voter = newcomer(stack.url, size), newcomer(stack.url, PHONE)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.sees("It stays open until you close it.")
    for moment in (in_days(1), in_days(2)):
        host.page.get_by_label(FIELD).fill(moment)
        host.press("Set the closing time")
        host.sees("It closes")
        expect(host.page.get_by_label(FIELD)).to_have_value(moment)
        voter.page.goto(address)
        voter.sees(f"{moment[-5:]}.")
    picture(host.page, "manage-closing")
    host.page.reload()
    expect(host.page.get_by_label(FIELD)).to_have_value(moment)
    host.press("Never close by itself")
    host.sees("It stays open until you close it.")
    expect(host.page.get_by_label(FIELD)).to_have_value("")


def test_pages_that_are_open_learn_of_a_closing_time(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    pages = [newcomer(stack.url).page for _ in range(3)]
    for page, path in zip(pages, ("", "/results", "/present"), strict=True):
        page.goto(address + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    moment = in_days(2)
    host.page.get_by_label(FIELD).fill(moment)
    host.press("Set the closing time")
    for page in pages:
        expect(page.get_by_text(f"{moment[-5:]}.")).to_be_visible()
    host.press("Never close by itself")
    for page in pages:
        expect(page.get_by_text(f"{moment[-5:]}.")).to_have_count(0)


def test_a_time_that_is_past_is_refused_at_the_field(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    field = host.page.get_by_label(FIELD)
    for wrong in ("2020-01-01T12:00", ""):
        field.fill(wrong)
        host.press("Set the closing time")
        expect(field).to_have_attribute("aria-invalid", "true")
        host.sees("Choose a time that is still to come")
    host.sees("It stays open until you close it.")


def test_a_device_whose_clock_is_slow_is_told_at_the_field(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.clock.set_system_time(datetime.now().astimezone() - timedelta(days=2))
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    field = host.page.get_by_label(FIELD)
    field.fill(in_days(-1))
    host.press("Set the closing time")
    expect(field).to_have_attribute("aria-invalid", "true")
    host.sees("Choose a time that is still to come")
    expect(host.page.get_by_text("Something went wrong")).to_have_count(0)
