"""axe on every page and state: WCAG 2.2 A and AA, and its best practices; and the focus, seen."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local.steps import ROOT
from tests.support.stack import Stack
from tests.tally.browser.poll import Poll, without_database
from tests.tally.browser.tally import PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]

PAPER_AND_INK = """() => {
  const { backgroundColor, color } = getComputedStyle(document.documentElement);
  return [backgroundColor, color].map((one) => one.match(/\\d+/g).map(Number));
}"""

# Where the focus is, and whether that is seen: by an outline or a shadow (a field's line) of its
# own, or in its label or row, where the control itself is hidden from view. Nothing past the last.
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
    """In the light, by every rule; in the dark, where nothing but the colours is another."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    # Colours in the middle of a transition are nobody's.
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
    # One example suffices of what is right; what is preloaded serves rules for media and none of
    # ours, and makes a style of a sheet that is still on its way, against the page's policy.
    wanted = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    found: dict[str, Any] = page.evaluate("(wanted) => axe.run(wanted)", wanted)
    assert found["passes"]
    told = [
        f"{state}: {one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]}"
        for one in found["violations"]
    ]
    assert not told, "\n".join(told)


def expect_focus_seen(page: Page) -> None:
    """Wherever Tab leads, from the page's beginning to its end."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    places = []
    page.keyboard.press("Tab")
    while place := page.evaluate(FOCUS):
        places.append(place)
        page.keyboard.press("Tab")
    assert len(places) >= 3, places
    assert not [place["name"] for place in places if not place["seen"]]


def refuse(page: Page, method: str) -> None:
    """Have the server be away for one method."""
    page.route(
        "**/api/polls/*",
        lambda route: route.abort() if route.request.method == method else route.fallback(),
    )


def asked(stack: Stack, options: int = 3, **members: object) -> Poll:
    labels = [f"Answer number {number}" for number in range(1, options + 1)]
    return Poll(stack, "Which of these?", labels, **members)


def test_axe_finds_nothing(stack: Stack, newcomer: Newcomer, size: Size) -> None:
    page = newcomer(stack.url, size).page
    polls = {
        "of one": asked(stack),
        "of several": asked(stack, 20, multiple=True),
        "after voting": asked(stack, results="voted"),
        "once closed": asked(stack, results="closed"),
    }
    for name, poll in polls.items():
        for path in ("", "/results", "/present", "/manage", f"/manage#{poll.key}"):
            page.goto(f"{poll.address}{path}")
            expect_accessible(page, f"{name}, {path.split('#')[0] or 'ballot'}")
    # Not the kept key: of a poll that this device does not manage.
    page.goto(f"{asked(stack).address}/manage#not-the-key")
    expect(page.get_by_role("heading", name="This key does not open")).to_be_visible()
    expect_accessible(page, "a wrong key")
    for path in ("/", "/join", "/status", "/nowhere", "/p/00000000"):
        page.goto(path)
        expect_accessible(page, path)


def test_the_focus_is_seen_wherever_it_is(stack: Stack, newcomer: Newcomer) -> None:
    page = newcomer(stack.url).page
    page.emulate_media(reduced_motion="reduce")  # what only then comes into view is there at once
    poll = asked(stack, multiple=True)
    watch = (f"{poll.address}/results", f"{poll.address}/present")
    for path in ("/", "/join", poll.address, *watch, poll.manage, "/status", "/nowhere"):
        page.goto(path)
        expect_focus_seen(page)


def test_axe_finds_nothing_in_the_states_on_the_way(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url, PHONE)
    page = visitor.page
    page.goto("/")
    visitor.press("Open the poll")
    expect_accessible(page, "a form with errors")
    visitor.fill_in("Which?", [f"Answer number {number}" for number in range(1, 13)])
    visitor.answer(12).fill("answer number 1")
    visitor.answer(11).fill("x" * 103)
    visitor.press("Remove answer 5")
    page.keyboard.press("Alt+ArrowDown")
    expect_accessible(page, "a form with much in it")
    page.reload()
    visitor.sees("Your draft is back.")
    expect_accessible(page, "a form with a draft")
    visitor.press("Start over")
    expect_accessible(page, "a form that was emptied")

    page.goto("/p/00000000")
    visitor.press("Go to the poll")
    visitor.sees("No poll has this code")
    expect_accessible(page, "a code that no poll has")

    poll = asked(stack)
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
    visitor.sees("Reconnecting…")
    expect_accessible(page, "results that may be old")
    page.context.set_offline(False)
    page.context.set_offline(True)
    visitor.sees("Reconnecting…")
    expect_accessible(page, "results that may be old")
    page.context.set_offline(False)
    page.goto(poll.address)
    visitor.choose("Answer number 2")
    expect_accessible(page, "a change that was not sent")
    page.context.set_offline(True)
    visitor.press("Change my vote")
    visitor.sees("Your vote is kept on this device.")
    expect_accessible(page, "a ballot that waits for the network")
    visitor.choose("Answer number 3")
    expect_accessible(page, "a change while a ballot waits")
    page.context.set_offline(False)
    visitor.sees("Still counted")

    page.goto(poll.manage)
    visitor.press("Show the QR code large")
    expect_accessible(page, "the code, large")
    page.keyboard.press("Escape")
    visitor.press("Delete the poll…")
    expect_accessible(page, "the question before deleting")
    refuse(page, "DELETE")
    visitor.press("Delete it for good")
    visitor.sees("The server does not answer.")
    expect_accessible(page, "a poll that could not be deleted")
    visitor.press("Keep it")
    page.get_by_label("Closes by itself at").fill("2020-01-01T12:00")
    visitor.press("Set the closing time")
    visitor.sees("Choose a time that is still to come")
    expect_accessible(page, "a closing time that is past")
    visitor.press("Copy the secret link")
    visitor.sees("Copied")
    expect_accessible(page, "a link that was copied")
    visitor.press("Close the poll")
    visitor.sees("Closed")
    page.goto(f"{asked(stack).address}/manage#not-the-key")
    visitor.press("Open the page")
    visitor.sees("This is neither")
    expect_accessible(page, "a key that is none")
    page.route("**/api/**", lambda route: route.fulfill(status=500))
    page.goto(poll.address)
    expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=30_000)
    expect_accessible(page, "a page that the server fails at")
    page.unroute("**/api/**")
    for path in ("", "/results", "/present", "/manage"):
        page.goto(f"{poll.address}{path}")
        expect_accessible(page, f"closed, {path or 'ballot'}")
    page.goto(poll.address)
    visitor.sees("Not sent, not counted")
    expect_accessible(page, "a change that was not sent in time")


def test_axe_finds_nothing_where_something_is_away(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url, PHONE)
    page, poll = visitor.page, asked(stack)
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
    visitor.sees("The database is away")
    expect_accessible(page, "a database that is away")

    page.context.set_offline(True)
    page.get_by_role("link", name="Ask something new").click()
    expect(away).to_be_visible()
    expect_accessible(page, "a page that was not loaded yet, offline")
    page.context.set_offline(False)
    expect(page.get_by_label("Ask the room a question")).to_be_visible()

    page.route("**/assets/results-*.js", lambda route: route.fulfill(status=404))
    page.goto(f"{poll.address}/results")
    visitor.sees("Something broke")
    expect_accessible(page, "a page whose file stays missing")
    visitor.complaints.clear()  # the browser's own, on the files


def test_axe_finds_nothing_on_a_ballot_that_ends(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url, PHONE)
    page, poll = visitor.page, asked(stack)
    page.goto(poll.address)
    visitor.choose("Answer number 1")
    page.context.set_offline(True)
    visitor.press("Vote")
    visitor.sees("Waiting to be sent")
    poll.close()
    page.context.set_offline(False)
    visitor.sees("Too late, not counted")
    expect_accessible(page, "a ballot that came too late")
    poll.delete()
    expect(page.get_by_text("This poll was deleted")).to_be_visible(timeout=20_000)
    expect_accessible(page, "a poll that was deleted")
