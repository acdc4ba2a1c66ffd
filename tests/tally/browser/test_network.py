"""Networks that hang, that lose an answer, or that are away when a file is wanted."""

import contextlib
import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import APIResponse, Error, Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import PHONE, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

ASK = "Open the poll"
POLLS = "**/api/polls"
RESULTS = "**/assets/results-*.js"
SLOW = "This takes longer than it should."
AWAY = "The server does not answer"
# Every word that a button of the page has said since.
NOTE_BUTTONS = """() => {
  window.buttons = new Set();
  const note = () => {
    for (const { textContent } of document.querySelectorAll("button")) buttons.add(textContent);
  };
  new MutationObserver(note).observe(document.body, {
    childList: true, subtree: true, characterData: true,
  });
}"""


def draft(page: Page) -> str:
    return page.get_by_label("Ask the room a question").input_value()


def ask_without_an_answer(host: Visitor) -> list[str]:
    """Open a poll, of which the page does not learn; each try's poll, also of those to come."""
    opened: list[str] = []

    def lose(route: Route) -> None:
        opened.append(route.fetch().json()["id"])
        with contextlib.suppress(Error):  # the page was loaded again meanwhile, and waits no more
            route.abort("connectionreset")

    host.page.route(POLLS, lose)
    host.page.goto("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    host.press(ASK)
    expect(host.page.get_by_role("alert")).to_contain_text(AWAY)
    return opened


def test_what_is_typed_while_a_poll_is_being_opened_is_kept_and_opens_nothing_else(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    host.page.route(POLLS, hold)
    host.page.goto("/")
    host.fill_in("Tea?", ["Tea", "Coffee"])
    host.press(ASK)
    expect(host.page.get_by_role("alert")).to_contain_text(SLOW)
    host.page.get_by_label("Ask the room a question").fill("Tea or coffee?")
    expect(host.page.get_by_role("button", name=ASK)).to_be_visible()
    expect(host.page.get_by_role("alert")).to_have_text("")

    host.press(ASK)
    expect(host.page.get_by_role("button", name="Opening…")).to_be_visible()
    host.press("Start over")
    expect(host.page.get_by_role("button", name=ASK)).to_be_visible()
    host.press("Undo")
    # Sent once more by what deletes it, each is called off the first time.
    first = {route.request.headers["idempotency-key"]: route for route in reversed(held)}
    assert len(first) == 2
    assert all(route.request.failure for route in first.values()), "not under way any more"

    host.page.context.set_offline(True)
    host.press(ASK)
    expect(host.page.get_by_role("alert")).to_contain_text(AWAY)
    host.page.unroute(POLLS)
    host.page.context.set_offline(False)
    host.sees("Your poll is open.")
    expect(host.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()


def test_a_poll_whose_answer_is_lost_is_opened_once(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    opened = ask_without_an_answer(host)
    host.page.reload()
    assert draft(host.page) == "Tea or coffee?"
    host.page.unroute(POLLS)
    host.press(ASK)
    expect(host.page).to_have_url(re.compile(f"/p/{opened[0]}/manage#.+"))
    host.press("Close the poll")  # so the key is the poll's
    host.sees("It stays closed until you reopen it.")
    assert len(set(opened)) == 1


def test_a_poll_that_is_changed_while_it_is_being_opened_leaves_none_behind(
    stack: Stack, newcomer: Newcomer
) -> None:
    """Also where the page is loaded again before the server can be asked for the first one."""
    host = newcomer(stack.url)
    opened = ask_without_an_answer(host)
    host.answer(2).fill("Cocoa")
    expect(host.page.get_by_role("alert")).to_have_text("")
    (orphan,) = set(opened)
    address = f"{stack.url}/api/polls/{orphan}"
    assert httpx.get(address).is_success
    host.page.reload()
    with host.page.expect_response(address, timeout=60_000) as deleted:
        host.page.unroute(POLLS)
        host.press(ASK)
        host.sees("Your poll is open.")
    assert deleted.value.request.method == "DELETE"
    assert httpx.get(address).status_code == 404
    assert orphan not in host.page.url
    host.wait_until("Object.keys(localStorage).join() === 'tally.polls'")


@pytest.mark.parametrize("answer", ["lost", "late"])
def test_a_deletion_is_done_and_said_though_its_answer_is(
    stack: Stack, newcomer: Newcomer, answer: str
) -> None:
    """Lost, or so late that the page has seen by then that its poll is gone."""
    host = newcomer(stack.url)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    deleted: list[tuple[Route, APIResponse]] = []

    def delete(route: Route) -> None:
        if route.request.method != "DELETE" or deleted:
            route.fallback()
            return
        deleted.append((route, route.fetch()))
        if answer == "lost":
            route.abort("internetdisconnected")

    host.page.route("**/api/polls/*", delete)
    host.press("Delete the poll…")
    host.press("Delete it for good")
    if answer == "late":
        host.sees("This poll was deleted")
        route, response = deleted[0]
        route.fulfill(response=response)
    host.sees("The poll and its votes are deleted.")
    assert host.page.evaluate("localStorage['tally.polls']") == "[]"


def test_a_look_of_before_undoes_nothing(stack: Stack, newcomer: Newcomer) -> None:
    """It was under way when the poll was closed, and is answered afterwards."""
    host = newcomer(stack.url)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if route.request.method == "GET" and not held:
            held.append((route, route.fetch()))
        else:
            route.fallback()

    host.sees("Open · 0 votes so far")
    host.page.route(re.compile(r"/api/polls/\w{8}$"), hold)
    while not held:
        host.page.wait_for_timeout(50)
    host.press("Close the poll")
    reopen = host.page.get_by_role("button", name="Reopen the poll")
    expect(reopen).to_be_visible()
    ((route, before),) = held
    host.page.evaluate(NOTE_BUTTONS)
    with host.page.expect_response(re.compile(r"/api/polls/\w{8}$")):  # the look after it
        route.fulfill(response=before)
        with host.page.expect_request(re.compile(r"/api/polls/\w{8}$")):
            host.page.evaluate("new Promise(requestIdleCallback)")
    assert "Close the poll" not in host.page.evaluate("[...buttons]")


def test_what_deletes_a_poll_that_was_called_off_may_be_missing(
    stack: Stack, newcomer: Newcomer
) -> None:
    """Nobody waits for it: the page is not loaded again under the hands of who types."""
    host = newcomer(stack.url)
    host.page.route("**/assets/settling-*.js", lambda route: route.fulfill(status=404))
    ask_without_an_answer(host)
    loads: list[str] = []
    host.page.on("domcontentloaded", lambda page: loads.append(page.url))
    with host.page.expect_response("**/assets/settling-*.js"):
        host.answer(2).fill("Cocoa")
    host.answer(2).press_sequentially(" or chocolate")
    expect(host.answer(2)).to_have_value("Cocoa or chocolate")
    assert loads == []
    host.complaints.clear()  # the browser's own, on the file


def test_results_come_though_the_network_is_away_when_they_are_wanted(
    stack: Stack, newcomer: Newcomer
) -> None:
    """Their file is there before, and one that is not is waited for, in our own words."""
    host, voter = newcomer(stack.url), newcomer(stack.url, PHONE)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    with voter.page.expect_response(RESULTS):
        voter.page.goto(address)

    host.page.route(RESULTS, lambda route: route.abort("internetdisconnected"))
    host.page.goto(address)
    host.vote("Tea")
    host.page.context.set_offline(True)
    loads: list[str] = []
    host.page.on("domcontentloaded", lambda page: loads.append(page.url))
    host.page.get_by_role("link", name="See the results").click()
    host.sees(AWAY)
    host.page.unroute(RESULTS)
    host.page.context.set_offline(False)
    host.expect_share("Tea", 1, 100)
    # With their style, too, and without the page being loaded again.
    expect(host.page.locator(".results")).to_have_css("display", "flex")
    assert loads == []
    host.complaints.clear()  # the browser's own, on the file
