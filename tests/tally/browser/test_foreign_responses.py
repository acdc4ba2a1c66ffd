"""Foreign responses and scripts: firewalls, login pages of hotels, browser extensions."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

PAGE = "<h1>Please log in</h1>"
JSON = '{"error": "Please log in"}'


def respond_with(status: int, body: str = PAGE) -> Callable[[Route], None]:
    content_type = "application/json" if body == JSON else "text/html"
    return lambda route: route.fulfill(status=status, body=body, content_type=content_type)


REFUSALS = [(401, PAGE), (403, PAGE), (404, PAGE), (511, PAGE)]


@pytest.mark.parametrize(("status", "body"), [*REFUSALS, (200, PAGE), (200, JSON), (204, "")])
def test_foreign_response_loses_no_key_and_no_vote(
    stack: Stack, new_visitor: NewVisitor, status: int, body: str
) -> None:
    host, voter = new_visitor(stack.url), new_visitor(stack.url)
    voter.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]))
    voter.vote("Tea")
    for visitor in (host, voter):
        visitor.page.route("**/api/**", respond_with(status, body))
    host.page.goto("/")
    host.page.get_by_role("link", name="Tea or coffee?").click()
    host.expect_text("The server does not answer")
    voter.choose("Coffee")
    voter.press("Change my vote")
    voter.expect_text("Your vote is kept on this device.")
    for visitor in (host, voter):
        visitor.page.unroute("**/api/**")
    host.expect_text("Open · 1 vote so far")
    voter.expect_text("Your vote is counted.")
    host.page.reload()
    host.expect_text("Open · 1 vote so far")


def test_foreign_response_does_not_count_as_a_success(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host, poll = new_visitor(stack.url), Poll(stack)
    host.open(poll.manage)
    host.press("Delete the poll…")
    host.page.route("**/api/**", respond_with(200, JSON))
    host.press("Delete it for good")
    host.expect_text("The server does not answer. Trying again…")
    host.press("Keep it")
    host.open("/")
    expect(host.page.get_by_role("link", name=poll.id)).to_be_visible()
    host.fill_in("Tea or water?", ["Tea", "Water"])
    host.press("Open the poll")
    host.expect_text("The server does not answer. Trying again…")
    host.page.unroute("**/api/**")
    host.expect_text("Your poll is open.")


def test_key_is_kept_if_a_proxy_removes_its_header(stack: Stack, new_visitor: NewVisitor) -> None:
    host, poll = new_visitor(stack.url), Poll(stack)
    host.open(poll.manage)
    host.expect_text("Open · 0 votes so far")

    def strip(route: Route) -> None:
        headers = {k: v for k, v in route.request.headers.items() if k != "authorization"}
        route.continue_(headers=headers)

    host.page.route("**/viewing-key", strip)
    host.open(poll.address + "/manage")
    host.expect_text("This page opens with its secret link")
    host.page.unroute("**/viewing-key")
    host.page.reload()
    host.expect_text("Open · 0 votes so far")


def test_foreign_login_page_is_not_saved_as_the_csv(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.route("**/ballots.csv", respond_with(200))
    host.press("Download the votes as CSV")
    host.expect_text("The server does not answer. Trying again…")
    with host.page.expect_download() as download:
        host.page.unroute("**/ballots.csv")
    assert download.value.path().read_text(encoding="utf-8-sig").startswith("ballot,")


@pytest.mark.parametrize("script", ["/beacon.js", "chrome-extension://stranger/assets/inject.js"])
@pytest.mark.parametrize("page", ["", "/manage"])
def test_failed_foreign_script_does_not_reload_the_page(
    stack: Stack, new_visitor: NewVisitor, page: str, script: str
) -> None:
    visitor = new_visitor(stack.url)
    visitor.page.clock.install()
    visitor.page.goto(visitor.create_poll("Tea or coffee?", ["Tea", "Coffee"]) + page)
    requested: list[str] = []
    visitor.page.on(
        "request",
        lambda request: (
            requested.append(request.method) if request.url == f"{stack.url}/" else None
        ),
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
    assert requested == []
    visitor.console_errors.clear()  # the browser's own error about the script


def test_punctuation_after_a_secret_link_is_ignored(stack: Stack, new_visitor: NewVisitor) -> None:
    host, device = new_visitor(stack.url), new_visitor(stack.url)
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    for tail in (".", ")", "…", ",%20", "\u200b"):
        device.page.goto("about:blank")
        device.page.goto(host.page.url + tail)
        expect(device.page.get_by_role("button", name="Close the poll")).to_be_visible()
    device.page.goto("about:blank")
    device.page.goto(host.page.url + "x")
    expect(device.page.get_by_role("heading", name=re.compile("This key does not"))).to_be_visible()
