"""The presenter view: any poll fits on one screen, and is readable from a distance."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from local.postgres import Postgres
from tests.support.stack import Stack
from tests.tally.browser.layout import boxes, expect_no_overlap, expect_within, font_size, resize
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PROJECTORS, Size, Visitor
from tests.tally.browser.test_share import decode_qr_code
from tests.tally.browser.texts import GERMAN, LONG, QUESTION, WORDS

NewVisitor = Callable[..., Visitor]
Screenshot = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

SMALL = [Size(800, 600), Size(1366, 768), Size(1280, 800)]

# The number of lines of each label, and the width of the last as a share of the widest.
LAST_LINES = """() => [...document.querySelectorAll(".result-label")].map((label) => {
  const text = document.createRange();
  text.selectNodeContents(label);
  const widths = [...text.getClientRects()].map(({ width }) => width);
  return [widths.length, widths.at(-1) / Math.max(...widths)];
})"""


@pytest.mark.parametrize(("length", "options"), [(300, 3), (150, 8), (300, 20)])
def test_long_question_and_answers_fit_on_a_projector(
    stack: Stack,
    postgres: Postgres,
    new_visitor: NewVisitor,
    screenshot: Screenshot,
    length: int,
    options: int,
) -> None:
    poll = Poll(stack, QUESTION[:length], LONG[:options])
    poll.insert_votes(postgres, 1, 12_480)
    page = expect_on_one_screen(stack, new_visitor, poll)
    for size in PROJECTORS:
        resize(page, size)
        assert font_size(page, ".question") >= 20
        assert font_size(page, ".result-label") >= 13
        last_lines = [last for lines, last in page.evaluate(LAST_LINES) if lines > 1]
        assert all(last > 0.4 for last in last_lines), last_lines  # no single word on the last line
        screenshot(page, f"present-long-{options}")
    expect_closed_on_one_screen(stack, page, poll)


@pytest.mark.parametrize(
    ("question", "labels"),
    [((WORDS * 3)[:300].strip(), GERMAN), ("W" * 300, [f"{'W' * 98}{n}" for n in range(10, 30)])],
    ids=["german", "unbroken"],
)
def test_very_long_words_are_smaller_and_the_qr_code_is_complete(
    stack: Stack,
    postgres: Postgres,
    new_visitor: NewVisitor,
    screenshot: Screenshot,
    question: str,
    labels: list[str],
) -> None:
    closes_at = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    poll = Poll(stack, question, labels, multiple=True, closes_at=closes_at)
    poll.insert_votes(postgres, 1, 12_480)
    poll.insert_votes(postgres, 2, 12_480)
    page = expect_on_one_screen(stack, new_visitor, poll)
    expect(page.get_by_text("Open until")).to_be_visible()
    resize(page, SMALL[0])
    assert (
        decode_qr_code(page.get_by_role("img", name="QR code of")) == f"{stack.url}{poll.address}"
    )
    assert font_size(page, ".result-label") >= (9 if " " in question else 7)
    screenshot(page, "present-words")
    expect_closed_on_one_screen(stack, page, poll)


def expect_on_one_screen(stack: Stack, new_visitor: NewVisitor, poll: Poll) -> Page:
    """Assert that the view fits every screen, with the question no smaller than its answers."""
    page = new_visitor(stack.url, PROJECTORS[0]).open(f"{poll.address}/present")
    code = page.get_by_role("img", name="QR code of")
    expect(code).to_be_in_viewport(ratio=1)
    for size in (*SMALL, *PROJECTORS):
        resize(page, size)
        expect_within(page, size)
        expect_no_overlap(page)
        expect(code).to_be_in_viewport(ratio=1)
        assert font_size(page, ".question") >= font_size(page, ".result-label")
    return page


def expect_closed_on_one_screen(stack: Stack, page: Page, poll: Poll) -> None:
    poll.close()
    expect(page.get_by_text("Most votes")).to_be_visible()
    expect_within(page, PROJECTORS[-1])
    expect_no_overlap(page)
    for size in (*SMALL, *PROJECTORS):  # loaded at this size rather than resized
        resize(page, size)
        page.reload()
        expect(page.get_by_text("Most votes")).to_be_visible()
        expect_within(page, size)
        expect_no_overlap(page)


def test_few_answers_use_one_column_with_large_text(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor, screenshot: Screenshot
) -> None:
    visitor = new_visitor(stack.url)
    options_of_one_column = ["Pizza", "Sushi", "Salad", "Burgers", "Nothing"]
    for options, columns in (
        (options_of_one_column, 1),
        ([*options_of_one_column, "Soup", "Bread", "Curry"], 2),
    ):
        poll = Poll(stack, "Where shall we eat?", options)
        poll.insert_votes(postgres, 1, 12_480)
        page = visitor.open(f"{poll.address}/present")
        for size in (*SMALL[1:], *PROJECTORS):
            resize(page, size)
            assert len({round(bar.left) for bar in boxes(page, ".result-bar")}) == columns
            assert font_size(page, ".result-label") >= 0.03 * size.height
            screenshot(page, f"present-columns-{columns}")


@pytest.mark.parametrize("size", PROJECTORS)
def test_long_question_with_hidden_results_fits_on_a_projector(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Screenshot
) -> None:
    for results in ("voted", "closed"):
        poll = Poll(stack, QUESTION, ["Tea", "Coffee"], results=results)
        page = new_visitor(stack.url, size).open(f"{poll.address}/present")
        expect(page.get_by_role("img", name="QR code of")).to_be_in_viewport(ratio=1)
        expect_within(page, size)
        expect_no_overlap(page)
    screenshot(page, "present-hidden")


@pytest.mark.parametrize("size", PROJECTORS)
def test_closed_poll_uses_the_space_of_the_qr_code(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor, size: Size, screenshot: Screenshot
) -> None:
    poll = Poll(stack, "Tea or coffee?", ["Tea", "Coffee", "Water"])
    poll.insert_votes(postgres, 2, 12_480)
    page = new_visitor(stack.url, size).open(f"{poll.address}/present")
    expect(page.get_by_role("img", name="QR code of")).to_be_visible()
    # The address must be easy to read: no line break within its host or its path.
    for part in boxes(page, ".address-part"):
        assert part.bottom - part.top < 1.5 * font_size(page, ".address-part")
    before = font_size(page, ".result-percent")
    poll.close()
    expect(page.locator(".winner-name")).to_have_text("Coffee")
    assert font_size(page, ".result-percent") > before * 1.1
    assert font_size(page, ".winner-name") > size.height / 15
    expect_within(page, size)
    expect_no_overlap(page)
    screenshot(page, "present-closed")


def test_result_rows_keep_their_size_while_votes_arrive(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor
) -> None:
    poll = Poll(stack, QUESTION[:150], LONG[:8])
    poll.insert_votes(postgres, 2, 1)
    page = new_visitor(stack.url, PROJECTORS[0]).open(f"{poll.address}/present")
    expect(page.locator(".result-percent").first).to_have_text("0%")
    before = [(box.left, box.top) for box in boxes(page, ".result-label, .result-bar")]
    poll.insert_votes(postgres, 1, 8)
    expect(page.locator(".result-percent").first).to_have_text("89%")
    assert [(box.left, box.top) for box in boxes(page, ".result-label, .result-bar")] == before
