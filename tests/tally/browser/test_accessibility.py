"""axe on every page and state (WCAG 2.2 A and AA, best practices), and a visible focus."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.steps import ROOT
from tests.support.stack import Stack
from tests.tally.browser.poll import Poll, without_database
from tests.tally.browser.tally import PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]

PAPER_AND_INK = """() => {
  const { backgroundColor, color } = getComputedStyle(document.documentElement);
  return [backgroundColor, color].map((one) => one.match(/\\d+/g).map(Number));
}"""

# The focused control, and whether its focus is visible: by an outline or a shadow (a field's line)
# of the control, or of its label or row if the control itself is hidden. Null after the last
# control.
FOCUS = """() => {
  const one = document.activeElement;
  window.first ??= one;
  if (one === document.body || (one === window.first && window.tabbed)) return null;
  window.tabbed = true;
  const shown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    element.getBoundingClientRect().width > 1;
  const marked = (element) => {
    const { outlineStyle, outlineColor, boxShadow } = getComputedStyle(element);
    const outlined = outlineStyle !== "none" && outlineColor !== "rgba(0, 0, 0, 0)";
    return shown(element) && (outlined || boxShadow !== "none");
  };
  const row = one.closest("label, li");
  const places = shown(one) ? [one] : [row, ...row.querySelectorAll("*")];
  const within = !one.matches(":focus"); // on a part of it, such as a calendar's button
  return { name: one.outerHTML.slice(0, 80), seen: within || places.some(marked) };
}"""


def expect_accessible(page: Page, state: str) -> None:
    """Check the light theme by every rule, and the dark theme, which differs only in colours, by
    those.
    """
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    # Colours during a transition do not count.
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    expect_no_violation(page, state, ALL)
    page.emulate_media(color_scheme="dark")
    paper, ink = page.evaluate(PAPER_AND_INK)
    assert max(paper) < 48 < 208 < min(ink), f"{state}: {ink} on {paper} is not dark"
    expect_no_violation(page, f"{state}, dark", COLOURS)
    page.emulate_media(color_scheme="light")


def expect_no_violation(page: Page, state: str, rules: list[str]) -> None:
    # One example of each passed rule suffices. Preloading serves only rules for media, and would
    # add a style for a stylesheet that is still loading, against the page's policy.
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found: dict[str, Any] = page.evaluate("(wanted) => axe.run(wanted)", options)
    assert found["passes"]
    violations = [
        f"{state}: {one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]}"
        for one in found["violations"]
    ]
    assert not violations, "\n".join(violations)


def expect_focus_seen(page: Page) -> None:
    """Assert that the focus is visible on every control that Tab reaches."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    places = []
    page.keyboard.press("Tab")
    while place := page.evaluate(FOCUS):
        places.append(place)
        page.keyboard.press("Tab")
    assert len(places) >= 3, places
    assert not [place["name"] for place in places if not place["seen"]]


def block_method(page: Page, method: str) -> None:
    """Make requests with one method fail, as if the server were away."""
    page.route(
        "**/api/polls/*",
        lambda route: route.abort() if route.request.method == method else route.fallback(),
    )


def create_poll(stack: Stack, options: int = 3, **members: object) -> Poll:
    labels = [f"Answer number {number}" for number in range(1, options + 1)]
    return Poll(stack, "Which of these?", labels, **members)


def test_axe_finds_no_violation_on_any_page(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    page = new_visitor(stack.url, size).page
    polls = {
        "of one": create_poll(stack),
        "of several": create_poll(stack, 20, multiple=True),
        "after voting": create_poll(stack, results="voted"),
        "once closed": create_poll(stack, results="closed"),
    }
    for name, poll in polls.items():
        for path in ("", "/results", "/present", "/manage", f"/manage#{poll.key}"):
            page.goto(f"{poll.address}{path}")
            expect_accessible(page, f"{name}, {path.split('#')[0] or 'ballot'}")
    # Of a poll that this device does not manage, so that no key is stored.
    page.goto(f"{create_poll(stack).address}/manage#not-the-key")
    expect(page.get_by_role("heading", name="This key does not open")).to_be_visible()
    expect_accessible(page, "a wrong key")
    for path in ("/", "/join", "/status", "/nowhere", "/p/00000000"):
        page.goto(path)
        expect_accessible(page, path)


def test_focus_is_visible_on_every_control(stack: Stack, new_visitor: NewVisitor) -> None:
    page = new_visitor(stack.url).page
    page.emulate_media(reduced_motion="reduce")  # controls that fade in are visible at once
    poll = create_poll(stack, multiple=True)
    results_paths = (f"{poll.address}/results", f"{poll.address}/present")
    for path in ("/", "/join", poll.address, *results_paths, poll.manage, "/status", "/nowhere"):
        page.goto(path)
        expect_focus_seen(page)


def test_axe_finds_no_violation_in_intermediate_states(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    visitor = new_visitor(stack.url, PHONE)
    page = visitor.page
    page.goto("/")
    visitor.press("Open the poll")
    expect_accessible(page, "a form with errors")
    visitor.fill_in("Which?", [f"Answer number {number}" for number in range(1, 13)])
    visitor.answer_field(12).fill("answer number 1")
    visitor.answer_field(11).fill("x" * 103)
    visitor.press("Remove answer 5")
    page.keyboard.press("Alt+ArrowDown")
    expect_accessible(page, "a form with much in it")
    page.reload()
    visitor.expect_text("Your draft is back.")
    expect_accessible(page, "a form with a draft")
    visitor.press("Start over")
    expect_accessible(page, "a form that was emptied")

    page.goto("/p/00000000")
    visitor.press("Go to the poll")
    visitor.expect_text("No poll has this code")
    expect_accessible(page, "a code that no poll has")

    poll = create_poll(stack)
    page.goto(poll.address)
    visitor.press("Vote")
    expect_accessible(page, "a ballot with an error")
    visitor.choose("Answer number 1")
    expect_accessible(page, "a ballot that was not sent")
    visitor.vote("Answer number 1")
    expect_accessible(page, "a ballot that was cast")
    page.goto(f"{poll.address}/results")
    visitor.press("Votes over time")
    expect(page.get_by_role("img", name="Votes over time.")).to_be_visible()
    expect_accessible(page, "votes over time")
    page.context.set_offline(True)
    visitor.expect_text("Reconnecting…")
    expect_accessible(page, "results that may be old")
    page.context.set_offline(False)
    page.context.set_offline(True)
    visitor.expect_text("Reconnecting…")
    expect_accessible(page, "results that may be old")
    page.context.set_offline(False)
    page.goto(poll.address)
    visitor.choose("Answer number 2")
    expect_accessible(page, "a change that was not sent")
    page.context.set_offline(True)
    visitor.press("Change my vote")
    visitor.expect_text("Your vote is kept on this device.")
    expect_accessible(page, "a ballot that waits for the network")
    visitor.choose("Answer number 3")
    expect_accessible(page, "a change while a ballot waits")
    page.context.set_offline(False)
    visitor.expect_text("Still counted")

    page.goto(poll.manage)
    visitor.press("Show the QR code large")
    expect_accessible(page, "the code, large")
    page.keyboard.press("Escape")
    visitor.press("Delete the poll…")
    expect_accessible(page, "the question before deleting")
    block_method(page, "DELETE")
    visitor.press("Delete it for good")
    visitor.expect_text("The server does not answer.")
    expect_accessible(page, "a poll that could not be deleted")
    visitor.press("Keep it")
    page.get_by_label("Closes by itself at").fill("2020-01-01T12:00")
    visitor.press("Set the closing time")
    visitor.expect_text("Choose a time in the future")
    expect_accessible(page, "a closing time that is past")
    visitor.press("Copy the secret link")
    visitor.expect_text("Copied")
    expect_accessible(page, "a link that was copied")
    visitor.press("Close the poll")
    visitor.expect_text("Closed")
    page.goto(f"{create_poll(stack).address}/manage#not-the-key")
    visitor.press("Open the page")
    visitor.expect_text("This is neither")
    expect_accessible(page, "an invalid key")
    page.route("**/api/**", lambda route: route.fulfill(status=500))
    page.goto(poll.address)
    expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=30_000)
    expect_accessible(page, "a page that the server fails at")
    page.unroute("**/api/**")
    for path in ("", "/results", "/present", "/manage"):
        page.goto(f"{poll.address}{path}")
        expect_accessible(page, f"closed, {path or 'ballot'}")
    page.goto(poll.address)
    visitor.expect_text("Not sent, not counted")
    expect_accessible(page, "a change that was not sent in time")


def test_axe_finds_no_violation_during_outages(stack: Stack, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(stack.url, PHONE)
    page, poll = visitor.page, create_poll(stack)
    page.goto(f"{poll.address}/present")
    visitor.press("Show the QR code large")
    expect(page.get_by_role("dialog", name="QR code of").get_by_role("img")).to_be_visible()
    expect_accessible(page, "the wall's code, large")

    away = page.get_by_role("heading", name="The server does not answer")
    page.route("**/api/**", lambda route: route.fulfill(status=503))
    for path in ("", "/present"):
        page.goto(f"{poll.address}{path}")
        expect(away).to_be_visible()
        expect_accessible(page, f"a server that is away, {path or 'ballot'}")
    page.unroute("**/api/**")

    status = without_database(stack)
    page.route("**/api/status", lambda route: route.fulfill(json=status))
    page.goto("/status")
    visitor.expect_text("The database is down")
    expect_accessible(page, "a database that is away")

    page.context.set_offline(True)
    page.get_by_role("link", name="Ask something new").click()
    expect(away).to_be_visible()
    expect_accessible(page, "a page that was not loaded yet, offline")
    page.context.set_offline(False)
    expect(page.get_by_label("Ask the room a question")).to_be_visible()

    page.route("**/assets/results-*.js", lambda route: route.fulfill(status=404))
    page.goto(f"{poll.address}/results")
    visitor.expect_text("Something broke")
    expect_accessible(page, "a page whose file stays missing")
    visitor.console_errors.clear()  # the browser's own error about the files


def test_axe_finds_no_violation_on_a_closed_or_deleted_ballot(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    visitor = new_visitor(stack.url, PHONE)
    page, poll = visitor.page, create_poll(stack)
    page.goto(poll.address)
    visitor.choose("Answer number 1")
    page.context.set_offline(True)
    visitor.press("Vote")
    visitor.expect_text("Waiting to be sent")
    poll.close()
    page.context.set_offline(False)
    visitor.expect_text("Too late, not counted")
    expect_accessible(page, "a ballot that came too late")
    poll.delete()
    expect(page.get_by_text("This poll and its votes were deleted")).to_be_visible(timeout=20_000)
    expect_accessible(page, "a poll that was deleted")
