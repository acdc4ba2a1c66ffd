"""A page whose first files are missing: the network changes, or a deploy is in progress."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

FIRST = ["index", "libraries"]
RELOAD = "Reload the page"


def not_found(route: Route) -> None:
    route.fulfill(status=404, body="gone")


@pytest.mark.parametrize("name", FIRST)
@pytest.mark.parametrize("cause", ["network", "deploy"])
def test_missing_first_file_reloads_the_page(
    stack: Stack, new_visitor: NewVisitor, name: str, cause: str
) -> None:
    visitor = new_visitor(stack.url)
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        if route.request.url in failed:
            route.continue_()
            return
        failed.append(route.request.url)
        if cause == "network":
            route.abort("internetdisconnected")
        else:
            not_found(route)

    visitor.page.route(f"**/assets/{name}-*.js", fail_once)
    visitor.page.goto("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    assert len(failed) == 1
    visitor.console_errors.clear()  # the browser's own error about the file


def test_page_without_its_scripts_offers_a_reload(stack: Stack, new_visitor: NewVisitor) -> None:
    """A button appears after a moment; the reload keeps the manage key."""
    host = new_visitor(stack.url)
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    address = host.page.url
    visitor = new_visitor(stack.url)
    visitor.page.route("**/*.js", not_found)
    visitor.page.goto(address)
    reload_button = visitor.page.get_by_role("button", name=RELOAD)
    expect(reload_button).to_be_hidden()
    expect(reload_button).to_be_visible()
    visitor.page.unroute("**/*.js")
    reload_button.click()
    expect(visitor.page.get_by_role("button", name="Close the poll")).to_be_visible()
    assert visitor.page.url.partition("#")[2] == address.partition("#")[2]
    visitor.console_errors.clear()


def test_first_file_that_stays_missing_causes_no_reload_loop(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    visitor = new_visitor(stack.url)
    visitor.page.clock.install()
    loads: list[str] = []
    visitor.page.on("domcontentloaded", lambda page: loads.append(page.url))
    visitor.page.route("**/assets/start-*.js", not_found)
    # Not earlier: until its stylesheet is loaded, the button is hidden only visually.
    with visitor.page.expect_event("load", lambda _: len(loads) == 2):
        visitor.page.goto("/")
    expect(visitor.page.get_by_role("button", name=RELOAD)).to_be_hidden()
    expect(visitor.page.get_by_role("button", name=RELOAD)).to_be_visible()
    assert len(loads) == 2
    visitor.page.unroute("**/assets/start-*.js")
    visitor.page.clock.fast_forward(60_000)
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    assert len(loads) == 3
    visitor.console_errors.clear()


def test_missing_stylesheet_is_requested_again(stack: Stack, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(stack.url)
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
    visitor.console_errors.clear()
