"""Nothing moves that is being read or about to be tapped: pages come as they stay."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from local.postgres import Postgres
from tests.support.stack import Stack
from tests.tally.browser.layout import Box, boxes, note_shifts, resize, shifted
from tests.tally.browser.poll import Poll, without_database
from tests.tally.browser.tally import DESKTOP, PHONE, SMALL_PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

HARDLY = 0.01  # of the window that has moved, as a share, times how far
LOOKS = """performance.getEntriesByType("resource")
  .filter(({ name }) => name.endsWith("/results")).length"""


def test_no_page_shifts_while_it_comes_nor_while_it_is_looked_at(
    stack: Stack, newcomer: Newcomer, size: Size
) -> None:
    poll = Poll(stack)
    poll.vote(1)
    own = poll.address

    def look(path: str) -> Visitor:
        viewer = newcomer(stack.url, size)
        note_shifts(viewer.page)
        viewer.page.goto(path)
        expect(viewer.page.get_by_role("heading", level=1)).to_be_visible()
        return viewer

    watching = [look(path) for path in (f"{own}/results", f"{own}/present", poll.manage)]
    for path in ("/", "/join", own, "/status", "/nowhere"):
        assert shifted(look(path).page) < HARDLY, path
    for viewer in watching:
        viewer.wait_until(f"{LOOKS} >= 5")  # three of them may hurry: more than a second later
        assert shifted(viewer.page) < HARDLY, viewer.page.url


@pytest.mark.parametrize("votes", [1, 12_480])
def test_nothing_moves_when_the_server_is_away(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, votes: int
) -> None:
    """A large count leaves little room beside it on a phone; a long word fills its column."""
    poll = Poll(stack, "Welche Donaudampfschifffahrtsgesellschaft?", ["Tea", "Coffee"])
    poll.cast(postgres, 1, votes)
    viewer = newcomer(stack.url)
    for path in ("/results", "/present"):
        page = viewer.open(f"{poll.address}{path}")
        state = page.locator(".live-state")
        expect(state).to_have_text("Live")
        before = places(page)
        page.context.set_offline(True)
        expect(state).to_have_text("Reconnecting…")
        assert places(page) == before
        page.context.set_offline(False)


@pytest.mark.parametrize("room", [SMALL_PHONE, PHONE, DESKTOP], ids=["small", "phone", "desktop"])
def test_nothing_moves_when_trouble_is_told_in_words(
    stack: Stack, newcomer: Newcomer, room: Size
) -> None:
    viewer = newcomer(stack.url, room)
    note_shifts(viewer.page)
    page = viewer.open(Poll(stack).manage)
    viewer.sees("Open · 0 votes so far")
    page.context.set_offline(True)
    viewer.sees("Reconnecting: may be old")
    [told], [share] = boxes(page, ".manage-trouble"), boxes(page, ".manage-share")
    assert told.bottom < share.top
    assert shifted(page) < HARDLY
    page.context.set_offline(False)

    status = without_database(stack)
    viewer.open("/status")
    viewer.sees("All is well.")
    page.route("**/api/status", lambda route: route.fulfill(json=status))
    viewer.sees("The database is away: votes and polls wait.")
    page.context.set_offline(True)
    viewer.sees("The server is away. All as of ")
    page.context.set_offline(False)
    page.unroute("**/api/status")
    viewer.sees("All is well.")
    assert shifted(page) < HARDLY


def places(page: Page) -> list[list[Box]]:
    """Where all but the state of the results is, in windows from small to large."""
    found = []
    for size in (PHONE, Size(768, 1024), DESKTOP, Size(1920, 1080)):
        resize(page, size)
        found.append([box for box in boxes(page) if not box.name.startswith("live-state")])
    return found
