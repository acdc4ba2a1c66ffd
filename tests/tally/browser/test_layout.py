"""Long questions, long answers and large numbers: nothing overlaps or leaves the screen."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from local.postgres import Postgres
from tests.support.stack import Stack
from tests.tally.browser.layout import boxes, expect_no_overlap, expect_within, font_size, resize
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, PROJECTORS, SMALL_PHONE, Size, Visitor
from tests.tally.browser.texts import LONG, QUESTION, WORDS

NewVisitor = Callable[..., Visitor]
Screenshot = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


# Numbers


@pytest.mark.parametrize("options", [2, 12])
def test_large_numbers_do_not_overlap_labels(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor, screenshot: Screenshot, options: int
) -> None:
    poll = Poll(stack, "Tea or coffee?", [f"{n} cups of tea" for n in range(1, options + 1)])
    poll.insert_votes(postgres, 1, 12_480)
    visitor = new_visitor(stack.url)
    for path in ("/results", "/present"):
        page = visitor.open(f"{poll.address}{path}")
        expect(page.get_by_role("listitem").first).to_contain_text("100%1 cups of tea12,480 votes")
        for size in (Size(320, 640), Size(375, 740), *PROJECTORS):
            resize(page, size)
            expect_within(page, size, scrolled=True)
            expect_no_overlap(page)
            # The column is as wide for 0% as for 100%.
            labels = boxes(page, ".result-label")
            assert labels[0].left == pytest.approx(labels[1].left, abs=0.5)
            if path == "/results":
                screenshot(page, f"results-all-{options}")


@pytest.mark.parametrize("path", ["/results", "/present"])
def test_numbers_align_with_wrapped_labels(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor, path: str
) -> None:
    """Each is beside the first line of its label; in two columns, those of a row are aligned."""
    poll = Poll(stack, "Which?", [*LONG[:11], "Short"])
    poll.insert_votes(postgres, 1, 1)
    page = new_visitor(stack.url).open(f"{poll.address}{path}")
    expect(page.locator(".result-percent")).to_have_count(12)
    for width in (320, 375, 1280, 1920):
        resize(page, Size(width, 1080))
        percents, labels = boxes(page, ".result-percent"), boxes(page, ".result-label")
        assert len(percents) == len(labels) == 12
        for percent, label in list(zip(percents, labels, strict=True))[:-1]:
            assert percent.top == pytest.approx(label.top, abs=0.5)
        if percents[0].left < percents[6].left - 100:  # two columns
            for one, two in zip(percents[:6], percents[6:], strict=True):
                assert one.top == pytest.approx(two.top, abs=0.5)


# Questions


@pytest.mark.parametrize(("path", "size"), [("", Size(320, 640)), ("/results", Size(375, 740))])
def test_long_question_is_smaller_on_a_phone(
    stack: Stack, new_visitor: NewVisitor, path: str, size: Size, screenshot: Screenshot
) -> None:
    visitor = new_visitor(stack.url, size)
    heights, sizes = [], []
    for question in ("Tea or coffee?", QUESTION[:150], QUESTION):
        page = visitor.open(f"{Poll(stack, question).address}{path}")
        [box] = boxes(page, ".question")
        heights.append(box.bottom - box.top)
        sizes.append(font_size(page, ".question"))
        expect_within(page, size, scrolled=True)
        expect_no_overlap(page)
    assert sizes[0] > sizes[1] >= sizes[2] >= 20
    assert heights[-1] < size.height * 0.5
    screenshot(page, f"question-long{path.replace('/', '-')}")
    page = visitor.open(f"{Poll(stack, WORDS).address}{path}")
    for wide in PROJECTORS:
        resize(page, wide)
        assert font_size(page, ".question") >= font_size(page, ".ballot-label, .result-label")


def test_long_word_is_not_broken_on_a_phone(stack: Stack, new_visitor: NewVisitor) -> None:
    question = "Brauchen wir eine Straßenverkehrsordnung?"
    page = new_visitor(stack.url, PHONE).open(Poll(stack, question, ["Ja", "Nein"]).address)
    lines = page.locator(".question").evaluate(
        """(question) => {
             const word = document.createRange();
             const start = question.firstChild.data.indexOf("Straßen");
             word.setStart(question.firstChild, start);
             word.setEnd(question.firstChild, start + "Straßenverkehrsordnung".length);
             return word.getClientRects().length;
           }"""
    )
    assert lines == 1


# The window


@pytest.mark.parametrize("width", [320, 375, 700, 768, 820, 1280])
def test_segmented_control_fits_on_one_line(
    stack: Stack, new_visitor: NewVisitor, width: int
) -> None:
    page = new_visitor(stack.url, Size(width, 800)).page
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    lines = page.evaluate(
        """[...document.querySelectorAll(".radio-option span")].map((span) => {
             const text = document.createRange();
             text.selectNodeContents(span);
             const { height } = text.getBoundingClientRect();
             return height / parseFloat(getComputedStyle(span).lineHeight);
           })"""
    )
    assert len(lines) == 5
    assert all(round(count) == 1 for count in lines), lines
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("font_size_px", "size"), [(24, SMALL_PHONE), (32, PHONE)])
def test_large_default_font_does_not_overflow_the_window(
    stack: Stack, new_visitor: NewVisitor, font_size_px: int, size: Size
) -> None:
    poll = Poll(stack, "Which colour should we have?", ["Tea", "Coffee"])
    visitor = new_visitor(stack.url, size)
    page = visitor.page
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": font_size_px}})
    visitor.open(poll.address)
    visitor.vote("Tea")
    expect_within(page, size, scrolled=True)
    status = httpx.get(f"{stack.url}/api/status").json()
    status["started_at"] = (datetime.now(UTC) - timedelta(hours=23, minutes=59)).isoformat()
    page.route("**/api/status", lambda route: route.fulfill(json=status))
    for address in (f"{poll.address}/results", poll.manage, "/", "/join", "/status"):
        visitor.open(address)
        if address == poll.manage:
            expect(page.get_by_role("img", name="QR code")).to_be_visible()
        expect_within(page, size, scrolled=True)


# With the index of the answer that must be visible.
LANDSCAPES = [(Size(667, 375), 1), (Size(568, 320), 0)]


@pytest.mark.parametrize(("size", "answer"), LANDSCAPES)
def test_ballot_in_landscape_shows_answers(
    stack: Stack, new_visitor: NewVisitor, size: Size, answer: int
) -> None:
    poll = Poll(stack, QUESTION[:81], ["Tea", "Coffee", "Water"])
    page = new_visitor(stack.url, size).open(poll.address)
    label = page.locator(".ballot-label").nth(answer)
    expect(label).to_be_in_viewport(ratio=1)
    box = label.bounding_box()
    assert box is not None
    on_top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.ballot-option') !== null",
        [box["x"] + 2, box["y"] + box["height"] / 2],
    )
    assert on_top  # not covered by the stub
