"""From page to page: what was loaded ahead is there when it is gone to."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route

from tests.browser.tally import Visitor
from tests.stack_fixture import Stack

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
        held.append(route)

    host.page.route("**/api/polls", hold)
    host.press("Open the poll")
    expect_loaded(host, "manage")
    held[0].continue_()
    host.sees("Your poll is open.")
