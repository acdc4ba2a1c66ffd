"""A server that answers 500 is not one that is away: it is told so, and what was typed is kept."""

import contextlib
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.sql import Query
from tests.support.stack import Stack
from tests.tally.browser.tally import PHONE, Visitor

Newcomer = Callable[..., Visitor]

FAULT = "Something went wrong on the server"
AGAIN = "Try again"
AWAY = re.compile("does not answer|Reconnecting|connection")


@contextlib.contextmanager
def broken(query: Query, table: str) -> Iterator[None]:
    """The app's own mistake, as far as it can tell: a table is not there. Others work."""
    query(f"ALTER TABLE {table} RENAME TO gone")
    yield
    query(f"ALTER TABLE gone RENAME TO {table}")


@pytest.fixture
def stack(launch: Callable[..., Stack]) -> Stack:
    return launch().start().wait_until_ready()


def test_a_poll_that_the_server_fails_at_is_kept_and_opened_by_trying_again(
    stack: Stack, query: Query, newcomer: Newcomer, picture: Callable[[Page, str], None]
) -> None:
    host = newcomer(stack.url, PHONE)
    host.page.goto("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    tries: list[int] = []
    host.page.on(
        "response", lambda answer: tries.append(answer.status) if "/api/" in answer.url else None
    )
    with broken(query, "polls"):
        host.press("Open the poll")
        told = host.page.get_by_role("alert")
        expect(told).to_contain_text(f"{FAULT}. Trying again…")
        again = host.page.get_by_role("button", name=AGAIN)
        expect(again).to_be_visible(timeout=30_000)
        expect(told).to_have_text(f"{FAULT}.")
        assert tries == [500] * 4
        picture(host.page, "create-fault")
    expect(host.answer(2)).to_have_value("Coffee")
    host.answer(2).fill("Cocoa")
    expect(told).to_have_text("")
    expect(again).to_have_count(0)
    host.press("Open the poll")
    host.sees("Your poll is open.")


def test_a_page_that_the_server_fails_at_says_so_and_comes_by_trying_again(
    stack: Stack, query: Query, newcomer: Newcomer, picture: Callable[[Page, str], None]
) -> None:
    voter = newcomer(stack.url, PHONE)
    address = voter.ask("Tea or coffee?", ["Tea", "Coffee"])
    heading = voter.page.get_by_role("heading", level=1)
    for path in (address, f"{address}/results", f"{address}/present", f"{address}/manage"):
        with broken(query, "polls"):
            voter.page.goto(path)
            expect(heading).to_have_text(FAULT, timeout=30_000)
            picture(voter.page, "fault")
        voter.press(AGAIN)
        expect(heading).to_have_text("Tea or coffee?")


def test_a_vote_that_the_server_fails_at_is_sent_by_trying_again(
    stack: Stack, query: Query, newcomer: Newcomer, picture: Callable[[Page, str], None]
) -> None:
    voter = newcomer(stack.url, PHONE)
    voter.page.goto(voter.ask("Tea or coffee?", ["Tea", "Coffee"]))
    voter.choose("Tea")
    with broken(query, "ballots"):
        voter.press("Vote")
        again = voter.page.get_by_role("button", name=AGAIN)
        expect(again).to_be_visible(timeout=30_000)
        expect(voter.page.get_by_role("alert")).to_contain_text(FAULT)
        expect(voter.page.get_by_text(AWAY)).to_have_count(0)
        expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
        picture(voter.page, "vote-fault")
    again.click()
    voter.sees("Your vote is counted.")


def test_results_that_the_server_fails_at_stay_and_go_on_by_themselves(
    stack: Stack, query: Query, newcomer: Newcomer, picture: Callable[[Page, str], None]
) -> None:
    host, wall = newcomer(stack.url), newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(address)
    host.vote("Tea")
    for visitor, path in ((host, "results"), (wall, "present")):
        visitor.page.goto(f"{address}/{path}")
        visitor.expect_share("Tea", 1, 100)
    with broken(query, "polls"):
        for visitor, path in ((host, "results"), (wall, "present")):
            expect(visitor.page.get_by_text("Server trouble…")).to_be_visible(timeout=30_000)
            expect(visitor.page.get_by_text(AWAY)).to_have_count(0)
            visitor.expect_share("Tea", 1, 100)
            picture(visitor.page, f"{path}-fault")
        host.press("Votes over time")
        again = host.page.get_by_role("button", name=AGAIN)
        expect(again).to_be_visible(timeout=30_000)
        picture(host.page, "timeline-fault")
    again.click()
    expect(host.page.get_by_role("img", name="Votes over time.")).to_be_visible()
    for visitor in (host, wall):
        expect(visitor.page.get_by_text("Live")).to_be_visible(timeout=30_000)


def test_results_are_live_again_though_somebody_else_was_the_first_to_find_them_well(
    stack: Stack, query: Query, newcomer: Newcomer
) -> None:
    """The front door's copy lasts until its second is over: who looks once a second finds an old
    one each time, which says nothing of the app.
    """
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(f"{address}/results")
    host.expect_share("Tea", 0, 0)
    with broken(query, "polls"):
        expect(host.page.get_by_text("Server trouble…")).to_be_visible(timeout=30_000)
        host.page.wait_for_event("response", lambda answer: answer.url.endswith("/results"))
    assert httpx.get(f"{stack.url}/api{address}/results".replace("/p/", "/polls/")).is_success
    expect(host.page.get_by_text("Live")).to_be_visible(timeout=30_000)


def test_what_the_host_presses_and_the_server_fails_at_is_done_by_trying_again(
    stack: Stack, query: Query, newcomer: Newcomer, picture: Callable[[Page, str], None]
) -> None:
    host = newcomer(stack.url, PHONE)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.sees("Open · 0 votes so far")
    with broken(query, "polls"):
        host.press("Close the poll")
        again = host.page.get_by_role("button", name=AGAIN)
        expect(again).to_have_count(1, timeout=30_000)
        expect(again).to_be_focused()
        expect(host.page.get_by_role("alert").filter(has_text=FAULT)).to_have_count(1)
        host.sees("Server trouble: may be old")
        picture(host.page, "manage-fault")
    again.click()
    host.sees("Closed · 0 votes in all")
    expect(again).to_have_count(0)
