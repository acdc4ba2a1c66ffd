"""Networks that hang, lose a response, or are away when a file is needed."""

import contextlib
import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import APIResponse, Error, Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import PHONE, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

CREATE = "Open the poll"
POLLS = "**/api/polls"
RESULTS = "**/assets/results-*.js"
SLOW = "This takes longer than it should."
AWAY = "The server does not answer"
# Records every text of a button from now on.
RECORD_BUTTONS = """() => {
  window.buttons = new Set();
  const note = () => {
    for (const { textContent } of document.querySelectorAll("button")) buttons.add(textContent);
  };
  new MutationObserver(note).observe(document.body, {
    childList: true, subtree: true, characterData: true,
  });
}"""


def question_text(page: Page) -> str:
    return page.get_by_label("Ask the room a question").input_value()


def create_with_lost_responses(host: Visitor) -> list[str]:
    """Create a poll, but drop the responses; return the ids, also of later attempts."""
    created_ids: list[str] = []

    def lose_response(route: Route) -> None:
        created_ids.append(route.fetch().json()["id"])
        with contextlib.suppress(Error):  # the page was reloaded, which cancelled the request
            route.abort("connectionreset")

    host.page.route(POLLS, lose_response)
    host.page.goto("/")
    host.fill_in("Tea or coffee?", ["Tea", "Coffee"])
    host.press(CREATE)
    expect(host.page.get_by_role("alert")).to_contain_text(AWAY)
    return created_ids


def test_input_during_the_creation_is_kept_and_creates_one_poll(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    held_routes: list[Route] = []

    def hold_route(route: Route) -> None:
        held_routes.append(route)

    host.page.route(POLLS, hold_route)
    host.page.goto("/")
    host.fill_in("Tea?", ["Tea", "Coffee"])
    host.press(CREATE)
    expect(host.page.get_by_role("alert")).to_contain_text(SLOW)
    host.page.get_by_label("Ask the room a question").fill("Tea or coffee?")
    expect(host.page.get_by_role("button", name=CREATE)).to_be_visible()
    expect(host.page.get_by_role("alert")).to_have_text("")

    host.press(CREATE)
    expect(host.page.get_by_role("button", name="Opening…")).to_be_visible()
    host.press("Start over")
    expect(host.page.get_by_role("button", name=CREATE)).to_be_visible()
    host.press("Undo")
    # The first request of each was cancelled; the cleanup sends it again.
    first = {route.request.headers["idempotency-key"]: route for route in reversed(held_routes)}
    assert len(first) == 2
    assert all(route.request.failure for route in first.values()), "no longer in progress"

    host.page.context.set_offline(True)
    host.press(CREATE)
    expect(host.page.get_by_role("alert")).to_contain_text(AWAY)
    host.page.unroute(POLLS)
    host.page.context.set_offline(False)
    host.expect_text("Your poll is open.")
    expect(host.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()


def test_poll_with_a_lost_response_is_created_once(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    created_ids = create_with_lost_responses(host)
    host.page.reload()
    assert question_text(host.page) == "Tea or coffee?"
    host.page.unroute(POLLS)
    host.press(CREATE)
    expect(host.page).to_have_url(re.compile(f"/p/{created_ids[0]}/manage#.+"))
    host.press("Close the poll")  # so the key is correct
    host.expect_text("It stays closed until you reopen it.")
    assert len(set(created_ids)) == 1


def test_poll_changed_during_its_creation_is_deleted(stack: Stack, new_visitor: NewVisitor) -> None:
    """Even if the page is reloaded before the cleanup of the first poll."""
    host = new_visitor(stack.url)
    created_ids = create_with_lost_responses(host)
    host.answer_field(2).fill("Cocoa")
    expect(host.page.get_by_role("alert")).to_have_text("")
    (orphan,) = set(created_ids)
    address = f"{stack.url}/api/polls/{orphan}"
    assert httpx.get(address).is_success
    host.page.reload()
    with host.page.expect_response(address, timeout=60_000) as deleted:
        host.page.unroute(POLLS)
        host.press(CREATE)
        host.expect_text("Your poll is open.")
    assert deleted.value.request.method == "DELETE"
    assert httpx.get(address).status_code == 404
    assert orphan not in host.page.url
    host.wait_until("Object.keys(localStorage).join() === 'tally.polls'")


@pytest.mark.parametrize("answer", ["lost", "late"])
def test_deletion_with_a_lost_or_late_response_is_confirmed(
    stack: Stack, new_visitor: NewVisitor, answer: str
) -> None:
    """Lost, or so late that the page already shows that the poll is deleted."""
    host = new_visitor(stack.url)
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
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
        host.expect_text("This poll and its votes were deleted")
        route, response = deleted[0]
        route.fulfill(response=response)
    host.expect_text("The poll and its votes are deleted.")
    assert host.page.evaluate("localStorage['tally.polls']") == "[]"


def test_late_response_does_not_revert_a_newer_state(stack: Stack, new_visitor: NewVisitor) -> None:
    """The response to a request before the closing arrives after it."""
    host = new_visitor(stack.url)
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    held_routes: list[tuple[Route, APIResponse]] = []

    def hold_route(route: Route) -> None:
        if route.request.method == "GET" and not held_routes:
            held_routes.append((route, route.fetch()))
        else:
            route.fallback()

    host.expect_text("Open · 0 votes so far")
    host.page.route(re.compile(r"/api/polls/\w{8}$"), hold_route)
    while not held_routes:
        host.page.wait_for_timeout(50)
    host.press("Close the poll")
    reopen = host.page.get_by_role("button", name="Reopen the poll")
    expect(reopen).to_be_visible()
    ((route, earlier),) = held_routes
    host.page.evaluate(RECORD_BUTTONS)
    with host.page.expect_response(re.compile(r"/api/polls/\w{8}$")):  # the next request
        route.fulfill(response=earlier)
        with host.page.expect_request(re.compile(r"/api/polls/\w{8}$")):
            host.page.evaluate("new Promise(requestIdleCallback)")
    assert "Close the poll" not in host.page.evaluate("[...buttons]")


def test_missing_cleanup_file_does_not_disturb_the_form(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    """The cleanup is not urgent: the page must not be reloaded while someone types."""
    host = new_visitor(stack.url)
    host.page.route("**/assets/delete-cancelled-poll-*.js", lambda route: route.fulfill(status=404))
    create_with_lost_responses(host)
    loads: list[str] = []
    host.page.on("domcontentloaded", lambda page: loads.append(page.url))
    with host.page.expect_response("**/assets/delete-cancelled-poll-*.js"):
        host.answer_field(2).fill("Cocoa")
    host.answer_field(2).press_sequentially(" or chocolate")
    expect(host.answer_field(2)).to_have_value("Cocoa or chocolate")
    assert loads == []
    host.console_errors.clear()  # the browser's own error about the file


def test_results_page_opens_after_an_outage_of_the_network(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    """Their file is prefetched; if it is missing, the page waits and says so."""
    host, voter = new_visitor(stack.url), new_visitor(stack.url, PHONE)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    with voter.page.expect_response(RESULTS):
        voter.page.goto(address)

    host.page.route(RESULTS, lambda route: route.abort("internetdisconnected"))
    host.page.goto(address)
    host.vote("Tea")
    host.page.context.set_offline(True)
    loads: list[str] = []
    host.page.on("domcontentloaded", lambda page: loads.append(page.url))
    host.page.get_by_role("link", name="See the results").click()
    host.expect_text(AWAY)
    host.page.unroute(RESULTS)
    host.page.context.set_offline(False)
    host.expect_share("Tea", 1, 100)
    # With its styles, and without a reload.
    expect(host.page.locator(".results")).to_have_css("display", "flex")
    assert loads == []
    host.console_errors.clear()  # the browser's own error about the file
