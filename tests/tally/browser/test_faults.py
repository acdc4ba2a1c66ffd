"""A 500 is shown as a server error, not as an outage, and input is kept."""

import contextlib
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.sql import Query
from tests.support.stack import Stack
from tests.tally.browser.tally import PHONE, Visitor

NewVisitor = Callable[..., Visitor]

FAULT = "Something went wrong on the server"
RETRY = "Try again"
AWAY = re.compile("does not answer|Reconnecting|connection")


@contextlib.contextmanager
def missing_table(query: Query, table: str) -> Iterator[None]:
    """Rename a table during the block, so that the app fails with an exception."""
    query(f"ALTER TABLE {table} RENAME TO gone")
    yield
    query(f"ALTER TABLE gone RENAME TO {table}")


@pytest.fixture
def stack(launch: Callable[..., Stack]) -> Stack:
    return launch().start().wait_until_ready()


def test_creation_can_be_retried_after_a_server_error(
    stack: Stack, query: Query, new_visitor: NewVisitor, screenshot: Callable[[Page, str], None]
) -> None:
    host = new_visitor(stack.url, PHONE)
    host.page.goto("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    tries: list[int] = []
    host.page.on(
        "response", lambda answer: tries.append(answer.status) if "/api/" in answer.url else None
    )
    with missing_table(query, "polls"):
        host.press("Open the poll")
        alert = host.page.get_by_role("alert")
        expect(alert).to_contain_text(f"{FAULT}. Trying again…")
        retry = host.page.get_by_role("button", name=RETRY)
        expect(retry).to_be_visible(timeout=30_000)
        expect(alert).to_have_text(f"{FAULT}.")
        assert tries == [500] * 4
        screenshot(host.page, "create-fault")
    expect(host.answer_field(2)).to_have_value("Coffee")
    host.answer_field(2).fill("Cocoa")
    expect(alert).to_have_text("")
    expect(retry).to_have_count(0)
    host.press("Open the poll")
    host.expect_text("Your poll is open.")


def test_page_can_be_retried_after_a_server_error(
    stack: Stack, query: Query, new_visitor: NewVisitor, screenshot: Callable[[Page, str], None]
) -> None:
    voter = new_visitor(stack.url, PHONE)
    address = voter.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    heading = voter.page.get_by_role("heading", level=1)
    for path in (address, f"{address}/results", f"{address}/present", f"{address}/manage"):
        with missing_table(query, "polls"):
            voter.page.goto(path)
            expect(heading).to_have_text(FAULT, timeout=30_000)
            screenshot(voter.page, "fault")
        voter.press(RETRY)
        expect(heading).to_have_text("Tea or coffee?")


def test_vote_can_be_retried_after_a_server_error(
    stack: Stack, query: Query, new_visitor: NewVisitor, screenshot: Callable[[Page, str], None]
) -> None:
    voter = new_visitor(stack.url, PHONE)
    voter.page.goto(voter.create_poll("Tea or coffee?", ["Tea", "Coffee"]))
    voter.choose("Tea")
    with missing_table(query, "ballots"):
        voter.press("Vote")
        retry = voter.page.get_by_role("button", name=RETRY)
        expect(retry).to_be_visible(timeout=30_000)
        expect(voter.page.get_by_role("alert")).to_contain_text(FAULT)
        expect(voter.page.get_by_text(AWAY)).to_have_count(0)
        expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
        screenshot(voter.page, "vote-fault")
    retry.click()
    voter.expect_text("Your vote is counted.")


def test_results_stay_visible_and_recover_after_a_server_error(
    stack: Stack, query: Query, new_visitor: NewVisitor, screenshot: Callable[[Page, str], None]
) -> None:
    host, wall = new_visitor(stack.url), new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(address)
    host.vote("Tea")
    for visitor, path in ((host, "results"), (wall, "present")):
        visitor.page.goto(f"{address}/{path}")
        visitor.expect_share("Tea", 1, 100)
    with missing_table(query, "polls"):
        for visitor, path in ((host, "results"), (wall, "present")):
            expect(visitor.page.get_by_text("Server trouble…")).to_be_visible(timeout=30_000)
            expect(visitor.page.get_by_text(AWAY)).to_have_count(0)
            visitor.expect_share("Tea", 1, 100)
            screenshot(visitor.page, f"{path}-fault")
        host.press("Votes over time")
        retry = host.page.get_by_role("button", name=RETRY)
        expect(retry).to_be_visible(timeout=30_000)
        screenshot(host.page, "timeline-fault")
    retry.click()
    expect(host.page.get_by_role("img", name="Votes over time.")).to_be_visible()
    for visitor in (host, wall):
        expect(visitor.page.get_by_text("Live")).to_be_visible(timeout=30_000)


def test_results_recover_even_if_another_client_refreshed_the_cache(
    stack: Stack, query: Query, new_visitor: NewVisitor
) -> None:
    """Nginx caches results for a second: a client that polls once per second gets a stale response
    each time, which shows nothing about the app.
    """
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(f"{address}/results")
    host.expect_share("Tea", 0, 0)
    with missing_table(query, "polls"):
        expect(host.page.get_by_text("Server trouble…")).to_be_visible(timeout=30_000)
        host.page.wait_for_event("response", lambda answer: answer.url.endswith("/results"))
    assert httpx.get(f"{stack.url}/api{address}/results".replace("/p/", "/polls/")).is_success
    expect(host.page.get_by_text("Live")).to_be_visible(timeout=30_000)


def test_closing_can_be_retried_after_a_server_error(
    stack: Stack, query: Query, new_visitor: NewVisitor, screenshot: Callable[[Page, str], None]
) -> None:
    host = new_visitor(stack.url, PHONE)
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.expect_text("Open · 0 votes so far")
    with missing_table(query, "polls"):
        host.press("Close the poll")
        retry = host.page.get_by_role("button", name=RETRY)
        expect(retry).to_have_count(1, timeout=30_000)
        expect(retry).to_be_focused()
        expect(host.page.get_by_role("alert").filter(has_text=FAULT)).to_have_count(1)
        host.expect_text("Server trouble: may be old")
        screenshot(host.page, "manage-fault")
    retry.click()
    host.expect_text("Closed · 0 votes in all")
    expect(retry).to_have_count(0)
