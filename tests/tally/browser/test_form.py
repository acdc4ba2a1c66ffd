"""The form that creates a poll: what is wrong is said where it is wrong, and nothing is lost."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import font_size
from tests.tally.browser.tally import Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def expect_error(field: Locator, message: str) -> None:
    """The field is marked, and the message is its description, for those who hear the page."""
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(message)


def tops(page: Page) -> list[float]:
    """How far down the page each field and button is."""
    places: list[float] = page.evaluate(
        """[...document.querySelectorAll("input, textarea, button")]
             .filter((element) => element.textContent !== "Start over")
             .map((element) => element.getBoundingClientRect().top + scrollY)"""
    )
    return places


def test_an_empty_form_names_each_field(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    host = newcomer(stack.url, size)
    host.page.goto("/")
    host.press("Open the poll")
    question = host.page.get_by_label("Ask the room a question")
    expect_error(question, "Write a question.")
    expect(question).to_be_focused()
    expect_error(host.answer(1), "Give at least 2 answers.")
    picture(host.page, "create-errors")


def test_what_the_server_refuses_is_told_at_its_field_and_all_that_was_typed_stays(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    unseen = "\N{WORD JOINER}" * 3
    # The empty second row is not sent: the server's options.1 is the third row here.
    host.fill_in(unseen, ["Short", "", unseen])
    host.press("Open the poll")
    question = host.page.get_by_label("Ask the room a question")
    # In our words: the server's own are for programs.
    for field in (host.answer(3), question):
        expect_error(field, "Parts of this cannot be shown. Type it anew.")
    expect(question).to_be_focused()
    expect(host.answer(3)).to_have_value(unseen)
    expect(host.answer(1)).to_have_value("Short")
    host.answer(3).fill("Longer")
    expect(host.answer(3)).to_have_attribute("aria-invalid", "false")
    question.fill("Which?")
    large = json.dumps({"title": "The request is too large", "status": 413})

    def refuse(route: Route) -> None:
        # Not the poll of before, which was called off and is being settled.
        if "Which?" in (route.request.post_data or ""):
            route.fulfill(status=413, body=large)
        else:
            route.fallback()

    host.page.route("**/api/polls", refuse)
    host.press("Open the poll")
    host.sees("This is more than the server takes. Shorten it.")
    host.page.unroute("**/api/polls")
    host.press("Open the poll")
    host.sees("Your poll is open.")


def test_a_mistake_is_told_as_the_field_is_left_and_goes_as_soon_as_it_is_mended(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    keyboard = host.page.keyboard
    host.fill_in("Which?", ["Tea", ""])
    host.answer(2).focus()
    for text, message in (
        ("tea", "This answer is already there."),
        ("x" * 101, "At most 100 characters."),
    ):
        keyboard.insert_text(text)
        expect(host.answer(2)).to_have_attribute("aria-invalid", "false")
        keyboard.press("Tab")
        expect(host.answer(2)).to_have_accessible_description(re.compile(re.escape(message)))
        expect(host.answer(2)).to_have_attribute("aria-invalid", "true")
        keyboard.press("Shift+Tab")
        keyboard.press("End")
        keyboard.press("Backspace")
        expect(host.answer(2)).to_have_attribute("aria-invalid", "false")
        host.answer(2).fill("")

    question = host.page.get_by_label("Ask the room a question")
    question.fill("?" * 301)
    expect(question).to_have_attribute("aria-invalid", "false")
    question.blur()
    expect(question).to_have_attribute("aria-invalid", "true")
    host.sees("At most 300 characters.")
    question.fill("?" * 300)
    expect(question).to_have_attribute("aria-invalid", "false")
    question.fill("")
    question.blur()
    expect_error(question, "Write a question.")


def test_who_passes_by_the_question_is_not_told_to_write_one(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    question = host.page.get_by_label("Ask the room a question")
    question.focus()
    host.answer(1).fill("Tea")
    expect(question).to_have_attribute("aria-invalid", "false")


def test_a_message_that_comes_takes_no_click_from_where_it_was_meant(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee", "tea"])
    box = host.page.get_by_role("button", name="Add an answer").bounding_box()
    assert box is not None
    # Near its upper edge: whatever moves down by a line is no longer there.
    host.page.mouse.click(box["x"] + 20, box["y"] + 4, delay=60)
    expect(host.answer(4)).to_be_focused()
    expect_error(host.answer(3), "This answer is already there.")


def test_a_counter_comes_when_few_characters_are_left(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.answer(1).fill("x" * 89)
    expect(host.page.get_by_text("left", exact=False)).to_have_count(0)
    host.answer(1).fill("x" * 92)
    expect(host.answer(1)).to_have_accessible_description("8 left")
    host.answer(1).fill("x" * 103)
    expect(host.answer(1)).to_have_accessible_description("3 too many")

    # A long question is as small here as it will be for those who are asked.
    question = host.page.get_by_label("Ask the room a question")
    large = font_size(host.page, ".input-question")
    question.fill("Which shall it be? " * 16)
    assert 20 <= font_size(host.page, ".input-question") < large * 0.6


def test_what_is_said_moves_nothing_where_there_is_room(
    stack: Stack, newcomer: Newcomer, size: Size
) -> None:
    host = newcomer(stack.url, size)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee", "Milk"])
    host.page.get_by_label("Closes at").fill("2031-05-04T18:30")
    places = tops(host.page)
    host.page.get_by_label("Ask the room a question").fill("")
    host.answer(2).fill("tea")
    host.answer(3).fill("TEA")
    host.page.get_by_label("Closes at").fill("2020-05-04T18:30")
    host.sees("Write a question.")
    host.sees("This time is past.")
    expect_error(host.answer(3), "This answer is already there.")
    expect(host.page.get_by_text("This answer is already there.")).to_have_count(2)
    assert tops(host.page) == places
    # Nor does it take the pointer that is meant for the answer below it.
    host.answer(3).click(position={"x": 20, "y": 2})
    expect(host.answer(3)).to_be_focused()


def test_a_closing_time_says_how_far_away_it_is(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    closes = host.page.get_by_label("Closes at")
    later = datetime.now().astimezone() + timedelta(days=3, minutes=2)
    closes.fill(f"{later:%Y-%m-%dT%H:%M}")
    host.sees("Closes in 3 days.")
    closes.fill("2020-01-01T12:00")
    expect(closes).to_have_attribute("aria-invalid", "true")  # at once
    host.sees("This time is past.")
    closes.fill("")
    expect(closes).to_have_attribute("aria-invalid", "false")


@pytest.mark.parametrize(
    ("label", "sent"), [(None, "always"), ("after voting", "voted"), ("after closing", "closed")]
)
def test_who_sees_the_results_is_chosen_and_kept(
    stack: Stack, newcomer: Newcomer, label: str | None, sent: str
) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee"])
    if label is not None:
        host.page.get_by_role("radio", name=label).check()
    host.press("Open the poll")
    host.sees("Your poll is open.")
    poll = host.page.url.split("/p/")[1].split("/")[0]
    _, _, body = stack.get(f"/api/polls/{poll}")
    assert json.loads(body)["results"] == sent


def test_a_repeated_answer_and_a_past_closing_time_are_refused(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Same", "same"])
    closes = host.page.get_by_label("Closes at")
    closes.fill("2020-01-01T12:00")
    host.press("Open the poll")
    expect_error(host.answer(2), "This answer is already there.")
    expect(closes).to_have_attribute("aria-invalid", "true")
    expect(host.page.get_by_role("alert")).to_contain_text("look at the marked fields")


def test_a_closing_time_is_told_to_voters_and_kept(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["This", "That"])
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    host.page.get_by_label("Closes at").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
    host.press("Open the poll")
    host.sees("Your poll is open.")
    host.page.goto(host.page.url.split("/manage")[0])
    host.sees(f"{tomorrow:%H:%M}")


def test_answers_are_added_and_removed_by_keyboard(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    keyboard = host.page.keyboard
    host.page.get_by_label("Ask the room a question").focus()
    for line in ("Which?", "One", "Two", "Three", "Four"):
        keyboard.type(line)
        keyboard.press("Enter")
    expect(host.answer(5)).to_be_focused()
    host.page.get_by_role("button", name="Remove answer 2").press("Enter")
    expect(host.answer(2)).to_have_value("Three")
    expect(host.answer(2)).to_be_focused()
    expect(host.answer(5)).to_have_count(0)


def test_twenty_answers_are_the_most(stack: Stack, newcomer: Newcomer, size: Size) -> None:
    host = newcomer(stack.url, size)
    labels = [f"Answer that is number {number}" for number in range(1, 21)]
    host.page.goto("/")
    host.fill_in("Which of twenty?", labels)
    expect(host.page.get_by_role("button", name="Add an answer")).to_have_count(0)
    host.press("Open the poll")
    host.sees("Your poll is open.")
    host.page.goto(host.page.url.split("/manage")[0])
    expect(host.page.get_by_role("radio")).to_have_count(20)
