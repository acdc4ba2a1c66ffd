"""The picture on the wall: whatever is asked, it fits on one screen and is read from afar."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from local.postgres import Postgres
from tests.support.stack import Stack
from tests.tally.browser.layout import boxes, expect_apart, expect_within, font_size, resize
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PROJECTORS, Size, Visitor
from tests.tally.browser.test_share import read
from tests.tally.browser.texts import GERMAN, LONG, QUESTION, WORDS

Newcomer = Callable[..., Visitor]
Picture = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

SMALL = [Size(800, 600), Size(1366, 768), Size(1280, 800)]

# How many lines each label has, and the width of its last one as a share of the widest.
LAST_LINES = """() => [...document.querySelectorAll(".result-label")].map((label) => {
  const text = document.createRange();
  text.selectNodeContents(label);
  const widths = [...text.getClientRects()].map(({ width }) => width);
  return [widths.length, widths.at(-1) / Math.max(...widths)];
})"""


@pytest.mark.parametrize(("letters", "options"), [(300, 3), (150, 8), (300, 20)])
def test_a_long_question_and_long_answers_fit_on_a_projector(
    stack: Stack,
    postgres: Postgres,
    newcomer: Newcomer,
    picture: Picture,
    letters: int,
    options: int,
) -> None:
    poll = Poll(stack, QUESTION[:letters], LONG[:options])
    poll.cast(postgres, 1, 12_480)
    page = expect_on_one_screen(stack, newcomer, poll)
    for size in PROJECTORS:
        resize(page, size)
        assert font_size(page, ".question") >= 20
        assert font_size(page, ".result-label") >= 13
        lasts = [last for lines, last in page.evaluate(LAST_LINES) if lines > 1]
        assert all(last > 0.4 for last in lasts), lasts  # no word is left over
        picture(page, f"present-long-{options}")
    expect_closed_on_one_screen(stack, page, poll)


@pytest.mark.parametrize(
    ("question", "labels"),
    [((WORDS * 3)[:300].strip(), GERMAN), ("W" * 300, [f"{'W' * 98}{n}" for n in range(10, 30)])],
    ids=["german", "unbroken"],
)
def test_words_without_end_are_set_smaller_rather_than_the_code_cut_off(
    stack: Stack,
    postgres: Postgres,
    newcomer: Newcomer,
    picture: Picture,
    question: str,
    labels: list[str],
) -> None:
    closes_at = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    poll = Poll(stack, question, labels, multiple=True, closes_at=closes_at)
    poll.cast(postgres, 1, 12_480)
    poll.cast(postgres, 2, 12_480)
    page = expect_on_one_screen(stack, newcomer, poll)
    expect(page.get_by_text("Open until")).to_be_visible()
    resize(page, SMALL[0])
    assert read(page.get_by_role("img", name="QR code of")) == f"{stack.url}{poll.address}"
    assert font_size(page, ".result-label") >= (9 if " " in question else 7)
    picture(page, "present-words")
    expect_closed_on_one_screen(stack, page, poll)


def expect_on_one_screen(stack: Stack, newcomer: Newcomer, poll: Poll) -> Page:
    """Of every size, with the question no smaller than its answers."""
    page = newcomer(stack.url, PROJECTORS[0]).open(f"{poll.address}/present")
    code = page.get_by_role("img", name="QR code of")
    expect(code).to_be_in_viewport(ratio=1)
    for size in (*SMALL, *PROJECTORS):
        resize(page, size)
        expect_within(page, size)
        expect_apart(page)
        expect(code).to_be_in_viewport(ratio=1)
        assert font_size(page, ".question") >= font_size(page, ".result-label")
    return page


def expect_closed_on_one_screen(stack: Stack, page: Page, poll: Poll) -> None:
    poll.close()
    expect(page.get_by_text("Most votes")).to_be_visible()
    expect_within(page, PROJECTORS[-1])
    expect_apart(page)
    for size in (*SMALL, *PROJECTORS):  # opened at this size, rather than brought to it
        resize(page, size)
        page.reload()
        expect(page.get_by_text("Most votes")).to_be_visible()
        expect_within(page, size)
        expect_apart(page)


def test_answers_stand_in_one_column_while_their_letters_are_large(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, picture: Picture
) -> None:
    visitor = newcomer(stack.url)
    five = ["Pizza", "Sushi", "Salad", "Burgers", "Nothing"]
    for options, columns in ((five, 1), ([*five, "Soup", "Bread", "Curry"], 2)):
        poll = Poll(stack, "Where shall we eat?", options)
        poll.cast(postgres, 1, 12_480)
        page = visitor.open(f"{poll.address}/present")
        for size in (*SMALL[1:], *PROJECTORS):
            resize(page, size)
            assert len({round(bar.left) for bar in boxes(page, ".result-bar")}) == columns
            assert font_size(page, ".result-label") >= 0.03 * size.height
            picture(page, f"present-columns-{columns}")


@pytest.mark.parametrize("size", PROJECTORS)
def test_a_long_question_without_results_fits_on_a_projector(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Picture
) -> None:
    for results in ("voted", "closed"):
        poll = Poll(stack, QUESTION, ["Tea", "Coffee"], results=results)
        page = newcomer(stack.url, size).open(f"{poll.address}/present")
        expect(page.get_by_role("img", name="QR code of")).to_be_in_viewport(ratio=1)
        expect_within(page, size)
        expect_apart(page)
    picture(page, "present-hidden")


@pytest.mark.parametrize("size", PROJECTORS)
def test_a_closed_poll_uses_the_room_of_its_code(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, size: Size, picture: Picture
) -> None:
    poll = Poll(stack, "Tea or coffee?", ["Tea", "Coffee", "Water"])
    poll.cast(postgres, 2, 12_480)
    page = newcomer(stack.url, size).open(f"{poll.address}/present")
    expect(page.get_by_role("img", name="QR code of")).to_be_visible()
    # The address is read off the wall: it is not broken within its host or its path.
    for part in boxes(page, ".address-part"):
        assert part.bottom - part.top < 1.5 * font_size(page, ".address-part")
    before = font_size(page, ".result-percent")
    poll.close()
    expect(page.locator(".outcome-name")).to_have_text("Coffee")
    assert font_size(page, ".result-percent") > before * 1.1
    assert font_size(page, ".outcome-name") > size.height / 15
    expect_within(page, size)
    expect_apart(page)
    picture(page, "present-closed")


def test_rows_keep_their_size_while_votes_come_in(
    stack: Stack, postgres: Postgres, newcomer: Newcomer
) -> None:
    poll = Poll(stack, QUESTION[:150], LONG[:8])
    poll.cast(postgres, 2, 1)
    page = newcomer(stack.url, PROJECTORS[0]).open(f"{poll.address}/present")
    expect(page.locator(".result-percent").first).to_have_text("0%")
    before = [(box.left, box.top) for box in boxes(page, ".result-label, .result-bar")]
    poll.cast(postgres, 1, 8)
    expect(page.locator(".result-percent").first).to_have_text("89%")
    assert [(box.left, box.top) for box in boxes(page, ".result-label, .result-bar")] == before
