"""Results that are shown after voting, or once the poll is closed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

LATER = "The results are shown once the poll is closed."
AFTER = "The results are shown to those who have voted."


def create_poll_with_vote(stack: Stack, results: str) -> Poll:
    """A poll with one ballot for Tea."""
    poll = Poll(stack, results=results)
    poll.vote(1)
    return poll


def test_results_are_shown_after_voting(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    poll = create_poll_with_vote(stack, "voted")
    voter = new_visitor(stack.url, size)
    voter.page.goto(f"{poll.address}/results")
    voter.expect_text(AFTER)
    expect(voter.result_row("Tea")).to_have_count(0)
    voter.expect_text("1 vote")
    screenshot(voter.page, "results-hidden")
    voter.page.get_by_role("link", name="Vote now").click()
    voter.expect_text("You see the results once you have voted.")
    expect(voter.page.get_by_role("link", name="See the results")).to_have_count(0)
    voter.vote("Coffee")
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Coffee", 1, 50)
    voter.page.reload()
    voter.expect_share("Coffee", 1, 50)


def test_results_shown_after_closing_are_visible_to_the_host(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    poll = create_poll_with_vote(stack, "closed")
    host, voter = new_visitor(stack.url), new_visitor(stack.url, PHONE)
    voter.page.goto(poll.address)
    voter.vote("Coffee")
    voter.expect_text(LATER)
    voter.page.goto(f"{poll.address}/results")
    voter.expect_text(LATER)

    host.page.goto(poll.manage)
    host.expect_text("Only you see the results")
    host.page.get_by_role("link", name="Show the results").click()
    host.expect_share("Coffee", 1, 50)
    host.expect_text("Only you see this until the poll is closed.")
    host.page.goto(f"{poll.address}/present")  # everyone sees the presenter view
    host.expect_text(LATER)

    host.page.goto(f"{poll.address}/manage")
    host.press("Close the poll")
    host.expect_text("Closed · 2 votes in all")
    for watcher, path in ((voter, "results"), (host, "present")):
        watcher.page.goto(f"{poll.address}/{path}")
        watcher.expect_share("Coffee", 1, 50)


def test_hidden_results_appear_when_the_poll_closes(stack: Stack, new_visitor: NewVisitor) -> None:
    poll = create_poll_with_vote(stack, "closed")
    watcher = new_visitor(stack.url)
    watcher.page.goto(f"{poll.address}/present")
    watcher.expect_text(LATER)
    poll.close()
    watcher.expect_share("Tea", 1, 100)
