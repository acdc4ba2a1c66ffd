"""A tab that stays open over a deploy: the files it would load next are no more."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import boxes
from tests.tally.browser.tally import Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

CHUNK = "**/assets/results-*.js"


def gone(route: Route) -> None:
    route.fulfill(status=404, body="gone")


def test_a_missing_file_loads_the_page_again_once(stack: Stack, newcomer: Newcomer) -> None:
    voter = newcomer(stack.url)
    address = voter.ask("Tea or coffee?", ["Tea", "Coffee"])
    loads: list[str] = []
    voter.page.on("domcontentloaded", lambda page: loads.append(page.url))

    def gone_for_the_old_page(route: Route) -> None:
        if len(loads) > 1:
            route.continue_()
        else:
            gone(route)

    voter.page.route(CHUNK, gone_for_the_old_page)  # also for who asks for it ahead, after the vote
    voter.page.goto(address)
    voter.vote("Tea")
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    assert len(loads) == 2
    voter.complaints.clear()  # the browser's own, on the file


def test_a_file_that_stays_missing_makes_no_endless_loop(stack: Stack, newcomer: Newcomer) -> None:
    voter = newcomer(stack.url)
    address = voter.ask("Tea or coffee?", ["Tea", "Coffee"])
    loads: list[str] = []
    voter.page.on("domcontentloaded", lambda page: loads.append(page.url))
    voter.page.route(CHUNK, gone)
    voter.page.goto(f"{address}/results")
    expect(voter.page.get_by_role("heading", name="Something broke")).to_be_visible()
    assert len(loads) == 2
    expect(voter.page).to_have_title("Something broke · Tally")
    expect(voter.page.get_by_role("link", name="Ask something new")).to_be_visible()
    parts = boxes(voter.page, ".headline, .lede, .button")  # one below the other, none far away
    assert all(0 < below.top - one.bottom < 60 for one, below in pairwise(parts)), parts
    voter.page.unroute(CHUNK)
    voter.press("Load the page again")
    voter.expect_share("Tea", 0, 0)
    voter.complaints.clear()


def test_a_code_that_stays_missing_leaves_the_page_as_it_is(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    tries: list[str] = []

    def missing(route: Route) -> None:
        tries.append(route.request.url)
        gone(route)

    host.page.route("**/assets/qr-code-*.js", missing)
    loads: list[str] = []
    host.page.on("domcontentloaded", lambda page: loads.append(page.url))
    with host.page.expect_event("domcontentloaded", lambda _: len(loads) == 2):
        address = host.ask("Tea or coffee?", ["Tea", "Coffee"])  # and once more, for the code
    for path in ("/manage", "/present"):
        tries.clear()
        host.page.goto(address + path)
        while len(tries) < 2:  # then it is given up, which is seen before the results are asked for
            host.page.wait_for_timeout(50)
        for _ in range(2):
            host.page.wait_for_event("response", lambda answer: "/results" in answer.url)
        expect(host.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()
        expect(host.page.locator(".address").first).to_be_visible()
        expect(host.page.get_by_role("img", name="QR code")).to_have_count(0)
    assert len(loads) == 4
    host.complaints.clear()  # the browser's own, on the file
