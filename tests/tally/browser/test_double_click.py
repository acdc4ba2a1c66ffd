"""Double clicks act once, and do not press the control that appears in place of the first."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def double_click(page: Page, button: str, pause: int) -> None:
    """Double-click as a system does: the second press has a click count of 2."""
    control = page.get_by_role("button", name=button, exact=True)
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for count in (1, 2):
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        page.wait_for_timeout(pause)


@pytest.mark.parametrize("size", [PHONE, Size(390, 844), DESKTOP, Size(1280, 720), Size(1440, 900)])
def test_double_click_creates_one_poll_and_presses_nothing_else(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    host = new_visitor(stack.url, size)
    host.open("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    sent: list[str] = []
    host.page.on(
        "request",
        lambda request: sent.append(request.url) if request.method == "POST" else None,
    )
    double_click(host.page, "Open the poll", 200)
    host.expect_text("Your poll is open.")
    host.page.wait_for_timeout(300)
    expect(host.page).to_have_url(re.compile("/manage#"))
    expect(host.page.get_by_role("dialog")).to_have_count(0)
    assert len(sent) == 1
    host.press("Close the poll")  # a later click works
    host.expect_text("Closed ·")


def test_double_click_votes_once_and_stays_on_the_ballot(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    voter, poll = new_visitor(stack.url, size), Poll(stack)
    voter.open(poll.address)
    voter.choose("Tea")
    double_click(voter.page, "Vote", 200)
    voter.expect_text("Your vote is counted.")
    voter.page.wait_for_timeout(300)
    expect(voter.page).to_have_url(f"{stack.url}{poll.address}")
    assert poll.votes() == [1, 0]
