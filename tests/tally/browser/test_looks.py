"""The results page looks again and again: what is said of it, and what that costs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

LOOK = "**/api/polls/*/results"
# When each look began, by the page's own clock, and how many have no answer yet.
NOTE_LOOKS = """
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


def watched(stack: Stack, watcher: Visitor) -> Poll:
    """A poll whose results someone looks at, by a clock that the test can turn."""
    poll = Poll(stack)
    watcher.page.clock.install()
    watcher.page.goto(f"{poll.address}/results")
    watcher.expect_share("Tea", 0, 0)
    return poll


def turn(page: Page, state: str) -> int:
    """Show or hide the page's tab; returns when, by its clock."""
    at: int = page.evaluate(
        """(state) => {
          const get = () => state;
          Object.defineProperty(document, "visibilityState", { get, configurable: true });
          document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
          return Date.now();
        }""",
        state,
    )
    return at


def test_a_new_count_is_said_to_those_who_do_not_see_it(stack: Stack, newcomer: Newcomer) -> None:
    watcher = newcomer(stack.url)
    poll = watched(stack, watcher)
    said = watcher.page.get_by_role("main").locator("[aria-live=polite]")
    expect(said).to_have_text("")
    poll.vote(1)
    watcher.expect_share("Tea", 1, 100)
    watcher.page.clock.fast_forward(15_000)
    expect(said).to_have_text("1 vote. Tea leads with 100%.")


def test_a_look_names_the_count_it_has_and_a_hidden_tab_hardly_looks(
    stack: Stack, newcomer: Newcomer
) -> None:
    watcher = newcomer(stack.url)
    page = watcher.page
    page.add_init_script(NOTE_LOOKS)
    watched(stack, watcher)
    with page.expect_request(LOOK) as again:
        pass
    assert again.value.all_headers()["if-none-match"].startswith('W/"')

    hidden = turn(page, "hidden")
    page.clock.run_for(4_000)  # one was still to come, and the next is due 20 seconds later
    watcher.wait_until("underWay === 0")
    page.clock.run_for(15_000)
    looks = [(at - hidden) / 1_000 for at in page.evaluate("looks")]
    assert not [second for second in looks if 4 < second < 19]
    with page.expect_request(LOOK):
        turn(page, "visible")


def test_who_goes_offline_is_not_told_live(stack: Stack, newcomer: Newcomer) -> None:
    viewer = newcomer(stack.url)
    viewer.page.goto(f"{Poll(stack).address}/results")
    state = viewer.page.get_by_role("main").get_by_role("status").first
    expect(state).to_have_text("Live")
    # A page that is taken for hidden looks every 20 s only: it is not to take as long to notice.
    viewer.page.evaluate(
        """Object.defineProperty(document, "visibilityState", { value: "hidden" });
           document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))"""
    )
    viewer.page.wait_for_timeout(1_500)
    viewer.page.context.set_offline(True)
    expect(state).to_have_text("Reconnecting…", timeout=2_000)
    viewer.page.context.set_offline(False)
    expect(state).to_have_text("Live")


def test_a_network_that_swallows_all_is_not_told_live(stack: Stack, newcomer: Newcomer) -> None:
    viewer = newcomer(stack.url)
    viewer.page.goto(f"{Poll(stack).address}/results")
    state = viewer.page.get_by_role("main").get_by_role("status").first
    expect(state).to_have_text("Live")
    viewer.page.route("**/results", lambda route: None)
    expect(state).to_have_text("Reconnecting…", timeout=8_000)
    viewer.page.unroute("**/results")
    expect(state).to_have_text("Live", timeout=20_000)
