"""Who was told a code types it on a page of its own, or where a mistyped address leads."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

FIELD = "The code of the poll"
GO = "Go to the poll"
POLLS = "**/api/polls/*"


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
    expect(field).to_have_accessible_description("No poll has this code, or not any more.")
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
    expect(field).to_have_accessible_description(re.compile("^A code is eight letters and digits"))
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


def test_a_server_that_is_away_is_asked_until_it_is_back(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url)
    visitor.page.clock.install()
    visitor.open("/p/00000000")
    field = visitor.page.get_by_label(FIELD)
    field.fill("00000001")
    tries = answer_with(visitor.page, 503)
    visitor.press(GO)
    for _ in range(60):  # the clock may run on before an answer has come
        visitor.sees("Trying again…")
        if len(tries) > 5:
            break
        visitor.page.clock.run_for(5_000)
    assert len(tries) > 5
    expect(field).to_have_attribute("aria-invalid", "false")
    visitor.page.unroute(POLLS)
    visitor.page.clock.run_for(5_000)
    visitor.sees("No poll has this code")


def test_a_server_that_fails_is_no_fault_of_the_code(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url)
    visitor.open("/join")
    field = visitor.page.get_by_label(FIELD)
    field.fill("00000001")
    answer_with(visitor.page, 500)
    visitor.press(GO)
    again = visitor.page.get_by_role("button", name="Try again")
    expect(again).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("^Something went wrong on the server"))
    expect(field).to_have_attribute("aria-invalid", "false")
    visitor.page.unroute(POLLS)
    again.press("Enter")
    visitor.sees("No poll has this code")
    expect(field).to_be_focused()


def answer_with(page: Page, status: int) -> list[str]:
    """Have the server answer so to whoever asks for a poll; returns what is asked for."""
    tries: list[str] = []

    def refuse(route: Route) -> None:
        tries.append(route.request.url)
        route.fulfill(status=status, body="{}")

    page.route(POLLS, refuse)
    return tries
