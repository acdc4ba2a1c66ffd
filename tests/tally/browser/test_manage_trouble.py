"""Errors on the manage page are shown at their control, and no input is lost."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def respond_with(status: int, title: str = "") -> Callable[[Route], None]:
    """A route handler that answers changes and the CSV with this status, and passes the rest."""

    def handle(route: Route) -> None:
        if route.request.method == "GET" and not route.request.url.endswith(".csv"):
            route.fallback()
        else:
            problem = {"type": "/problems/refused", "title": title}
            route.fulfill(status=status, body=json.dumps(problem))

    return handle


def section(page: Page, heading: str) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name=heading, exact=True))


def test_typed_closing_time_is_kept_if_it_cannot_be_sent(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto(Poll(stack).manage)
    host.page.route("**/api/polls/*", respond_with(409, "Not now"))
    field = host.page.get_by_label("Closes by itself at")
    field.fill("2030-05-04T18:30")
    host.press("Set the closing time")
    host.expect_text("Something went wrong.")
    # The server's message is for programs.
    expect(host.page.get_by_text("Not now")).to_have_count(0)
    expect(field).to_have_value("2030-05-04T18:30")


def test_closing_time_error_is_cleared_when_the_poll_is_reopened(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    poll = Poll(stack)
    poll.close()
    host = new_visitor(stack.url)
    host.page.goto(poll.manage)
    host.press("Reopen until then")
    host.expect_text("Choose a time in the future.")
    host.press("Reopen the poll")
    host.expect_text("It stays open until you close it.")
    expect(host.page.get_by_text("Choose a time in the future.")).to_have_count(0)


@pytest.mark.parametrize(
    ("heading", "button"),
    [
        ("Run it", "Close the poll"),
        ("Run it", "Set the closing time"),
        ("The votes", "Download the votes as CSV"),
        ("Delete", "Delete the poll…"),
    ],
)
def test_error_is_shown_at_the_button_without_moving_the_page(
    stack: Stack, new_visitor: NewVisitor, heading: str, button: str, size: Size
) -> None:
    host = new_visitor(stack.url, size)
    page = host.page
    page.goto(Poll(stack).manage)
    expect(page.get_by_role("button", name=button)).to_be_visible()
    page.route("**/api/polls/**", respond_with(409))
    page.get_by_label("Closes by itself at").fill("2030-05-04T18:30")
    heights = "[...document.querySelectorAll('section')].map((one) => one.offsetHeight)"
    before = page.evaluate(heights)
    host.press(button)
    if heading == "Delete":
        host.press("Delete it for good")
        container = page.get_by_role("dialog")
    else:
        container = section(page, heading)
    message = page.get_by_role("alert").filter(has_text="Something went wrong")
    expect(message).to_have_count(1)
    expect(container.get_by_role("alert").filter(has_text="Something went wrong")).to_be_visible()
    assert page.evaluate(heights) == before


def test_outage_is_shown_at_the_button_during_retries(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.clock.install()
    host.page.goto(Poll(stack).manage)
    host.page.route("**/api/polls/*", respond_with(503))
    tries: list[str] = []
    host.page.on("response", lambda answer: tries.extend(["5"] if answer.status == 503 else []))
    host.press("Close the poll")
    message = section(host.page, "Run it").get_by_text("Trying again…")
    for _ in range(60):  # the clock may advance before the response arrives
        expect(message).to_be_visible()
        if len(tries) > 4:
            break
        host.page.clock.run_for(5_000)
    assert len(tries) > 4
    expect(message).to_be_visible()
    host.page.unroute("**/api/polls/*")
    host.page.clock.run_for(5_000)
    host.expect_text("Closed")
    expect(message).to_have_count(0)


def test_cancelled_deletion_is_not_sent_after_an_outage(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto(Poll(stack).manage)
    host.expect_text("Open · 0 votes so far")
    host.page.context.set_offline(True)
    host.press("Delete the poll…")
    host.press("Delete it for good")
    expect(host.page.get_by_role("dialog").get_by_text("Trying again…")).to_be_visible()
    host.press("Keep it")
    host.expect_text("Reconnecting: may be old")
    host.page.context.set_offline(False)
    expect(host.page.get_by_text("Reconnecting")).to_have_count(0)
    host.press("Close the poll")
    host.expect_text("Closed · 0 votes in all")


def test_csv_download_without_a_response_is_retried(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.clock.install()
    host.open(Poll(stack).manage)
    host.page.route("**/ballots.csv", lambda route: None, times=1)  # no response
    host.press("Download the votes as CSV")
    host.expect_text("Downloading…")
    with host.page.expect_download():
        for _ in range(4):
            host.page.clock.run_for(5_000)
            host.page.wait_for_timeout(100)
