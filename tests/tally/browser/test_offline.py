"""A vote without a network is stored, shown as kept, and sent when the network returns."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

KEPT = "Your vote is kept on this device."
COUNTED = "Your vote is counted."


@pytest.fixture
def voter(stack: Stack, new_visitor: NewVisitor) -> Visitor:
    """A visitor at an open ballot."""
    return open_ballot(stack, new_visitor, PHONE)


def open_ballot(stack: Stack, new_visitor: NewVisitor, size: Size) -> Visitor:
    host, voter = new_visitor(stack.url), new_visitor(stack.url, size)
    voter.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]))
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_visible()
    return voter


def expect_counts(voter: Visitor, tea: int, coffee: int) -> None:
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", tea, 100 * tea)
    voter.expect_share("Coffee", coffee, 100 * coffee)


def test_offline_vote_is_sent_when_the_network_returns(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    voter = open_ballot(stack, new_visitor, size)
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text(KEPT)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
    screenshot(voter.page, "vote-offline")
    voter.page.context.set_offline(False)
    voter.expect_text(COUNTED)
    expect_counts(voter, 1, 0)


def test_changed_offline_vote_replaces_the_first(voter: Visitor) -> None:
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text(KEPT)
    voter.choose("Coffee")
    voter.press("Change my vote")
    voter.expect_text(KEPT)
    voter.page.context.set_offline(False)
    voter.expect_text(COUNTED)
    expect_counts(voter, 0, 1)


def test_vote_changed_while_sending_is_sent_as_well(voter: Visitor) -> None:
    held_routes: list[Route] = []

    def hold_route(route: Route) -> None:
        held_routes.append(route)

    voter.page.route("**/ballot", hold_route, times=1)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text("Sending your vote…")
    voter.choose("Coffee")
    voter.press("Change my vote")
    while not held_routes:
        voter.page.wait_for_timeout(20)
    held_routes[0].continue_()
    voter.expect_text(COUNTED)
    expect_counts(voter, 0, 1)


def test_offline_vote_survives_a_reload(voter: Visitor) -> None:
    voter.page.route("**/ballot", fail_put)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text(KEPT)
    voter.page.unroute("**/ballot")
    voter.page.reload()
    voter.expect_text(COUNTED)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
    expect_counts(voter, 1, 0)


def test_offline_vote_is_sent_from_another_page(voter: Visitor) -> None:
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text(KEPT)
    voter.page.get_by_role("link", name="See the results").click()
    voter.page.context.set_offline(False)
    voter.expect_share("Tea", 1, 100)


def test_offline_vote_of_a_closed_tab_is_sent_by_another_tab(voter: Visitor) -> None:
    other = voter.page.context.new_page()
    other.goto("/")
    expect(other.get_by_label("Ask the room a question")).to_be_visible()
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text(KEPT)
    address = voter.page.url
    voter.page.close()
    with other.expect_response("**/ballot") as sent:
        voter.page.context.set_offline(False)
    assert sent.value.ok
    other.goto(f"{address}/results")
    Visitor(other, voter.console_errors).expect_share("Tea", 1, 100)


def fail_put(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort("internetdisconnected")
    else:
        route.continue_()


def test_results_cached_for_offline_use_include_the_vote(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    """Nginx may answer the request after a vote with a cached response from before."""
    voter, poll = new_visitor(stack.url, PHONE), Poll(stack)
    # Prefetched after a while.
    with voter.page.expect_response(re.compile(r"/assets/results-[\w-]{6}\.js$")):
        voter.open(poll.address)
    voter.choose("Tea")
    stack.get(f"/api/polls/{poll.id}/results")  # starts the second for which Nginx caches it
    with voter.page.expect_response(
        lambda answer: answer.url.endswith("/results") and answer.json()["ballots"] == 1,
        timeout=5_000,  # not by the regular request every seven seconds
    ):
        voter.press("Vote")
    voter.expect_text(COUNTED)
    voter.page.wait_for_timeout(300)  # until the page has processed the response
    voter.page.context.set_offline(True)
    expect_counts(voter, 1, 0)
