"""Long questions, long answers, large numbers: nothing overlaps and nothing is off the screen."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from local.postgres import Postgres
from tests.browser.layout import boxes, expect_apart, expect_within, font_size, resize
from tests.browser.tally import PHONE, Size, Visitor, close
from tests.browser.test_share import read
from tests.stack_fixture import Stack

Newcomer = Callable[..., Visitor]
Picture = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

DATABASE = "stack_psycopg2"  # of the stack of that driver
PROJECTORS = [Size(1024, 768), Size(1280, 720), Size(1920, 1080)]
SMALL = [Size(800, 600), Size(1366, 768), Size(1280, 800)]

# How many lines each label has, and the width of its last one as a share of the widest.
LAST_LINES = """() => [...document.querySelectorAll(".result-label")].map((label) => {
  const text = document.createRange();
  text.selectNodeContents(label);
  const widths = [...text.getClientRects()].map(({ width }) => width);
  return [widths.length, widths.at(-1) / Math.max(...widths)];
})"""

SENTENCE = "Knowing that this binds us all until the next meeting but one, which shall it be? "
QUESTION = (SENTENCE * 4)[:300].strip()
LONG = [f"{n}. {SENTENCE * 2}"[:100].strip() for n in range(1, 21)]
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
WORDS = (
    f"Welche {WORD} soll die Geschwindigkeitsbegrenzungsüberwachung im Geschäftsjahr übernehmen? "
)
GERMAN = [f"{WORD} mit ihrer Ordnung"[: 57 + 2 * n] + f" {n}" for n in range(1, 21)]


def asked(stack: Stack, question: str, options: list[str], **members: object) -> dict[str, Any]:
    body = {"question": question, "options": options} | members
    answer = httpx.post(f"{stack.url}/api/polls", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def cast(postgres: Postgres, poll: dict[str, Any], choice: int, count: int) -> None:
    """So many votes for one answer."""
    postgres.execute(
        "INSERT INTO ballots (poll_id, voter, choices)"
        f" SELECT '{poll['id']}', decode(lpad(to_hex({choice} * 100000 + n), 64, '0'), 'hex'),"
        f" '{{{choice}}}' FROM generate_series(1, {count}) AS n",
        DATABASE,
    )


def open_page(visitor: Visitor, poll: dict[str, Any], path: str = "") -> Page:
    page = visitor.page
    page.goto(f"/p/{poll['id']}{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


# The projector


@pytest.mark.parametrize(("letters", "options"), [(300, 3), (150, 8), (300, 20)])
def test_a_long_question_and_long_answers_fit_on_a_projector(
    stack: Stack,
    postgres: Postgres,
    newcomer: Newcomer,
    picture: Picture,
    letters: int,
    options: int,
) -> None:
    poll = asked(stack, QUESTION[:letters], LONG[:options])
    cast(postgres, poll, 1, 12_480)
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
    poll = asked(stack, question, labels, multiple=True, closes_at=closes_at)
    cast(postgres, poll, 1, 12_480)
    cast(postgres, poll, 2, 12_480)
    page = expect_on_one_screen(stack, newcomer, poll)
    expect(page.get_by_text("Open until")).to_be_visible()
    resize(page, SMALL[0])
    assert read(page.get_by_role("img", name="QR code of")) == f"{stack.url}/p/{poll['id']}"
    assert font_size(page, ".result-label") >= (9 if " " in question else 7)
    picture(page, "present-words")
    expect_closed_on_one_screen(stack, page, poll)


def expect_on_one_screen(stack: Stack, newcomer: Newcomer, poll: dict[str, Any]) -> Page:
    """Of every size, with the question no smaller than its answers."""
    page = open_page(newcomer(stack.url, PROJECTORS[0]), poll, "/present")
    code = page.get_by_role("img", name="QR code of")
    expect(code).to_be_in_viewport(ratio=1)
    for size in (*SMALL, *PROJECTORS):
        resize(page, size)
        expect_within(page, size)
        expect_apart(page)
        expect(code).to_be_in_viewport(ratio=1)
        assert font_size(page, ".question") >= font_size(page, ".result-label")
    return page


def expect_closed_on_one_screen(stack: Stack, page: Page, poll: dict[str, Any]) -> None:
    close(stack, poll)
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
        poll = asked(stack, "Where shall we eat?", options)
        cast(postgres, poll, 1, 12_480)
        page = open_page(visitor, poll, "/present")
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
        poll = asked(stack, QUESTION, ["Tea", "Coffee"], results=results)
        page = open_page(newcomer(stack.url, size), poll, "/present")
        expect(page.get_by_role("img", name="QR code of")).to_be_in_viewport(ratio=1)
        expect_within(page, size)
        expect_apart(page)
    picture(page, "present-hidden")


@pytest.mark.parametrize("size", PROJECTORS)
def test_a_closed_poll_uses_the_room_of_its_code(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, size: Size, picture: Picture
) -> None:
    poll = asked(stack, "Tea or coffee?", ["Tea", "Coffee", "Water"])
    cast(postgres, poll, 2, 12_480)
    page = open_page(newcomer(stack.url, size), poll, "/present")
    expect(page.get_by_role("img", name="QR code of")).to_be_visible()
    # The address is read off the wall: it is not broken within its host or its path.
    for part in boxes(page, ".address-part"):
        assert part.bottom - part.top < 1.5 * font_size(page, ".address-part")
    before = font_size(page, ".result-percent")
    close(stack, poll)
    expect(page.locator(".outcome-name")).to_have_text("Coffee")
    assert font_size(page, ".result-percent") > before * 1.1
    assert font_size(page, ".outcome-name") > size.height / 15
    expect_within(page, size)
    expect_apart(page)
    picture(page, "present-closed")


def test_rows_keep_their_size_while_votes_come_in(
    stack: Stack, postgres: Postgres, newcomer: Newcomer
) -> None:
    poll = asked(stack, QUESTION[:150], LONG[:8])
    cast(postgres, poll, 2, 1)
    page = open_page(newcomer(stack.url, PROJECTORS[0]), poll, "/present")
    expect(page.locator(".result-percent").first).to_have_text("0%")
    before = [(box.left, box.top) for box in boxes(page, ".result-label, .result-bar")]
    cast(postgres, poll, 1, 8)
    expect(page.locator(".result-percent").first).to_have_text("89%")
    assert [(box.left, box.top) for box in boxes(page, ".result-label, .result-bar")] == before
    # Another one leads now: in bold letters that the typeface has, for which there was room.
    weight = "(all) => all.map((one) => getComputedStyle(one).fontWeight)"
    assert page.locator(".result-label").evaluate_all(weight) == ["700", *["400"] * 7]


# Numbers


@pytest.mark.parametrize("options", [2, 12])
def test_all_votes_for_one_keep_clear_of_its_label(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, picture: Picture, options: int
) -> None:
    poll = asked(stack, "Tea or coffee?", [f"{n} cups of tea" for n in range(1, options + 1)])
    cast(postgres, poll, 1, 12_480)
    visitor = newcomer(stack.url)
    for path in ("/results", "/present"):
        page = open_page(visitor, poll, path)
        expect(page.get_by_role("listitem").first).to_contain_text("100%1 cups of tea12,480 votes")
        for size in (Size(320, 640), Size(375, 740), *PROJECTORS):
            resize(page, size)
            expect_within(page, size, scrolled=True)
            expect_apart(page)
            # The column is as wide for 0 % as for 100 %.
            labels = boxes(page, ".result-label")
            assert labels[0].left == pytest.approx(labels[1].left, abs=0.5)
            if path == "/results":
                picture(page, f"results-all-{options}")


@pytest.mark.parametrize("path", ["/results", "/present"])
def test_numbers_stand_in_line_where_labels_are_broken(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, path: str
) -> None:
    """Each beside the first line of its label, and in two columns those of a row side by side."""
    poll = asked(stack, "Which?", [*LONG[:11], "Short"])
    cast(postgres, poll, 1, 1)
    page = open_page(newcomer(stack.url), poll, path)
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
def test_a_long_question_is_set_smaller_on_a_phone(
    stack: Stack, newcomer: Newcomer, path: str, size: Size, picture: Picture
) -> None:
    visitor = newcomer(stack.url, size)
    heights, sizes = [], []
    for question in ("Tea or coffee?", QUESTION[:150], QUESTION):
        page = open_page(visitor, asked(stack, question, ["Tea", "Coffee"]), path)
        [box] = boxes(page, ".question")
        heights.append(box.bottom - box.top)
        sizes.append(font_size(page, ".question"))
        expect_within(page, size, scrolled=True)
        expect_apart(page)
    assert sizes[0] > sizes[1] >= sizes[2] >= 20
    assert heights[-1] < size.height * 0.5
    picture(page, f"question-long{path.replace('/', '-')}")
    page = open_page(visitor, asked(stack, WORDS, ["Tea", "Coffee"]), path)
    for wide in PROJECTORS:
        resize(page, wide)
        assert font_size(page, ".question") >= font_size(page, ".ballot-label, .result-label")


def test_a_long_word_is_not_broken_on_a_phone(stack: Stack, newcomer: Newcomer) -> None:
    words = "Brauchen wir eine Straßenverkehrsordnung?"
    page = open_page(newcomer(stack.url, Size(375, 740)), asked(stack, words, ["Ja", "Nein"]))
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


# Time


def test_a_lull_is_seen_in_the_timeline(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, picture: Picture
) -> None:
    poll = asked(stack, "Tea or coffee?", ["Tea", "Coffee"])
    cast(postgres, poll, 1, 30)
    postgres.execute(
        "UPDATE ballots SET cast_at = now() - interval '1 hour' - random() * interval '20 minutes'"
        f" WHERE poll_id = '{poll['id']}'",
        DATABASE,
    )
    page = open_page(newcomer(stack.url), poll, "/results")
    page.get_by_role("button", name="Votes over time").click()
    line = page.locator("svg.time-chart path.race-line")
    path = line.get_attribute("d") or ""
    points = [tuple(map(float, point.split())) for point in path[1:].split("L")]
    (before, level), (end, last) = points[-2:]
    assert level == last
    width = boxes(page, ".time-chart")[0]
    assert end > (width.right - width.left) * 0.95
    assert end - before > (width.right - width.left) * 0.6
    picture(page, "timeline-lull")


def test_one_vote_just_now_has_an_axis_like_any_other(
    stack: Stack, newcomer: Newcomer, postgres: Postgres, picture: Picture
) -> None:
    poll = asked(stack, "Tea or coffee?", ["Tea", "Coffee"])
    cast(postgres, poll, 1, 1)
    page = open_page(newcomer(stack.url, Size(320, 640)), poll, "/results")
    page.get_by_role("button", name="Votes over time").click()
    expect(page.locator("svg.time-chart path.race-sign")).to_be_visible()
    texts = page.locator("svg.time-chart text")
    labels = texts.all_text_contents()
    assert labels[:2] == ["0", "1"]
    assert len(set(labels[2:])) == len(labels[2:]) >= 2
    texts_at = boxes(page, "svg.time-chart text")
    assert not [one for one in texts_at for two in texts_at if one != two and one.overlaps(two)]
    note = page.locator(".timeline-note").inner_text()
    found = re.fullmatch(r"From (\d\d:\d\d) to (\d\d:\d\d)", note)
    assert found is not None, note
    assert found[1] != found[2]
    picture(page, "timeline-one")


def test_the_large_zero_of_a_page_that_is_none_is_not_read_out(
    stack: Stack, newcomer: Newcomer
) -> None:
    page = newcomer(stack.url).page
    page.goto("/nowhere")
    expect(page.get_by_text("0", exact=True)).to_be_visible()
    assert "0" not in page.locator("main").aria_snapshot()


@pytest.mark.parametrize("width", [320, 375, 700, 768, 820, 1280])
def test_a_choice_of_few_stands_on_one_line(stack: Stack, newcomer: Newcomer, width: int) -> None:
    page = newcomer(stack.url, Size(width, 800)).page
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    lines = page.evaluate(
        """[...document.querySelectorAll(".segment span")].map((span) => {
             const text = document.createRange();
             text.selectNodeContents(span);
             const { height } = text.getBoundingClientRect();
             return height / parseFloat(getComputedStyle(span).lineHeight);
           })"""
    )
    assert len(lines) == 5
    assert all(round(count) == 1 for count in lines), lines
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("letters", [24, 32])
def test_large_letters_make_no_page_wider_than_the_window(
    stack: Stack, newcomer: Newcomer, letters: int
) -> None:
    poll = asked(stack, "Which colour should we have?", ["Tea", "Coffee"])
    page = newcomer(stack.url, PHONE).page
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": letters}})
    for path in ("", "/results", f"/manage#{poll['manage_key']}"):
        page.goto(f"/p/{poll['id']}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if "manage" in path:
            expect(page.get_by_role("img", name="QR code")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE.width


def test_a_phone_on_its_side_shows_answers(stack: Stack, newcomer: Newcomer) -> None:
    poll = asked(stack, "Tea or coffee?", ["Tea", "Coffee", "Water"])
    page = newcomer(stack.url, Size(667, 375)).page
    page.goto(f"/p/{poll['id']}")
    label = page.locator(".ballot-label").nth(1)
    expect(label).to_be_in_viewport(ratio=1)
    box = label.bounding_box()
    assert box is not None
    on_top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.ballot-option') !== null",
        [box["x"] + 2, box["y"] + box["height"] / 2],
    )
    assert on_top  # and not below the stub
