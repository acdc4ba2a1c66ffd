"""Navigation between pages, and prefetched files."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

COUNT_WAITS = """() => {
  window.waits = 0;
  const look = () => (window.waits += document.querySelectorAll(".waiting").length);
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


def expect_loaded(visitor: Visitor, page: str) -> None:
    """Wait until the script and the styles of a page are loaded and applied."""
    visitor.wait_until(f"""['.js', '.css'].every((kind) =>
        performance.getEntriesByType('resource').some(({{ name }}) =>
            name.includes('/{page}-') && name.endsWith(kind)))""")
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.evaluate("new Promise(requestIdleCallback)")


def test_results_after_a_vote_are_shown_without_waiting(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    voter = new_visitor(stack.url)
    voter.page.goto(voter.create_poll("Tea or coffee?", ["Tea", "Coffee"]))
    voter.vote("Tea")
    expect_loaded(voter, "results")
    voter.page.evaluate(COUNT_WAITS)
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    assert voter.page.evaluate("window.waits") == 0


def test_manage_page_is_prefetched_while_the_poll_is_created(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    held_routes: list[Route] = []

    def hold_route(route: Route) -> None:
        if held_routes:
            route.continue_()  # a retry: on a busy machine the first request times out after 10 s
        else:
            held_routes.append(route)

    host.page.route("**/api/polls", hold_route)
    host.press("Open the poll")
    expect_loaded(host, "manage")
    held_routes[0].continue_()
    host.expect_text("Your poll is open.")


def test_focus_moves_to_main_on_navigation(stack: Stack, new_visitor: NewVisitor) -> None:
    """Also to and from the presenter view, which uses the whole screen."""
    host = new_visitor(stack.url)
    host.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]) + "/results")
    main = host.page.get_by_role("main")
    expect(host.page.get_by_role("heading", level=1)).to_be_visible()
    expect(main).not_to_be_focused()  # the first page is loaded by the browser
    for link in ("Present", "Leave", "Manage", "Ask something new"):
        host.page.get_by_role("link", name=link, exact=True).click()
        expect(main).to_be_focused()


def test_manage_page_shows_nothing_of_another_poll(stack: Stack, new_visitor: NewVisitor) -> None:
    host, other = new_visitor(stack.url), new_visitor(stack.url)
    voter = new_visitor(stack.url)
    other.create_poll("Cats or dogs?", ["Cats", "Dogs"])
    voter.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]))
    voter.vote("Tea")
    host.expect_text("Open · 1 vote so far")
    host.expect_text("Your poll is open.")
    host.page.evaluate("location.hash = '#wrong'")
    host.expect_text("This key does not open this poll")
    id_of_other = other.page.url.split("/p/")[1][:8]
    host.page.route(f"**/api/polls/{id_of_other}/results", lambda route: None)  # no response
    host.page.get_by_role("textbox").fill(other.page.url)
    host.press("Open the page")
    expect(host.page.get_by_role("heading", name="Cats or dogs?")).to_be_visible()
    expect(host.page.get_by_text("so far")).to_have_count(0)
    expect(host.page.get_by_text("Your poll is open.")).to_have_count(0)
