"""The code of a poll is typed on a page of its own, or on the page of an unknown path."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

FIELD = "The code of the poll"
SUBMIT = "Go to the poll"
POLLS = "**/api/polls/*"


def test_code_form_leads_to_the_ballot(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    host, voter = new_visitor(stack.url), new_visitor(stack.url, size)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    voter.page.goto("/")
    voter.page.get_by_role("link", name="Vote by code").click()
    expect(voter.page).to_have_title("Vote in a poll · Tally")
    screenshot(voter.page, "join")
    voter.page.get_by_label(FIELD).fill(address.removeprefix("/p/"))
    voter.press(SUBMIT)
    expect(voter.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()


def test_mistyped_code_can_be_corrected_in_place(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    host, voter = new_visitor(stack.url), new_visitor(stack.url, size)
    code = host.create_poll("Tea or coffee?", ["Tea", "Coffee"]).removeprefix("/p/")
    wrong = code[:-1] + ("a" if code[-1] != "a" else "b")
    voter.page.goto(f"/p/{wrong}")
    field = voter.page.get_by_label(FIELD)
    expect(field).to_have_value(wrong)
    screenshot(voter.page, "not-found-code")
    top = voter.page.get_by_role("button", name=SUBMIT).bounding_box()
    voter.press(SUBMIT)
    expect(field).to_have_accessible_description("No poll has this code, or it was deleted.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    if size.width > 400:  # on a phone the hint that it replaces takes two lines
        assert voter.page.get_by_role("button", name=SUBMIT).bounding_box() == top
    field.fill(code.upper())
    expect(field).to_have_attribute("aria-invalid", "false")
    field.press("Enter")
    expect(voter.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()
    expect(voter.page).to_have_url(f"{stack.url}/p/{code}")
    expect(voter.page.get_by_role("main")).to_be_focused()


def test_malformed_code_is_refused_without_a_request(stack: Stack, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(stack.url)
    visitor.page.goto("/p/abc")
    field = visitor.page.get_by_label(FIELD)
    expect(field).to_have_value("abc")
    requested: list[str] = []
    visitor.page.on("request", lambda request: requested.append(request.url))
    visitor.press(SUBMIT)
    expect(field).to_have_accessible_description(re.compile("^A code is eight letters and digits"))
    expect(field).to_be_focused()
    assert not [url for url in requested if "/api/" in url]


def test_code_form_accepts_a_url_and_a_path_without_p(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host, voter = new_visitor(stack.url), new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    voter.page.goto(address.removeprefix("/p"))
    voter.press(SUBMIT)
    expect(voter.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()
    voter.page.goto("/nowhere")
    voter.page.get_by_label(FIELD).fill(f"{stack.url}{address}/results")
    voter.press(SUBMIT)
    expect(voter.page).to_have_url(f"{stack.url}{address}")


def test_code_form_retries_until_the_server_is_back(stack: Stack, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(stack.url)
    visitor.page.clock.install()
    visitor.open("/p/00000000")
    field = visitor.page.get_by_label(FIELD)
    field.fill("00000001")
    tries = respond_with(visitor.page, 503)
    visitor.press(SUBMIT)
    for _ in range(60):  # the clock may advance before the response arrives
        visitor.expect_text("Trying again…")
        if len(tries) > 5:
            break
        visitor.page.clock.run_for(5_000)
    assert len(tries) > 5
    expect(field).to_have_attribute("aria-invalid", "false")
    visitor.page.unroute(POLLS)
    visitor.page.clock.run_for(5_000)
    visitor.expect_text("No poll has this code")


def test_server_error_is_not_shown_as_an_invalid_code(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    visitor = new_visitor(stack.url)
    visitor.open("/join")
    field = visitor.page.get_by_label(FIELD)
    field.fill("00000001")
    respond_with(visitor.page, 500)
    visitor.press(SUBMIT)
    again = visitor.page.get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("^Something went wrong on the server"))
    expect(field).to_have_attribute("aria-invalid", "false")
    visitor.page.unroute(POLLS)
    again.press("Enter")
    visitor.expect_text("No poll has this code")
    expect(field).to_be_focused()


def respond_with(page: Page, status: int) -> list[str]:
    """Answer requests for a poll with this status; return their URLs, also of later ones."""
    tries: list[str] = []

    def respond(route: Route) -> None:
        tries.append(route.request.url)
        route.fulfill(status=status, body="{}")

    page.route(POLLS, respond)
    return tries
