"""A vote that meets a dead network is kept, shown as cast, and sent when the network returns."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

KEPT = "Your vote is kept on this device."
COUNTED = "Your vote is counted."


@pytest.fixture
def voter(stack: Stack, newcomer: Newcomer) -> Visitor:
    """In front of an open ballot."""
    return before_a_ballot(stack, newcomer, PHONE)


def before_a_ballot(stack: Stack, newcomer: Newcomer, size: Size) -> Visitor:
    host, voter = newcomer(stack.url), newcomer(stack.url, size)
    voter.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]))
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_visible()
    return voter


def counts(voter: Visitor, tea: int, coffee: int) -> None:
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", tea, 100 * tea)
    voter.expect_share("Coffee", coffee, 100 * coffee)


def test_it_is_sent_when_the_network_returns(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    voter = before_a_ballot(stack, newcomer, size)
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees(KEPT)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
    picture(voter.page, "vote-offline")
    voter.page.context.set_offline(False)
    voter.sees(COUNTED)
    counts(voter, 1, 0)


def test_a_change_of_mind_meanwhile_replaces_it(voter: Visitor) -> None:
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees(KEPT)
    voter.choose("Coffee")
    voter.press("Change my vote")
    voter.sees(KEPT)
    voter.page.context.set_offline(False)
    voter.sees(COUNTED)
    counts(voter, 0, 1)


def test_a_change_of_mind_while_it_is_being_sent_is_sent_too(voter: Visitor) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    voter.page.route("**/ballot", hold, times=1)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees("Sending your vote…")
    voter.choose("Coffee")
    voter.press("Change my vote")
    while not held:
        voter.page.wait_for_timeout(20)
    held[0].continue_()
    voter.sees(COUNTED)
    counts(voter, 0, 1)


def test_it_outlives_a_page_that_is_loaded_again(voter: Visitor) -> None:
    voter.page.route("**/ballot", no_network)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees(KEPT)
    voter.page.unroute("**/ballot")
    voter.page.reload()
    voter.sees(COUNTED)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
    counts(voter, 1, 0)


def test_it_is_sent_though_its_page_is_left(voter: Visitor) -> None:
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees(KEPT)
    voter.page.get_by_role("link", name="See the results").click()
    voter.page.context.set_offline(False)
    voter.expect_share("Tea", 1, 100)


def test_it_is_sent_by_any_page_though_its_own_is_closed(voter: Visitor) -> None:
    other = voter.page.context.new_page()
    other.goto("/")
    expect(other.get_by_label("Ask the room a question")).to_be_visible()
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees(KEPT)
    address = voter.page.url
    voter.page.close()
    with other.expect_response("**/ballot") as sent:
        voter.page.context.set_offline(False)
    assert sent.value.ok
    other.goto(f"{address}/results")
    Visitor(other, voter.complaints).expect_share("Tea", 1, 100)


def no_network(route: Route) -> None:
    if route.request.method == "PUT":
        route.abort("internetdisconnected")
    else:
        route.continue_()


def test_the_results_that_are_kept_hold_the_vote(stack: Stack, newcomer: Newcomer) -> None:
    """The front door may answer the look after a vote with its copy of before."""
    voter, poll = newcomer(stack.url, PHONE), Poll(stack)
    with voter.page.expect_response(re.compile(r"/assets/results-[\w-]{6}\.js$")):  # a while later
        voter.open(poll.address)
    voter.choose("Tea")
    stack.get(f"/api/polls/{poll.id}/results")  # begins the second that a copy is kept
    with voter.page.expect_response(
        lambda answer: answer.url.endswith("/results") and answer.json()["ballots"] == 1,
        timeout=5_000,  # and not by the look of every seven seconds
    ):
        voter.press("Vote")
    voter.sees(COUNTED)
    voter.page.wait_for_timeout(300)  # until the page has taken the answer in, too
    voter.page.context.set_offline(True)
    counts(voter, 1, 0)
