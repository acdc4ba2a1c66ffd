"""What answers in our place: firewalls, hotels' login pages, extensions of the browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

PAGE = "<h1>Please log in</h1>"
JSON = '{"error": "Please log in"}'


def answer_with(status: int, body: str = PAGE) -> Callable[[Route], None]:
    kind = "application/json" if body == JSON else "text/html"
    return lambda route: route.fulfill(status=status, body=body, content_type=kind)


REFUSALS = [(401, PAGE), (403, PAGE), (404, PAGE), (511, PAGE)]


@pytest.mark.parametrize(("status", "body"), [*REFUSALS, (200, PAGE), (200, JSON), (204, "")])
def test_a_strangers_answer_costs_no_key_and_no_vote_and_ends_no_poll(
    stack: Stack, newcomer: Newcomer, status: int, body: str
) -> None:
    host, voter = newcomer(stack.url), newcomer(stack.url)
    voter.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]))
    voter.vote("Tea")
    for someone in (host, voter):
        someone.page.route("**/api/**", answer_with(status, body))
    host.page.goto("/")
    host.page.get_by_role("link", name="Tea or coffee?").click()
    host.sees("The server does not answer")
    voter.choose("Coffee")
    voter.press("Change my vote")
    voter.sees("Your vote is kept on this device.")
    for someone in (host, voter):
        someone.page.unroute("**/api/**")
    host.sees("Open · 1 vote so far")
    voter.sees("Your vote is counted.")
    host.page.reload()
    host.sees("Open · 1 vote so far")


def test_a_strangers_answer_neither_deletes_a_poll_nor_opens_one(
    stack: Stack, newcomer: Newcomer
) -> None:
    host, poll = newcomer(stack.url), Poll(stack)
    host.open(poll.manage)
    host.press("Delete the poll…")
    host.page.route("**/api/**", answer_with(200, JSON))
    host.press("Delete it for good")
    host.sees("The server does not answer. Trying again…")
    host.press("Keep it")
    host.open("/")
    expect(host.page.get_by_role("link", name=poll.id)).to_be_visible()
    host.fill_in("Tea or water?", ["Tea", "Water"])
    host.press("Open the poll")
    host.sees("The server does not answer. Trying again…")
    host.page.unroute("**/api/**")
    host.sees("Your poll is open.")


def test_a_key_that_something_on_the_way_has_taken_off_is_kept(
    stack: Stack, newcomer: Newcomer
) -> None:
    host, poll = newcomer(stack.url), Poll(stack)
    host.open(poll.manage)
    host.sees("Open · 0 votes so far")

    def strip(route: Route) -> None:
        headers = {k: v for k, v in route.request.headers.items() if k != "authorization"}
        route.continue_(headers=headers)

    host.page.route("**/viewing-key", strip)
    host.open(poll.address + "/manage")
    host.sees("This page opens with its secret link")
    host.page.unroute("**/viewing-key")
    host.page.reload()
    host.sees("Open · 0 votes so far")


def test_a_login_page_is_not_saved_as_the_votes(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.route("**/ballots.csv", answer_with(200))
    host.press("Download the votes as CSV")
    host.sees("The server does not answer. Trying again…")
    with host.page.expect_download() as download:
        host.page.unroute("**/ballots.csv")
    assert download.value.path().read_text(encoding="utf-8-sig").startswith("ballot,")


@pytest.mark.parametrize("script", ["/beacon.js", "chrome-extension://stranger/assets/inject.js"])
@pytest.mark.parametrize("page", ["", "/manage"])
def test_a_strangers_script_that_fails_is_no_reason_to_load_the_page_again(
    stack: Stack, newcomer: Newcomer, page: str, script: str
) -> None:
    visitor = newcomer(stack.url)
    visitor.page.clock.install()
    visitor.page.goto(visitor.ask("Tea or coffee?", ["Tea", "Coffee"]) + page)
    asked: list[str] = []
    visitor.page.on(
        "request",
        lambda request: asked.append(request.method) if request.url == f"{stack.url}/" else None,
    )
    visitor.page.evaluate(
        """(src) => new Promise((resolve) => {
             const script = document.createElement("script");
             script.src = src;
             script.onerror = resolve;
             document.head.append(script);
           })""",
        script,
    )
    visitor.page.clock.run_for(2_000)
    assert visitor.page.evaluate("fetch('/env.js').then((answer) => answer.ok)")
    assert asked == []
    visitor.complaints.clear()  # the browser's own, on the script


def test_what_a_sentence_adds_to_a_secret_link_is_no_part_of_its_key(
    stack: Stack, newcomer: Newcomer
) -> None:
    host, device = newcomer(stack.url), newcomer(stack.url)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    for tail in (".", ")", "…", ",%20", "\u200b"):
        device.page.goto("about:blank")
        device.page.goto(host.page.url + tail)
        expect(device.page.get_by_role("button", name="Close the poll")).to_be_visible()
    device.page.goto("about:blank")
    device.page.goto(host.page.url + "x")
    expect(device.page.get_by_role("heading", name=re.compile("This key does not"))).to_be_visible()
