"""Results that are shown after voting, or once the poll is closed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

LATER = "The results are shown once the poll is closed."
AFTER = "The results are shown to those who have voted."


def asked(stack: Stack, results: str) -> Poll:
    """With one ballot for Tea."""
    poll = Poll(stack, results=results)
    poll.vote(1)
    return poll


def test_who_has_voted_sees_the_results(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    poll = asked(stack, "voted")
    voter = newcomer(stack.url, size)
    voter.page.goto(f"{poll.address}/results")
    voter.sees(AFTER)
    expect(voter.row("Tea")).to_have_count(0)
    voter.sees("1 vote")
    picture(voter.page, "results-hidden")
    voter.page.get_by_role("link", name="Vote now").click()
    voter.sees("You see the results once you have voted.")
    expect(voter.page.get_by_role("link", name="See the results")).to_have_count(0)
    voter.vote("Coffee")
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Coffee", 1, 50)
    voter.page.reload()
    voter.expect_share("Coffee", 1, 50)


def test_only_the_host_sees_what_is_shown_once_closed(stack: Stack, newcomer: Newcomer) -> None:
    poll = asked(stack, "closed")
    host, voter = newcomer(stack.url), newcomer(stack.url, PHONE)
    voter.page.goto(poll.address)
    voter.vote("Coffee")
    voter.sees(LATER)
    voter.page.goto(f"{poll.address}/results")
    voter.sees(LATER)

    host.page.goto(poll.manage)
    host.sees("Nobody but you sees the results")
    host.page.get_by_role("link", name="Show the results").click()
    host.expect_share("Coffee", 1, 50)
    host.sees("Only you see this until the poll is closed.")
    host.page.goto(f"{poll.address}/present")  # what is on the wall, everybody sees
    host.sees(LATER)

    host.page.goto(f"{poll.address}/manage")
    host.press("Close the poll")
    host.sees("Closed · 2 votes in all")
    for watcher, path in ((voter, "results"), (host, "present")):
        watcher.page.goto(f"{poll.address}/{path}")
        watcher.expect_share("Coffee", 1, 50)


def test_results_that_open_show_up_by_themselves(stack: Stack, newcomer: Newcomer) -> None:
    poll = asked(stack, "closed")
    watcher = newcomer(stack.url)
    watcher.page.goto(f"{poll.address}/present")
    watcher.sees(LATER)
    poll.close()
    watcher.expect_share("Tea", 1, 100)
