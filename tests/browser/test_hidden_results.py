"""Results that are shown after voting, or once the poll is closed."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.tally import PHONE, Size, Visitor
from tests.stack_fixture import Stack

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

LATER = "The results are shown once the poll is closed."
AFTER = "The results are shown to those who have voted."


def asked(stack: Stack, results: str) -> tuple[str, str]:
    """The address of a poll with one ballot for Tea, and its manage key."""
    body = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"], "results": results}
    poll = httpx.post(f"{stack.url}/api/polls", json=body).json()
    httpx.put(f"{stack.url}/api/polls/{poll['id']}/ballot", json={"choices": [1]})
    return f"/p/{poll['id']}", poll["manage_key"]


def test_who_has_voted_sees_the_results(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    address, _ = asked(stack, "voted")
    voter = newcomer(stack.url, size)
    voter.page.goto(f"{address}/results")
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
    address, key = asked(stack, "closed")
    host, voter = newcomer(stack.url), newcomer(stack.url, PHONE)
    voter.page.goto(address)
    voter.vote("Coffee")
    voter.sees(LATER)
    voter.page.goto(f"{address}/results")
    voter.sees(LATER)

    host.page.goto(f"{address}/manage#{key}")
    host.sees("Nobody but you sees the results")
    host.page.get_by_role("link", name="Show the results").click()
    host.expect_share("Coffee", 1, 50)
    host.sees("Only you see this until the poll is closed.")
    host.page.goto(f"{address}/present")  # what is on the wall, everybody sees
    host.sees(LATER)

    host.page.goto(f"{address}/manage")
    host.press("Close the poll")
    host.sees("Closed · 2 votes in all")
    for watcher, path in ((voter, "results"), (host, "present")):
        watcher.page.goto(f"{address}/{path}")
        watcher.expect_share("Coffee", 1, 50)


def test_results_that_open_show_up_by_themselves(stack: Stack, newcomer: Newcomer) -> None:
    address, key = asked(stack, "closed")
    watcher = newcomer(stack.url)
    watcher.page.goto(f"{address}/present")
    watcher.sees(LATER)
    httpx.patch(
        f"{stack.url}/api{address.replace('/p/', '/polls/')}",
        json={"closed": True},
        headers={"Authorization": f"Bearer {key}"},
    )
    watcher.expect_share("Tea", 1, 100)
