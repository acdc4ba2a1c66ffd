"""The focus never falls to the body: where what has it goes, the page's content takes it over."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import DESKTOP, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

LEARNS = 20_000  # ms; a page that is closed looks every seven seconds
FOCUSED = "document.activeElement !== document.body"


def focus(control: Locator) -> None:
    control.focus()
    expect(control).to_be_focused()


def test_on_results_whose_poll_closes(stack: Stack, newcomer: Newcomer) -> None:
    viewer, poll = newcomer(stack.url), Poll(stack)
    page = viewer.open(f"{poll.address}/results")
    focus(page.get_by_role("link", name=poll.address))
    poll.close()
    expect(page.get_by_text("Vote at")).to_have_count(0)
    expect(page.get_by_role("main")).to_be_focused()


def test_on_hidden_results_that_open_and_hide_again(stack: Stack, newcomer: Newcomer) -> None:
    viewer, poll = newcomer(stack.url), Poll(stack, results="voted")
    page = viewer.open(f"{poll.address}/results")
    focus(page.get_by_role("link", name="Vote now"))
    poll.close()
    expect(page.get_by_role("main")).to_be_focused(timeout=LEARNS)
    focus(page.get_by_role("button", name="Votes over time"))
    poll.reopen()
    expect(page.get_by_role("main")).to_be_focused(timeout=LEARNS)


def test_on_a_ballot_that_is_reopened(stack: Stack, newcomer: Newcomer) -> None:
    voter, poll = newcomer(stack.url), Poll(stack, results="closed")
    poll.close()
    page = voter.open(poll.address)
    focus(page.get_by_role("link", name="See the results"))
    poll.reopen()
    expect(page.get_by_role("main")).to_be_focused(timeout=LEARNS)


def test_on_the_wall_while_its_code_comes_and_goes(stack: Stack, newcomer: Newcomer) -> None:
    host, poll = newcomer(stack.url, DESKTOP), Poll(stack)
    page = host.open(f"{poll.address}/present")
    code = "Show the QR code large"
    focus(page.get_by_role("button", name=code))
    poll.vote(1)
    host.expect_share("Tea", 1, 100)
    host.wait_until(FOCUSED)
    focus(page.get_by_role("button", name=code))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    poll.close()
    expect(page.get_by_text("Most votes")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    host.wait_until(FOCUSED)
    poll.reopen()
    expect(page.get_by_text("Vote at")).to_be_visible(timeout=LEARNS)
    expect(page.get_by_role("dialog")).to_be_hidden()  # it was not asked for again


def test_on_a_manage_page_whose_closing_time_is_taken_away(
    stack: Stack, newcomer: Newcomer
) -> None:
    host, poll = newcomer(stack.url), Poll(stack, closes_at="2030-05-04T18:30:00Z")
    page = host.open(poll.manage)
    focus(page.get_by_role("button", name="Never close by itself"))
    poll.change(closes_at=None)
    expect(page.get_by_role("main")).to_be_focused(timeout=LEARNS)


def test_where_a_poll_is_deleted_reading_starts_again_though_nothing_had_it(
    stack: Stack, newcomer: Newcomer
) -> None:
    viewer, poll = newcomer(stack.url), Poll(stack)
    page = viewer.open(f"{poll.address}/results")
    viewer.expect_share("Tea", 0, 0)
    assert not page.evaluate(FOCUSED)
    poll.delete()
    expect(page.get_by_text("This poll was deleted")).to_be_visible(timeout=LEARNS)
    expect(page.get_by_role("main")).to_be_focused()
