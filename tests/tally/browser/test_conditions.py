"""A keyboard alone, a server that goes away, a hidden tab, a reader who wants no motion."""

from collections.abc import Callable

import httpx
import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]

# What has begun to move. What only appears late moves nothing.
NOTE_MOTION = """
window.moved = [];
const note = ({ target, propertyName, animationName }) => {
  const name = propertyName ?? animationName;
  if (!name.startsWith("appear")) moved.push(`${name} of ${target.getAttribute("class")}`);
};
addEventListener("transitionrun", note);
addEventListener("animationstart", note);
"""


def state_of(watcher: Visitor) -> Locator:
    """Where the page says whether its numbers still move."""
    return watcher.page.get_by_role("main").get_by_role("status").first


def test_results_say_that_they_reconnect_and_then_do(
    launch: Callable[..., Stack], newcomer: Newcomer
) -> None:
    stack = launch().start().wait_until_ready()
    # Of both sizes at once: to stop and to start takes far longer than to look.
    watchers = [newcomer(stack.url, size) for size in (PHONE, DESKTOP)]
    voter = newcomer(stack.url, PHONE)
    address = voter.ask("Tea or coffee?", ["Tea", "Coffee"])
    for watcher in watchers:
        watcher.page.goto(f"{address}/results")
        expect(state_of(watcher)).to_have_text("Live")
    voter.page.goto(address)
    voter.choose("Tea")

    stack.stop()
    for watcher in watchers:
        expect(state_of(watcher)).to_have_text("Reconnecting…")
        expect(state_of(watcher)).to_be_in_viewport()
        expect(watcher.row("Tea")).to_contain_text("0%")  # what was last known stays in view
    voter.press("Vote")

    stack.start().wait_until_ready()
    # The same vote is sent again by itself, and the results go on by themselves.
    expect(voter.page.get_by_text("Your vote is counted.")).to_be_visible(timeout=30_000)
    for watcher in watchers:
        expect(state_of(watcher)).to_have_text("Live", timeout=30_000)
        watcher.expect_share("Tea", 1, 100)


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_who_comes_while_the_server_is_away_is_told_and_then_led_in(
    stack: Stack, newcomer: Newcomer
) -> None:
    voter = newcomer(stack.url, PHONE)
    address = voter.ask("Tea or coffee?", ["Tea", "Coffee"])
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
def test_a_quiet_poll_that_one_person_watches_stays_live(stack: Stack, newcomer: Newcomer) -> None:
    """Whoever looks alone finds an old copy time and again, which their look renews."""
    host = newcomer(stack.url)
    host.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]) + "/results")
    state = state_of(host)
    expect(state).to_have_text("Live")
    looks: list[str] = []
    host.page.on("response", lambda answer: looks.append(answer.headers.get("cache-status", "")))
    said: set[str] = set()
    while len(looks) < 20:
        said.add(state.inner_text())
        host.page.wait_for_timeout(50)
    assert said == {"Live"}
    assert any("detail=stale" in look for look in looks)


def test_copies_that_grow_old_are_not_called_live(
    launch: Callable[..., Stack], newcomer: Newcomer
) -> None:
    """The front door goes on answering while the app behind it hangs."""
    stack = launch().start().wait_until_ready()
    host = newcomer(stack.url)
    host.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]) + "/results")
    state = state_of(host)
    expect(state).to_have_text("Live")
    gunicorn = psutil.Process(stack.child("gunicorn"))
    hung = [gunicorn, *gunicorn.children()]
    for process in hung:
        process.suspend()
    expect(state).to_have_text("Reconnecting…", timeout=30_000)
    expect(host.row("Tea")).to_contain_text("0%")
    for process in hung:
        process.resume()
    expect(state).to_have_text("Live", timeout=30_000)


def test_a_poll_that_cannot_be_sent_is_kept_and_opened_as_soon_as_it_can(
    launch: Callable[..., Stack], newcomer: Newcomer
) -> None:
    stack = launch().start().wait_until_ready()
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    stack.stop()
    host.press("Open the poll")
    expect(host.page.get_by_role("alert")).to_contain_text("The server does not answer")
    expect(host.answer(2)).to_have_value("Coffee")
    stack.start().wait_until_ready()
    host.sees("Your poll is open.")


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_a_keyboard_alone_suffices_to_vote(stack: Stack, newcomer: Newcomer, size: Size) -> None:
    voter = newcomer(stack.url, size)
    voter.page.goto(voter.ask("Tea or coffee?", ["Tea", "Coffee"]))
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
def test_a_bar_grows_to_its_new_length(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.add_init_script(NOTE_MOTION)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(f"{address}/results")
    host.expect_share("Tea", 0, 0)
    cast(stack, address)
    host.wait_until("moved.includes('transform of result-bar')")


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_who_wants_no_motion_gets_none(stack: Stack, newcomer: Newcomer) -> None:
    voter = newcomer(stack.url)
    voter.page.add_init_script(NOTE_MOTION)
    voter.page.emulate_media(reduced_motion="reduce")
    address = voter.ask("Tea or coffee?", ["Tea", "Coffee"])
    expect_no_motion(voter.page)
    voter.page.goto(address)
    voter.vote("Tea")
    expect_no_motion(voter.page)
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    cast(stack, address)
    voter.expect_share("Tea", 2, 100)
    expect_no_motion(voter.page)
    longest = voter.page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("*")].flatMap((element) =>
             [null, "::before", "::after"].map((pseudo) =>
               parseFloat(getComputedStyle(element, pseudo).transitionDuration))))"""
    )
    assert longest == 0


def cast(stack: Stack, address: str) -> None:
    """A vote for the first answer, from a device of its own."""
    ballot = f"{stack.url}/api{address.replace('/p/', '/polls/')}/ballot"
    httpx.put(ballot, json={"choices": [1]}).raise_for_status()


def expect_no_motion(page: Page) -> None:
    """Neither now nor since this page was loaded."""
    names = page.evaluate("document.getAnimations().map((one) => one.animationName ?? one.id)")
    assert [name for name in names if not name.startswith("appear")] == []
    assert page.evaluate("moved") == []


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_a_vote_is_one_request(stack: Stack, newcomer: Newcomer) -> None:
    voter = newcomer(stack.url, PHONE)
    voter.page.goto(voter.ask("Tea or coffee?", ["Tea", "Coffee"]))
    voter.choose("Tea")
    sent: list[str] = []
    voter.page.on(
        "request", lambda request: sent.append(request.method) if request.method != "GET" else None
    )
    voter.vote("Tea")
    assert sent == ["PUT"]
