"""Outages of the server, keyboard-only use, and reduced motion."""

from collections.abc import Callable

import httpx
import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

# Records started transitions and animations, without those that only delay an appearance.
RECORD_MOTION = """
window.moved = [];
const note = ({ target, propertyName, animationName }) => {
  const name = propertyName ?? animationName;
  if (!name.startsWith("appear")) moved.push(`${name} of ${target.getAttribute("class")}`);
};
addEventListener("transitionrun", note);
addEventListener("animationstart", note);
"""


def live_state(watcher: Visitor) -> Locator:
    """The element that shows whether the numbers are live."""
    return watcher.page.get_by_role("main").get_by_role("status").first


def test_results_show_reconnecting_and_recover(
    launch: Callable[..., Stack], new_visitor: NewVisitor
) -> None:
    stack = launch().start().wait_until_ready()
    # Both sizes at once: stopping and starting takes far longer than the checks.
    watchers = [new_visitor(stack.url, size) for size in (PHONE, DESKTOP)]
    voter = new_visitor(stack.url, PHONE)
    address = voter.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    for watcher in watchers:
        watcher.page.goto(f"{address}/results")
        expect(live_state(watcher)).to_have_text("Live")
    voter.page.goto(address)
    voter.choose("Tea")

    stack.stop()
    for watcher in watchers:
        expect(live_state(watcher)).to_have_text("Reconnecting…")
        expect(live_state(watcher)).to_be_in_viewport()
        # The last known results stay visible.
        expect(watcher.result_row("Tea")).to_contain_text("0%")
    voter.press("Vote")

    stack.start().wait_until_ready()
    # The vote is sent again and the results continue, without user action.
    expect(voter.page.get_by_text("Your vote is counted.")).to_be_visible(timeout=30_000)
    for watcher in watchers:
        expect(live_state(watcher)).to_have_text("Live", timeout=30_000)
        watcher.expect_share("Tea", 1, 100)


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_page_opened_during_an_outage_recovers(stack: Stack, new_visitor: NewVisitor) -> None:
    voter = new_visitor(stack.url, PHONE)
    address = voter.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    heading = voter.page.get_by_role("heading", level=1)
    for path, name in ((address, "Tea or coffee?"), ("/status", "Status")):
        voter.page.route("**/api/**", lambda route: route.abort())
        voter.page.goto(path)
        expect(heading).to_have_text("The server does not answer")
        expect(voter.page).to_have_title("The server does not answer · Tally")
        voter.page.unroute("**/api/**")
        expect(heading).to_have_text(name)
        expect(voter.page).to_have_title(f"{name} · Tally")


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_results_of_a_quiet_poll_stay_live(stack: Stack, new_visitor: NewVisitor) -> None:
    """A single viewer often gets a stale cached response, which their request renews."""
    host = new_visitor(stack.url)
    host.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]) + "/results")
    state = live_state(host)
    expect(state).to_have_text("Live")
    statuses: list[str] = []
    host.page.on("response", lambda answer: statuses.append(answer.headers.get("cache-status", "")))
    states: set[str] = set()
    while len(statuses) < 20:
        states.add(state.inner_text())
        host.page.wait_for_timeout(50)
    assert states == {"Live"}
    assert any("detail=stale" in look for look in statuses)


def test_stale_results_are_not_shown_as_live(
    launch: Callable[..., Stack], new_visitor: NewVisitor
) -> None:
    """Nginx serves stale responses while the app behind it hangs."""
    stack = launch().start().wait_until_ready()
    host = new_visitor(stack.url)
    host.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]) + "/results")
    state = live_state(host)
    expect(state).to_have_text("Live")
    gunicorn = psutil.Process(stack.child("gunicorn"))
    processes = [gunicorn, *gunicorn.children()]
    for process in processes:
        process.suspend()
    expect(state).to_have_text("Reconnecting…", timeout=30_000)
    expect(host.result_row("Tea")).to_contain_text("0%")
    for process in processes:
        process.resume()
    expect(state).to_have_text("Live", timeout=30_000)


def test_poll_that_cannot_be_sent_is_created_after_the_outage(
    launch: Callable[..., Stack], new_visitor: NewVisitor
) -> None:
    stack = launch().start().wait_until_ready()
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    stack.stop()
    host.press("Open the poll")
    expect(host.page.get_by_role("alert")).to_contain_text("The server does not answer")
    expect(host.answer_field(2)).to_have_value("Coffee")
    stack.start().wait_until_ready()
    host.expect_text("Your poll is open.")


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_vote_works_with_the_keyboard_only(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    voter = new_visitor(stack.url, size)
    voter.page.goto(voter.create_poll("Tea or coffee?", ["Tea", "Coffee"]))
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_visible()
    keyboard = voter.page.keyboard

    keyboard.press("Tab")
    expect(voter.page.get_by_role("link", name="Skip to content")).to_be_focused()
    keyboard.press("Enter")
    keyboard.press("Tab")
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_focused()
    keyboard.press("ArrowDown")
    expect(voter.page.get_by_role("radio", name="Coffee")).to_be_checked()
    keyboard.press("Enter")
    expect(voter.page.get_by_text("You can still change it")).to_be_focused()
    keyboard.press("Tab")
    expect(voter.page.get_by_role("link", name="See the results")).to_be_focused()
    keyboard.press("Enter")
    voter.expect_share("Coffee", 1, 100)


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_result_bar_is_animated(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.add_init_script(RECORD_MOTION)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(f"{address}/results")
    host.expect_share("Tea", 0, 0)
    vote_by_api(stack, address)
    host.wait_until("moved.includes('transform of result-bar')")


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_reduced_motion_disables_animations(stack: Stack, new_visitor: NewVisitor) -> None:
    voter = new_visitor(stack.url)
    voter.page.add_init_script(RECORD_MOTION)
    voter.page.emulate_media(reduced_motion="reduce")
    address = voter.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    expect_no_motion(voter.page)
    voter.page.goto(address)
    voter.vote("Tea")
    expect_no_motion(voter.page)
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    vote_by_api(stack, address)
    voter.expect_share("Tea", 2, 100)
    expect_no_motion(voter.page)
    longest = voter.page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("*")].flatMap((element) =>
             [null, "::before", "::after"].map((pseudo) =>
               parseFloat(getComputedStyle(element, pseudo).transitionDuration))))"""
    )
    assert longest == 0


def vote_by_api(stack: Stack, address: str) -> None:
    """Vote for the first answer as a new voter."""
    ballot = f"{stack.url}/api{address.replace('/p/', '/polls/')}/ballot"
    httpx.put(ballot, json={"choices": [1]}).raise_for_status()


def expect_no_motion(page: Page) -> None:
    """Assert that nothing is or was animated since the page was loaded."""
    names = page.evaluate("document.getAnimations().map((one) => one.animationName ?? one.id)")
    assert [name for name in names if not name.startswith("appear")] == []
    assert page.evaluate("moved") == []


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_vote_is_one_request(stack: Stack, new_visitor: NewVisitor) -> None:
    voter = new_visitor(stack.url, PHONE)
    voter.page.goto(voter.create_poll("Tea or coffee?", ["Tea", "Coffee"]))
    voter.choose("Tea")
    sent: list[str] = []
    voter.page.on(
        "request", lambda request: sent.append(request.method) if request.method != "GET" else None
    )
    voter.vote("Tea")
    assert sent == ["PUT"]
