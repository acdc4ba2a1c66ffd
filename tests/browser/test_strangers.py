"""What answers in our place: firewalls, hotels' login pages, extensions of the browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.tally import Visitor
from tests.stack_fixture import Stack

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

PAGE = "<h1>Please log in</h1>"


def answer_with(status: int) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=PAGE, content_type="text/html")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_firewalls_refusal_costs_no_key_and_ends_no_poll(
    stack: Stack, newcomer: Newcomer, status: int
) -> None:
    host, voter = newcomer(stack.url), newcomer(stack.url)
    voter.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]))
    voter.vote("Tea")
    for someone in (host, voter):
        someone.page.route("**/api/**", answer_with(status))
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


def test_a_login_page_is_not_saved_as_the_votes(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.route("**/ballots.csv", answer_with(200))
    host.press("Download the votes as CSV")
    host.sees("The server does not answer. Trying again…")
    with host.page.expect_download() as download:
        host.page.unroute("**/ballots.csv")
    assert download.value.path().read_text(encoding="utf-8-sig").startswith("ballot,")


@pytest.mark.parametrize("page", ["", "/manage"])
def test_a_strangers_script_that_fails_is_no_reason_to_load_the_page_again(
    stack: Stack, newcomer: Newcomer, page: str
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
        """new Promise((resolve) => {
             const script = document.createElement("script");
             script.src = "/beacon.js";
             script.onerror = resolve;
             document.head.append(script);
           })"""
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
