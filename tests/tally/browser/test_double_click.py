"""Some press everything twice: it is done once, and what comes in its place is not pressed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def double_click(page: Page, button: str, pause: int) -> None:
    """As the system tells it: the second press says that it is one, wherever it lands."""
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
def test_a_poll_is_opened_once_and_its_page_stays(
    stack: Stack, newcomer: Newcomer, size: Size
) -> None:
    host = newcomer(stack.url, size)
    host.open("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    sent: list[str] = []
    host.page.on(
        "request",
        lambda request: sent.append(request.url) if request.method == "POST" else None,
    )
    double_click(host.page, "Open the poll", 200)
    host.sees("Your poll is open.")
    host.page.wait_for_timeout(300)
    expect(host.page).to_have_url(re.compile("/manage#"))
    expect(host.page.get_by_role("dialog")).to_have_count(0)
    assert len(sent) == 1
    host.press("Close the poll")  # what is pressed then is
    host.sees("Closed ·")


def test_a_vote_stays_at_its_ballot(stack: Stack, newcomer: Newcomer, size: Size) -> None:
    voter, poll = newcomer(stack.url, size), Poll(stack)
    voter.open(poll.address)
    voter.choose("Tea")
    double_click(voter.page, "Vote", 200)
    voter.sees("Your vote is counted.")
    voter.page.wait_for_timeout(300)
    expect(voter.page).to_have_url(f"{stack.url}{poll.address}")
    assert poll.votes() == [1, 0]
