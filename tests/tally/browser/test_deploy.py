"""A tab that stays open during a deploy: the files that it loads next are missing."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import boxes
from tests.tally.browser.tally import Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

CHUNK = "**/assets/results-*.js"


def not_found(route: Route) -> None:
    route.fulfill(status=404, body="gone")


def test_missing_file_reloads_the_page_once(stack: Stack, new_visitor: NewVisitor) -> None:
    voter = new_visitor(stack.url)
    address = voter.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    loads: list[str] = []
    voter.page.on("domcontentloaded", lambda page: loads.append(page.url))

    def not_found_for_the_old_page(route: Route) -> None:
        if len(loads) > 1:
            route.continue_()
        else:
            not_found(route)

    voter.page.route(CHUNK, not_found_for_the_old_page)  # also for the prefetch after the vote
    voter.page.goto(address)
    voter.vote("Tea")
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    assert len(loads) == 2
    voter.console_errors.clear()  # the browser's own error about the file


def test_file_that_stays_missing_causes_no_reload_loop(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    voter = new_visitor(stack.url)
    address = voter.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    loads: list[str] = []
    voter.page.on("domcontentloaded", lambda page: loads.append(page.url))
    voter.page.route(CHUNK, not_found)
    voter.page.goto(f"{address}/results")
    expect(voter.page.get_by_role("heading", name="Something broke")).to_be_visible()
    assert len(loads) == 2
    expect(voter.page).to_have_title("Something broke · Tally")
    expect(voter.page.get_by_role("link", name="Ask something new")).to_be_visible()
    parts = boxes(voter.page, ".headline, .lede, .button")  # one below the other, close together
    assert all(0 < next_part.top - part.bottom < 60 for part, next_part in pairwise(parts)), parts
    voter.page.unroute(CHUNK)
    voter.press("Reload the page")
    voter.expect_share("Tea", 0, 0)
    voter.console_errors.clear()


def test_missing_qr_code_file_leaves_the_page_usable(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    tries: list[str] = []

    def missing(route: Route) -> None:
        tries.append(route.request.url)
        not_found(route)

    host.page.route("**/assets/qr-code-*.js", missing)
    loads: list[str] = []
    host.page.on("domcontentloaded", lambda page: loads.append(page.url))
    with host.page.expect_event("domcontentloaded", lambda _: len(loads) == 2):
        # The second load is for the QR code.
        address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    for path in ("/manage", "/present"):
        tries.clear()
        host.page.goto(address + path)
        while len(tries) < 2:  # it gives up after two, before it requests the results
            host.page.wait_for_timeout(50)
        for _ in range(2):
            host.page.wait_for_event("response", lambda answer: "/results" in answer.url)
        expect(host.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()
        expect(host.page.locator(".address").first).to_be_visible()
        expect(host.page.get_by_role("img", name="QR code")).to_have_count(0)
    assert len(loads) == 4
    host.console_errors.clear()  # the browser's own error about the file
