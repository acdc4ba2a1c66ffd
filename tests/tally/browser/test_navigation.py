"""From page to page: what was loaded ahead is there when it is gone to."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

COUNT_WAITS = """() => {
  window.waits = 0;
  const look = () => (window.waits += document.querySelectorAll(".waiting").length);
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


def expect_loaded(visitor: Visitor, page: str) -> None:
    """Wait until the file of a page is there, and its styles, and whoever waited was told."""
    visitor.wait_until(f"""['.js', '.css'].every((kind) =>
        performance.getEntriesByType('resource').some(({{ name }}) =>
            name.includes('/{page}-') && name.endsWith(kind)))""")
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.evaluate("new Promise(requestIdleCallback)")


def test_the_results_are_shown_at_once_after_a_vote(stack: Stack, newcomer: Newcomer) -> None:
    voter = newcomer(stack.url)
    voter.page.goto(voter.ask("Tea or coffee?", ["Tea", "Coffee"]))
    voter.vote("Tea")
    expect_loaded(voter, "results")
    voter.page.evaluate(COUNT_WAITS)
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    assert voter.page.evaluate("window.waits") == 0


def test_the_hosts_page_comes_along_with_the_new_poll(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()  # sent again, as on a busy machine the first is given up after 10 s
        else:
            held.append(route)

    host.page.route("**/api/polls", hold)
    host.press("Open the poll")
    expect_loaded(host, "manage")
    held[0].continue_()
    host.sees("Your poll is open.")


def test_reading_begins_at_the_page_that_is_gone_to(stack: Stack, newcomer: Newcomer) -> None:
    """Also where the presenter's view, which has the screen to itself, comes or goes."""
    host = newcomer(stack.url)
    host.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]) + "/results")
    main = host.page.get_by_role("main")
    expect(host.page.get_by_role("heading", level=1)).to_be_visible()
    expect(main).not_to_be_focused()  # the browser's own first page
    for link in ("Present", "Leave", "Manage", "Ask something new"):
        host.page.get_by_role("link", name=link, exact=True).click()
        expect(main).to_be_focused()


def test_nothing_of_one_poll_is_told_of_another(stack: Stack, newcomer: Newcomer) -> None:
    host, other = newcomer(stack.url), newcomer(stack.url)
    voter = newcomer(stack.url)
    other.ask("Cats or dogs?", ["Cats", "Dogs"])
    voter.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]))
    voter.vote("Tea")
    host.sees("Open · 1 vote so far")
    host.sees("Your poll is open.")
    host.page.evaluate("location.hash = '#wrong'")
    host.sees("This key does not open this poll")
    id_of_other = other.page.url.split("/p/")[1][:8]
    host.page.route(f"**/api/polls/{id_of_other}/results", lambda route: None)  # never answered
    host.page.get_by_role("textbox").fill(other.page.url)
    host.press("Open the page")
    expect(host.page.get_by_role("heading", name="Cats or dogs?")).to_be_visible()
    expect(host.page.get_by_text("so far")).to_have_count(0)
    expect(host.page.get_by_text("Your poll is open.")).to_have_count(0)
