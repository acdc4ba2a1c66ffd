"""Pages do not shift while they load or update."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from local.postgres import Postgres
from tests.support.stack import Stack
from tests.tally.browser.layout import Box, boxes, record_shifts, resize, total_shift
from tests.tally.browser.poll import Poll, without_database
from tests.tally.browser.tally import DESKTOP, PHONE, SMALL_PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

MAX_SHIFT = 0.01  # the share of the window that moves, times the distance
RESULTS_REQUESTS = """performance.getEntriesByType("resource")
  .filter(({ name }) => name.endsWith("/results")).length"""


def test_pages_do_not_shift_while_loading_or_updating(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    poll = Poll(stack)
    poll.vote(1)
    ballot_path = poll.address

    def open_page(path: str) -> Visitor:
        viewer = new_visitor(stack.url, size)
        record_shifts(viewer.page)
        viewer.page.goto(path)
        expect(viewer.page.get_by_role("heading", level=1)).to_be_visible()
        return viewer

    viewers = [
        open_page(path)
        for path in (f"{ballot_path}/results", f"{ballot_path}/present", poll.manage)
    ]
    for path in ("/", "/join", ballot_path, "/status", "/nowhere"):
        assert total_shift(open_page(path).page) < MAX_SHIFT, path
    for viewer in viewers:
        # Three of them may follow quickly: more than a second later.
        viewer.wait_until(f"{RESULTS_REQUESTS} >= 5")
        assert total_shift(viewer.page) < MAX_SHIFT, viewer.page.url


@pytest.mark.parametrize("votes", [1, 12_480])
def test_results_do_not_move_when_the_server_is_away(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor, votes: int
) -> None:
    """A large count leaves little space beside it on a phone; a long word fills its column."""
    poll = Poll(stack, "Welche Donaudampfschifffahrtsgesellschaft?", ["Tea", "Coffee"])
    poll.insert_votes(postgres, 1, votes)
    viewer = new_visitor(stack.url)
    for path in ("/results", "/present"):
        page = viewer.open(f"{poll.address}{path}")
        state = page.locator(".live-state")
        expect(state).to_have_text("Live")
        before = part_positions(page)
        page.context.set_offline(True)
        expect(state).to_have_text("Reconnecting…")
        assert part_positions(page) == before
        page.context.set_offline(False)


@pytest.mark.parametrize("size", [SMALL_PHONE, PHONE, DESKTOP], ids=["small", "phone", "desktop"])
def test_page_does_not_move_when_an_outage_message_appears(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    viewer = new_visitor(stack.url, size)
    record_shifts(viewer.page)
    page = viewer.open(Poll(stack).manage)
    viewer.expect_text("Open · 0 votes so far")
    page.context.set_offline(True)
    viewer.expect_text("Reconnecting: may be old")
    [trouble], [share] = boxes(page, ".manage-trouble"), boxes(page, ".manage-share")
    assert trouble.bottom < share.top
    assert total_shift(page) < MAX_SHIFT
    page.context.set_offline(False)

    status = without_database(stack)
    viewer.open("/status")
    viewer.expect_text("All is well.")
    page.route("**/api/status", lambda route: route.fulfill(json=status))
    viewer.expect_text("The database is down: votes and polls wait.")
    page.context.set_offline(True)
    viewer.expect_text("The server does not answer. As of ")
    page.context.set_offline(False)
    page.unroute("**/api/status")
    viewer.expect_text("All is well.")
    assert total_shift(page) < MAX_SHIFT


def part_positions(page: Page) -> list[list[Box]]:
    """The boxes of all parts but the live state, in windows from small to large."""
    found = []
    for size in (PHONE, Size(768, 1024), DESKTOP, Size(1920, 1080)):
        resize(page, size)
        found.append([box for box in boxes(page) if not box.name.startswith("live-state")])
    return found
