"""The manage page: its texts match the state of the poll."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

OPEN = ("Your poll is open.", "Anyone with this address can vote.", "Close the poll")
CLOSED = ("Your poll is closed.", "Closed: no one can vote now.", "Reopen the poll")
# Whether it is closed by hand, its closing time in seconds from now or None, and the text.
STATES: dict[str, tuple[bool, float | None, str]] = {
    "open": (False, None, "It stays open until you close it."),
    "timed": (False, 90_000, "It closes by itself "),
    "closed": (True, None, "It stays closed until you reopen it."),
    "early": (True, 90_000, "If reopened, it closes "),
    "expired": (False, 1.5, "Its time ended "),
}
SHOWN = {
    "always": ("Everyone sees the results.", "Everyone sees the results."),
    "voted": ("Only voters see", "Everyone sees the results while the poll is closed."),
    "closed": ("Only you see", "Everyone sees the results while the poll is closed."),
}


@pytest.mark.parametrize("results", SHOWN)
@pytest.mark.parametrize("state", STATES)
def test_manage_page_texts_match_the_state_of_the_poll(
    stack: Stack,
    new_visitor: NewVisitor,
    state: str,
    results: str,
    screenshot: Callable[[Page, str], None],
) -> None:
    by_hand, seconds, closing = STATES[state]
    moment = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    closes_at = None if moment is None else moment.isoformat()
    poll = Poll(stack, results=results, closes_at=closes_at)
    if by_hand:
        poll.close()
    host = new_visitor(stack.url, PHONE)
    # As after its creation.
    host.page.add_init_script("history.replaceState({ message: 'created' }, '')")
    host.page.goto(poll.manage)
    host.expect_text(closing)
    is_closed = by_hand or state == "expired"
    for is_true, texts in ((not is_closed, OPEN), (is_closed, CLOSED)):
        for text in texts:
            expect(host.page.get_by_text(text)).to_have_count(1 if is_true else 0)
    for other in {text for _, _, text in STATES.values()} - {closing}:
        expect(host.page.get_by_text(other)).to_have_count(0)
    expect(host.page.get_by_text(SHOWN[results][is_closed])).to_be_visible()
    if results != "always":
        expect(host.page.get_by_text(SHOWN[results][not is_closed])).to_have_count(0)
    label = "Open it again until" if is_closed else "Closes by itself at"
    value = "" if state in {"open", "closed", "expired"} else re.compile("^20")
    expect(host.page.get_by_label(label)).to_have_value(value)
    if results == "always":
        screenshot(host.page, f"manage-{state}")


def test_manage_page_shows_that_the_closing_time_has_passed(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    closes_at = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    host = new_visitor(stack.url)
    host.page.goto(Poll(stack, closes_at=closes_at).manage)
    host.expect_text("It closes by itself at")
    host.expect_text("Its time ended at")
    expect(host.page.get_by_text("It closes by itself at")).to_have_count(0)


def test_closed_poll_is_reopened_until_a_time(stack: Stack, new_visitor: NewVisitor) -> None:
    poll = Poll(stack)
    poll.close()
    host = new_visitor(stack.url)
    host.page.goto(poll.manage)
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    host.page.get_by_label("Open it again until").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
    host.press("Reopen until then")
    host.expect_text("It closes by itself on")
    expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()


def test_multiple_choice_poll_shows_voters_not_votes(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto(Poll(stack, multiple=True).manage)
    host.expect_text("Open · 0 voters so far")


def test_manage_page_says_whether_the_device_stores_the_key(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    poll = Poll(stack)
    host, private = new_visitor(stack.url), new_visitor(stack.url)
    host.page.goto(poll.manage)
    host.expect_text("This device keeps it")
    private.page.add_init_script("Storage.prototype.setItem = () => { throw new Error(); }")
    private.page.goto(poll.manage)
    private.expect_text("This device cannot keep it")
    expect(private.page.get_by_text("This device keeps it")).to_have_count(0)
