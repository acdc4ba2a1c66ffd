"""The form that creates a poll: errors are shown at their field, and no input is lost."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import font_size
from tests.tally.browser.tally import Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def expect_error(field: Locator, message: str) -> None:
    """Expect the field to be marked, and described by the message for screen readers."""
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(message)


def top_positions(page: Page) -> list[float]:
    """The vertical position of each field and button on the page."""
    positions: list[float] = page.evaluate(
        """[...document.querySelectorAll("input, textarea, button")]
             .filter((element) => element.textContent !== "Start over")
             .map((element) => element.getBoundingClientRect().top + scrollY)"""
    )
    return positions


def test_empty_form_marks_each_field(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    host = new_visitor(stack.url, size)
    host.page.goto("/")
    host.press("Open the poll")
    question = host.page.get_by_label("Ask the room a question")
    expect_error(question, "Write a question.")
    expect(question).to_be_focused()
    expect_error(host.answer_field(1), "Give at least 2 answers.")
    screenshot(host.page, "create-errors")


def test_server_validation_is_shown_at_the_field_and_input_is_kept(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    invisible = "\N{WORD JOINER}" * 3
    # The empty second row is not sent, so the server's options.1 is the third row.
    host.fill_in(invisible, ["Short", "", invisible])
    host.press("Open the poll")
    question = host.page.get_by_label("Ask the room a question")
    # Our own message: the server's is for programs.
    for field in (host.answer_field(3), question):
        expect_error(field, "Some characters cannot be shown. Type it again.")
    expect(question).to_be_focused()
    expect(host.answer_field(3)).to_have_value(invisible)
    expect(host.answer_field(1)).to_have_value("Short")
    host.answer_field(3).fill("Longer")
    expect(host.answer_field(3)).to_have_attribute("aria-invalid", "false")
    question.fill("Which?")
    large = json.dumps({"title": "The request is too large", "status": 413})

    def respond_413(route: Route) -> None:
        # Not the previous poll, which was cancelled and is being deleted.
        if "Which?" in (route.request.post_data or ""):
            route.fulfill(status=413, body=large)
        else:
            route.fallback()

    host.page.route("**/api/polls", respond_413)
    host.press("Open the poll")
    host.expect_text("This is too long for the server. Shorten it.")
    host.page.unroute("**/api/polls")
    host.press("Open the poll")
    host.expect_text("Your poll is open.")


def test_field_error_appears_on_blur_and_goes_when_corrected(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    keyboard = host.page.keyboard
    host.fill_in("Which?", ["Tea", ""])
    host.answer_field(2).focus()
    for text, message in (
        ("tea", "This answer is already there."),
        ("x" * 101, "At most 100 characters."),
    ):
        keyboard.insert_text(text)
        expect(host.answer_field(2)).to_have_attribute("aria-invalid", "false")
        keyboard.press("Tab")
        expect(host.answer_field(2)).to_have_accessible_description(re.compile(re.escape(message)))
        expect(host.answer_field(2)).to_have_attribute("aria-invalid", "true")
        keyboard.press("Shift+Tab")
        keyboard.press("End")
        keyboard.press("Backspace")
        expect(host.answer_field(2)).to_have_attribute("aria-invalid", "false")
        host.answer_field(2).fill("")

    question = host.page.get_by_label("Ask the room a question")
    question.fill("?" * 301)
    expect(question).to_have_attribute("aria-invalid", "false")
    question.blur()
    expect(question).to_have_attribute("aria-invalid", "true")
    host.expect_text("At most 300 characters.")
    question.fill("?" * 300)
    expect(question).to_have_attribute("aria-invalid", "false")
    question.fill("")
    question.blur()
    expect_error(question, "Write a question.")


def test_untouched_empty_question_is_not_an_error(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    question = host.page.get_by_label("Ask the room a question")
    question.focus()
    host.answer_field(1).fill("Tea")
    expect(question).to_have_attribute("aria-invalid", "false")


def test_appearing_message_does_not_steal_a_click(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee", "tea"])
    box = host.page.get_by_role("button", name="Add an answer").bounding_box()
    assert box is not None
    # Near its upper edge: if it moved down by a line, the click would miss it.
    host.page.mouse.click(box["x"] + 20, box["y"] + 4, delay=60)
    expect(host.answer_field(4)).to_be_focused()
    expect_error(host.answer_field(3), "This answer is already there.")


def test_character_counter_appears_near_the_limit(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.answer_field(1).fill("x" * 89)
    expect(host.page.get_by_text("left", exact=False)).to_have_count(0)
    host.answer_field(1).fill("x" * 92)
    expect(host.answer_field(1)).to_have_accessible_description("8 left")
    host.answer_field(1).fill("x" * 103)
    expect(host.answer_field(1)).to_have_accessible_description("3 too many")

    # A long question is as small in the form as on the ballot.
    question = host.page.get_by_label("Ask the room a question")
    large = font_size(host.page, ".input-question")
    question.fill("Which shall it be? " * 16)
    assert 20 <= font_size(host.page, ".input-question") < large * 0.6


def test_messages_do_not_move_the_form(stack: Stack, new_visitor: NewVisitor, size: Size) -> None:
    host = new_visitor(stack.url, size)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee", "Milk"])
    host.page.get_by_label("Closes at").fill("2031-05-04T18:30")
    positions = top_positions(host.page)
    host.page.get_by_label("Ask the room a question").fill("")
    host.answer_field(2).fill("tea")
    host.answer_field(3).fill("TEA")
    host.page.get_by_label("Closes at").fill("2020-05-04T18:30")
    host.expect_text("Write a question.")
    host.expect_text("This time is in the past.")
    expect_error(host.answer_field(3), "This answer is already there.")
    expect(host.page.get_by_text("This answer is already there.")).to_have_count(2)
    assert top_positions(host.page) == positions
    # The message does not intercept a click on the answer below it.
    host.answer_field(3).click(position={"x": 20, "y": 2})
    expect(host.answer_field(3)).to_be_focused()


def test_closing_time_shows_its_distance(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    closes = host.page.get_by_label("Closes at")
    later = datetime.now().astimezone() + timedelta(days=3, minutes=2)
    closes.fill(f"{later:%Y-%m-%dT%H:%M}")
    host.expect_text("Closes in 3 days.")
    closes.fill("2020-01-01T12:00")
    expect(closes).to_have_attribute("aria-invalid", "true")  # immediately
    host.expect_text("This time is in the past.")
    closes.fill("")
    expect(closes).to_have_attribute("aria-invalid", "false")


@pytest.mark.parametrize(
    ("label", "sent"), [(None, "always"), ("after voting", "voted"), ("after closing", "closed")]
)
def test_results_visibility_is_chosen_and_stored(
    stack: Stack, new_visitor: NewVisitor, label: str | None, sent: str
) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee"])
    if label is not None:
        host.page.get_by_role("radio", name=label).check()
    host.press("Open the poll")
    host.expect_text("Your poll is open.")
    poll = host.page.url.split("/p/")[1].split("/")[0]
    _, _, body = stack.get(f"/api/polls/{poll}")
    assert json.loads(body)["results"] == sent


def test_repeated_answer_and_past_closing_time_are_refused(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Same", "same"])
    closes = host.page.get_by_label("Closes at")
    closes.fill("2020-01-01T12:00")
    host.press("Open the poll")
    expect_error(host.answer_field(2), "This answer is already there.")
    expect(closes).to_have_attribute("aria-invalid", "true")
    expect(host.page.get_by_role("alert")).to_contain_text("Correct the marked fields")


def test_closing_time_of_the_form_is_shown_to_voters(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["This", "That"])
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    host.page.get_by_label("Closes at").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
    host.press("Open the poll")
    host.expect_text("Your poll is open.")
    host.page.goto(host.page.url.split("/manage")[0])
    host.expect_text(f"{tomorrow:%H:%M}")


def test_answers_are_added_and_removed_by_keyboard(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    keyboard = host.page.keyboard
    host.page.get_by_label("Ask the room a question").focus()
    for line in ("Which?", "One", "Two", "Three", "Four"):
        keyboard.type(line)
        keyboard.press("Enter")
    expect(host.answer_field(5)).to_be_focused()
    host.page.get_by_role("button", name="Remove answer 2").press("Enter")
    expect(host.answer_field(2)).to_have_value("Three")
    expect(host.answer_field(2)).to_be_focused()
    expect(host.answer_field(5)).to_have_count(0)


def test_form_allows_at_most_twenty_answers(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    host = new_visitor(stack.url, size)
    labels = [f"Answer that is number {number}" for number in range(1, 21)]
    host.page.goto("/")
    host.fill_in("Which of twenty?", labels)
    expect(host.page.get_by_role("button", name="Add an answer")).to_have_count(0)
    host.press("Open the poll")
    host.expect_text("Your poll is open.")
    host.page.goto(host.page.url.split("/manage")[0])
    expect(host.page.get_by_role("radio")).to_have_count(20)
