"""What goes wrong on the host's page is told where it went wrong, and nothing is lost by it."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def answer_with(status: int, title: str = "") -> Callable[[Route], None]:
    """Have what is sent be refused, and everything else pass."""

    def handle(route: Route) -> None:
        if route.request.method == "GET" and not route.request.url.endswith(".csv"):
            route.fallback()
        else:
            problem = {"type": "/problems/refused", "title": title}
            route.fulfill(status=status, body=json.dumps(problem))

    return handle


def section(page: Page, heading: str) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name=heading, exact=True))


def test_a_time_that_was_typed_is_not_lost_where_it_cannot_be_sent(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto(Poll(stack).manage)
    host.page.route("**/api/polls/*", answer_with(409, "Not now"))
    field = host.page.get_by_label("Closes by itself at")
    field.fill("2030-05-04T18:30")
    host.press("Set the closing time")
    host.sees("Something went wrong.")
    expect(host.page.get_by_text("Not now")).to_have_count(0)  # the server's words, for programs
    expect(field).to_have_value("2030-05-04T18:30")


def test_what_was_wrong_with_a_closing_time_is_not_said_of_the_poll_that_is_open_again(
    stack: Stack, newcomer: Newcomer
) -> None:
    poll = Poll(stack)
    poll.close()
    host = newcomer(stack.url)
    host.page.goto(poll.manage)
    host.press("Reopen until then")
    host.sees("Choose a time that is still to come.")
    host.press("Reopen the poll")
    host.sees("It stays open until you close it.")
    expect(host.page.get_by_text("Choose a time that is still to come.")).to_have_count(0)


@pytest.mark.parametrize(
    ("heading", "button"),
    [
        ("Run it", "Close the poll"),
        ("Run it", "Set the closing time"),
        ("The votes", "Download the votes as CSV"),
        ("Delete", "Delete the poll…"),
    ],
)
def test_what_goes_wrong_is_told_at_the_button_and_moves_nothing(
    stack: Stack, newcomer: Newcomer, heading: str, button: str, size: Size
) -> None:
    host = newcomer(stack.url, size)
    page = host.page
    page.goto(Poll(stack).manage)
    expect(page.get_by_role("button", name=button)).to_be_visible()
    page.route("**/api/polls/**", answer_with(409))
    page.get_by_label("Closes by itself at").fill("2030-05-04T18:30")
    heights = "[...document.querySelectorAll('section')].map((one) => one.offsetHeight)"
    before = page.evaluate(heights)
    host.press(button)
    if heading == "Delete":
        host.press("Delete it for good")
        place = page.get_by_role("dialog")
    else:
        place = section(page, heading)
    told = page.get_by_role("alert").filter(has_text="Something went wrong")
    expect(told).to_have_count(1)
    expect(place.get_by_role("alert").filter(has_text="Something went wrong")).to_be_visible()
    assert page.evaluate(heights) == before


def test_a_server_that_is_away_is_told_at_the_button_while_it_is_tried_again(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.clock.install()
    host.page.goto(Poll(stack).manage)
    host.page.route("**/api/polls/*", answer_with(503))
    tries: list[str] = []
    host.page.on("response", lambda answer: tries.extend(["5"] if answer.status == 503 else []))
    host.press("Close the poll")
    told = section(host.page, "Run it").get_by_text("Trying again…")
    for _ in range(60):  # the clock may run on before an answer has come
        expect(told).to_be_visible()
        if len(tries) > 4:
            break
        host.page.clock.run_for(5_000)
    assert len(tries) > 4
    expect(told).to_be_visible()
    host.page.unroute("**/api/polls/*")
    host.page.clock.run_for(5_000)
    host.sees("Closed")
    expect(told).to_have_count(0)


def test_what_is_kept_after_all_is_not_deleted_when_the_network_is_back(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto(Poll(stack).manage)
    host.sees("Open · 0 votes so far")
    host.page.context.set_offline(True)
    host.press("Delete the poll…")
    host.press("Delete it for good")
    expect(host.page.get_by_role("dialog").get_by_text("Trying again…")).to_be_visible()
    host.press("Keep it")
    host.sees("Reconnecting: may be old")
    host.page.context.set_offline(False)
    expect(host.page.get_by_text("Reconnecting")).to_have_count(0)
    host.press("Close the poll")
    host.sees("Closed · 0 votes in all")


def test_votes_that_do_not_begin_to_come_are_asked_for_again(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.clock.install()
    host.open(Poll(stack).manage)
    host.page.route("**/ballots.csv", lambda route: None, times=1)  # never answered
    host.press("Download the votes as CSV")
    host.sees("Downloading…")
    with host.page.expect_download():
        for _ in range(4):
            host.page.clock.run_for(5_000)
            host.page.wait_for_timeout(100)
