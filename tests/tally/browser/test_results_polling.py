"""The results page polls the API: its requests, and what it shows about them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

RESULTS_URL = "**/api/polls/*/results"
# The start of each request by the page's clock, and the number of unanswered ones.
RECORD_REQUESTS = """
window.looks = [];
window.underWay = 0;
const { fetch } = window;
window.fetch = async (url, init) => {
  if (!url.endsWith("/results")) return fetch(url, init);
  window.looks.push(Date.now());
  window.underWay += 1;
  return fetch(url, init).finally(() => { window.underWay -= 1; });
};
"""


def open_results(stack: Stack, watcher: Visitor) -> Poll:
    """Open the results of a new poll, with a clock that the test controls."""
    poll = Poll(stack)
    watcher.page.clock.install()
    watcher.page.goto(f"{poll.address}/results")
    watcher.expect_share("Tea", 0, 0)
    return poll


def set_visibility(page: Page, state: str) -> int:
    """Show or hide the page's tab; return the time by its clock."""
    time: int = page.evaluate(
        """(state) => {
          const get = () => state;
          Object.defineProperty(document, "visibilityState", { get, configurable: true });
          document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
          return Date.now();
        }""",
        state,
    )
    return time


def test_new_count_is_announced_to_screen_readers(stack: Stack, new_visitor: NewVisitor) -> None:
    watcher = new_visitor(stack.url)
    poll = open_results(stack, watcher)
    announcement = watcher.page.get_by_role("main").locator("[aria-live=polite]")
    expect(announcement).to_have_text("")
    poll.vote(1)
    watcher.expect_share("Tea", 1, 100)
    watcher.page.clock.fast_forward(15_000)
    expect(announcement).to_have_text("1 vote. Tea leads with 100%.")


def test_results_requests_are_conditional_and_rare_in_hidden_tabs(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    watcher = new_visitor(stack.url)
    page = watcher.page
    page.add_init_script(RECORD_REQUESTS)
    open_results(stack, watcher)
    with page.expect_request(RESULTS_URL) as again:
        pass
    assert again.value.all_headers()["if-none-match"].startswith('W/"')

    hidden = set_visibility(page, "hidden")
    page.clock.run_for(4_000)  # one request was pending; the next is due 20 seconds later
    watcher.wait_until("underWay === 0")
    page.clock.run_for(15_000)
    seconds_after_hiding = [(time - hidden) / 1_000 for time in page.evaluate("looks")]
    assert not [second for second in seconds_after_hiding if 4 < second < 19]
    with page.expect_request(RESULTS_URL):
        set_visibility(page, "visible")


def test_results_offline_are_not_shown_as_live(stack: Stack, new_visitor: NewVisitor) -> None:
    viewer = new_visitor(stack.url)
    viewer.page.goto(f"{Poll(stack).address}/results")
    state = viewer.page.get_by_role("main").get_by_role("status").first
    expect(state).to_have_text("Live")
    # A hidden page requests results only every 20 s; it must detect the outage earlier.
    viewer.page.evaluate(
        """Object.defineProperty(document, "visibilityState", { value: "hidden" });
           document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))"""
    )
    viewer.page.wait_for_timeout(1_500)
    viewer.page.context.set_offline(True)
    expect(state).to_have_text("Reconnecting…", timeout=2_000)
    viewer.page.context.set_offline(False)
    expect(state).to_have_text("Live")


def test_results_without_responses_are_not_shown_as_live(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    viewer = new_visitor(stack.url)
    viewer.page.goto(f"{Poll(stack).address}/results")
    state = viewer.page.get_by_role("main").get_by_role("status").first
    expect(state).to_have_text("Live")
    viewer.page.route("**/results", lambda route: None)
    expect(state).to_have_text("Reconnecting…", timeout=8_000)
    viewer.page.unroute("**/results")
    expect(state).to_have_text("Live", timeout=20_000)
