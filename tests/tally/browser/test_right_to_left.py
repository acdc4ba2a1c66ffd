"""Right-to-left pages, as a browser's translation makes them: mirrored and intact."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import boxes, expect_no_overlap, expect_within, resize
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import DESKTOP, Size, Visitor

NewVisitor = Callable[..., Visitor]
Screenshot = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

QUESTION = "ما هو المشروب الذي تفضله في الصباح قبل أن تذهب إلى العمل؟"
ARABIC = "القهوة العربية مع الهيل والزعفران وقليل من السكر في فنجان صغير كما كانت تعدها الجدة"
ENGLISH = "Tea, and nothing but tea, whatever else there may be on offer in this house on Mondays"
# The positions of the first and the last letter of a text.
ENDS = """(one) => [0, one.textContent.length - 1].map((at) => {
  const range = document.createRange();
  range.setStart(one.firstChild, at);
  range.setEnd(one.firstChild, at + 1);
  return range.getBoundingClientRect().left;
})"""
SET_RTL = (
    """addEventListener("DOMContentLoaded", () => { document.documentElement.dir = "rtl"; })"""
)

WIDTHS = [Size(320, 640), Size(375, 740), DESKTOP, Size(1920, 1080)]


@pytest.fixture
def poll(stack: Stack) -> Poll:
    """A poll with three answers, and one vote for the first."""
    poll = Poll(stack, QUESTION, [ARABIC, ENGLISH, "الماء"])
    poll.vote(1)
    return poll


def in_rtl(visitor: Visitor) -> Page:
    visitor.page.add_init_script(SET_RTL)
    return visitor.page


def test_pages_in_rtl_do_not_overlap_or_overflow(
    stack: Stack, new_visitor: NewVisitor, poll: Poll, screenshot: Screenshot
) -> None:
    page = in_rtl(new_visitor(stack.url))
    ballot_path = poll.address
    for path in (
        "/",
        ballot_path,
        f"{ballot_path}/results",
        f"{ballot_path}/present",
        poll.manage,
        "/nowhere",
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        name = re.sub(r"#.*|/p/\w+", "", path).strip("/") or (
            "ballot" if ballot_path in path else "ask"
        )
        for size in WIDTHS:
            resize(page, size)
            expect_within(page, size, scrolled=True)
            # At the end of the page, sticky elements are at their place in the flow.
            page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            expect_no_overlap(page)
            screenshot(page, f"rtl-{name}")
    page.goto("/status")
    expect(page.get_by_role("img", name="Requests over")).to_be_visible()
    for size in WIDTHS:
        resize(page, size)
        expect_within(page, size, scrolled=True)


@pytest.mark.parametrize(("path", "size"), [("/results", WIDTHS[0]), ("/present", WIDTHS[3])])
def test_bars_in_rtl_grow_from_the_right(
    stack: Stack, new_visitor: NewVisitor, poll: Poll, path: str, size: Size
) -> None:
    page = in_rtl(new_visitor(stack.url, size))
    page.goto(f"{poll.address}{path}")
    expect(page.locator(".result-percent").first).to_have_text("100%")
    percents, bars = boxes(page, ".result-percent"), boxes(page, ".result-bar")
    assert all(bar.right < percent.left for bar, percent in zip(bars, percents, strict=True))
    assert filled_ends(page, 0) == "both"
    assert filled_ends(page, 1) == "neither"
    poll.vote(2)  # a second voter
    expect(page.locator(".result-percent").first).to_have_text("50%")
    assert [filled_ends(page, row) for row in range(3)] == ["right", "right", "neither"]


def filled_ends(page: Page, row: int) -> str:
    """The ends of a row's bar that differ in colour from an empty bar."""
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    bar, empty = page.locator(".result-bar").nth(row), page.locator(".result-bar").nth(2)
    (left, right), (track, _) = end_colours(bar), end_colours(empty)
    return {
        (True, True): "both",
        (True, False): "left",
        (False, True): "right",
        (False, False): "neither",
    }[left != track, right != track]


def end_colours(bar: Locator) -> tuple[Any, Any]:
    """The colours of a bar's left and right end on the screen."""
    screenshot = Image.open(io.BytesIO(bar.screenshot())).convert("RGB")
    middle = screenshot.height // 2
    return screenshot.getpixel((3, middle)), screenshot.getpixel((screenshot.width - 4, middle))


@pytest.mark.parametrize("rtl", [False, True], ids=["ltr", "rtl"])
def test_labels_align_with_the_page_in_any_script(
    stack: Stack, new_visitor: NewVisitor, poll: Poll, rtl: bool
) -> None:
    visitor = new_visitor(stack.url)
    page = in_rtl(visitor) if rtl else visitor.page
    side = "right" if rtl else "left"
    for path in ("/results", "/present"):
        page.goto(f"{poll.address}{path}")
        expect(page.locator(".result-label")).to_have_count(3)
        for size in WIDTHS:
            resize(page, size)
            labels, bars = boxes(page, ".result-label"), boxes(page, ".result-bar")
            for label, bar in zip(labels, bars, strict=True):
                assert getattr(label, side) == pytest.approx(getattr(bar, side), abs=2)
    # English text with the number first, in either direction of the page.
    page.goto(f"{poll.address}/results")
    expect(page.locator(".results-ballots")).to_have_text("1")
    [number], [word] = boxes(page, ".results-ballots"), boxes(page, ".results-unit")
    assert number.right <= word.left
    first, last = page.locator(".result-votes").first.evaluate(ENDS)
    assert first < last
    page.goto(poll.address)
    expect(page.locator(".ballot-label")).to_have_count(3)
    for size in WIDTHS:
        resize(page, size)
        edges = [getattr(label, side) for label in boxes(page, ".ballot-label")]
        assert max(edges) - min(edges) <= 2


def test_charts_in_rtl_keep_their_labels(
    stack: Stack, new_visitor: NewVisitor, poll: Poll, screenshot: Screenshot
) -> None:
    page = in_rtl(new_visitor(stack.url))
    page.goto(f"{poll.address}/results")
    page.get_by_role("button", name="Votes over time").click()
    expect(page.locator("svg.time-chart path.series-marker")).to_be_visible()
    for size in WIDTHS:
        resize(page, size)
        [line] = boxes(page, "svg.time-chart path.series-line")
        values = boxes(page, "svg.time-chart g:has(line[x2]) text")[:2]
        assert [value.name.split('"')[1] for value in values] == ["0", "1"]
        assert all(value.left >= 0 and value.right <= line.left for value in values)
        expect_within(page, size, scrolled=True)
        expect_no_overlap(page)
        screenshot(page, "rtl-timeline")
