"""The focus never falls back to the body: when its element disappears, main gets it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import DESKTOP, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

POLL_TIMEOUT = 20_000  # ms; the page of a closed poll polls the API every seven seconds
FOCUSED = "document.activeElement !== document.body"


def focus(control: Locator) -> None:
    control.focus()
    expect(control).to_be_focused()


def test_focus_moves_to_main_when_results_close(stack: Stack, new_visitor: NewVisitor) -> None:
    viewer, poll = new_visitor(stack.url), Poll(stack)
    page = viewer.open(f"{poll.address}/results")
    focus(page.get_by_role("link", name=poll.address))
    poll.close()
    expect(page.get_by_text("Vote at")).to_have_count(0)
    expect(page.get_by_role("main")).to_be_focused()


def test_focus_moves_to_main_when_results_are_shown_or_hidden(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    viewer, poll = new_visitor(stack.url), Poll(stack, results="voted")
    page = viewer.open(f"{poll.address}/results")
    focus(page.get_by_role("link", name="Vote now"))
    poll.close()
    expect(page.get_by_role("main")).to_be_focused(timeout=POLL_TIMEOUT)
    focus(page.get_by_role("button", name="Votes over time"))
    poll.reopen()
    expect(page.get_by_role("main")).to_be_focused(timeout=POLL_TIMEOUT)


def test_focus_moves_to_main_when_a_ballot_is_reopened(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    voter, poll = new_visitor(stack.url), Poll(stack, results="closed")
    poll.close()
    page = voter.open(poll.address)
    focus(page.get_by_role("link", name="See the results"))
    poll.reopen()
    expect(page.get_by_role("main")).to_be_focused(timeout=POLL_TIMEOUT)


def test_focus_stays_in_the_page_while_the_qr_code_changes(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host, poll = new_visitor(stack.url, DESKTOP), Poll(stack)
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
    expect(page.get_by_text("Vote at")).to_be_visible(timeout=POLL_TIMEOUT)
    expect(page.get_by_role("dialog")).to_be_hidden()  # it must be opened again


def test_focus_moves_to_main_when_the_closing_time_is_removed(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host, poll = new_visitor(stack.url), Poll(stack, closes_at="2030-05-04T18:30:00Z")
    page = host.open(poll.manage)
    focus(page.get_by_role("button", name="Never close by itself"))
    poll.change(closes_at=None)
    expect(page.get_by_role("main")).to_be_focused(timeout=POLL_TIMEOUT)


def test_focus_moves_to_main_when_the_poll_is_deleted(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    viewer, poll = new_visitor(stack.url), Poll(stack)
    page = viewer.open(f"{poll.address}/results")
    viewer.expect_share("Tea", 0, 0)
    assert not page.evaluate(FOCUSED)
    poll.delete()
    expect(page.get_by_text("This poll and its votes were deleted")).to_be_visible(
        timeout=POLL_TIMEOUT
    )
    expect(page.get_by_role("main")).to_be_focused()
