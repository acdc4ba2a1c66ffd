"""Who was told a code types it on a page of its own, or where a mistyped address leads."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tally import Size, Visitor
from tests.stack_fixture import Stack

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

FIELD = "The code of the poll"
GO = "Go to the poll"


def test_who_knows_no_more_than_a_code_gets_to_the_ballot(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    host, voter = newcomer(stack.url), newcomer(stack.url, size)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    voter.page.goto("/")
    voter.page.get_by_role("link", name="Vote by code").click()
    expect(voter.page).to_have_title("Vote in a poll · Tally")
    picture(voter.page, "join")
    voter.page.get_by_label(FIELD).fill(address.removeprefix("/p/"))
    voter.press(GO)
    expect(voter.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()


def test_a_mistyped_code_is_mended_where_it_is(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    host, voter = newcomer(stack.url), newcomer(stack.url, size)
    code = host.ask("Tea or coffee?", ["Tea", "Coffee"]).removeprefix("/p/")
    wrong = code[:-1] + ("a" if code[-1] != "a" else "b")
    voter.page.goto(f"/p/{wrong}")
    field = voter.page.get_by_label(FIELD)
    expect(field).to_have_value(wrong)
    picture(voter.page, "not-found-code")
    top = voter.page.get_by_role("button", name=GO).bounding_box()
    voter.press(GO)
    expect(field).to_have_accessible_description("No poll has this code.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    if size.width > 400:  # on a phone the hint that it replaces takes two lines
        assert voter.page.get_by_role("button", name=GO).bounding_box() == top
    field.fill(code.upper())
    expect(field).to_have_attribute("aria-invalid", "false")
    field.press("Enter")
    expect(voter.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()
    expect(voter.page).to_have_url(f"{stack.url}/p/{code}")
    expect(voter.page.get_by_role("main")).to_be_focused()


def test_what_cannot_be_a_code_is_not_asked_for(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url)
    visitor.page.goto("/p/abc")
    field = visitor.page.get_by_label(FIELD)
    expect(field).to_have_value("abc")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.press(GO)
    expect(field).to_have_accessible_description("A code is eight letters and digits.")
    expect(field).to_be_focused()
    assert not [url for url in asked if "/api/" in url]


def test_a_whole_address_will_do_and_so_will_one_without_the_p(
    stack: Stack, newcomer: Newcomer
) -> None:
    host, voter = newcomer(stack.url), newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    voter.page.goto(address.removeprefix("/p"))
    voter.press(GO)
    expect(voter.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()
    voter.page.goto("/nowhere")
    voter.page.get_by_label(FIELD).fill(f"{stack.url}{address}/results")
    voter.press(GO)
    expect(voter.page).to_have_url(f"{stack.url}{address}")


def test_a_server_that_is_away_is_no_wrong_code(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url)
    visitor.page.goto("/p/00000000")
    visitor.page.get_by_label(FIELD).fill("00000001")
    visitor.page.route("**/api/polls/*", lambda route: route.fulfill(status=503, body="{}"))
    visitor.press(GO)
    visitor.sees("Trying again…")
    visitor.page.unroute("**/api/polls/*")
    visitor.sees("No poll has this code.")
