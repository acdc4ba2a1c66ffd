"""A page whose own first files do not come: the network changes, or a deploy is under way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

FIRST = ["index", "libraries"]
LOAD_AGAIN = "Load the page again"


def gone(route: Route) -> None:
    route.fulfill(status=404, body="gone")


@pytest.mark.parametrize("name", FIRST)
@pytest.mark.parametrize("trouble", ["network", "deploy"])
def test_a_first_file_that_does_not_come_loads_the_page_again(
    stack: Stack, newcomer: Newcomer, name: str, trouble: str
) -> None:
    visitor = newcomer(stack.url)
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if route.request.url in failed:
            route.continue_()
            return
        failed.append(route.request.url)
        if trouble == "network":
            route.abort("internetdisconnected")
        else:
            gone(route)

    visitor.page.route(f"**/assets/{name}-*.js", fail_once)
    visitor.page.goto("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    assert len(failed) == 1
    visitor.complaints.clear()  # the browser's own, on the file


def test_nothing_but_the_page_itself_comes(stack: Stack, newcomer: Newcomer) -> None:
    """Said after a moment, with a way on that keeps the host's key."""
    host = newcomer(stack.url)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    address = host.page.url
    visitor = newcomer(stack.url)
    visitor.page.route("**/*.js", gone)
    visitor.page.goto(address)
    again = visitor.page.get_by_role("button", name=LOAD_AGAIN)
    expect(again).to_be_hidden()
    expect(again).to_be_visible()
    visitor.page.unroute("**/*.js")
    again.click()
    expect(visitor.page.get_by_role("button", name="Close the poll")).to_be_visible()
    assert visitor.page.url.partition("#")[2] == address.partition("#")[2]
    visitor.complaints.clear()


def test_a_release_that_lacks_a_first_file_is_not_asked_for_without_end(
    stack: Stack, newcomer: Newcomer
) -> None:
    visitor = newcomer(stack.url)
    visitor.page.clock.install()
    loads: list[str] = []
    visitor.page.on("domcontentloaded", lambda page: loads.append(page.url))
    visitor.page.route("**/assets/start-*.js", gone)
    # Not before: until its style sheet is there, the button is hidden from eyes only.
    with visitor.page.expect_event("load", lambda _: len(loads) == 2):
        visitor.page.goto("/")
    expect(visitor.page.get_by_role("button", name=LOAD_AGAIN)).to_be_hidden()
    expect(visitor.page.get_by_role("button", name=LOAD_AGAIN)).to_be_visible()
    assert len(loads) == 2
    visitor.page.unroute("**/assets/start-*.js")
    visitor.page.clock.fast_forward(60_000)
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    assert len(loads) == 3
    visitor.complaints.clear()


def test_a_style_sheet_that_does_not_come_is_asked_for_again(
    stack: Stack, newcomer: Newcomer
) -> None:
    visitor = newcomer(stack.url)
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if failed:
            route.continue_()
        else:
            failed.append(route.request.url)
            route.abort("internetdisconnected")

    visitor.page.route("**/assets/index-*.css", fail_once)
    visitor.page.goto("/")
    expect(visitor.page.locator(".masthead")).to_have_css("border-top-style", "solid")
    assert len(failed) == 1
    visitor.complaints.clear()
