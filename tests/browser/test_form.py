"""The form that creates a poll: what is wrong is said where it is wrong, and nothing is lost."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.tally import Size, Visitor
from tests.stack_fixture import Stack

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def expect_error(field: Locator, message: str) -> None:
    """The field is marked, and the message is its description, for those who hear the page."""
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(message)


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


def test_the_servers_word_comes_to_its_field_and_all_that_was_typed_stays(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    long = "far too long " * 20
    # The empty second row is not sent: the server's options.1 is the third row here.
    host.fill_in("Which?", ["Short", "", long])
    host.press("Open the poll")
    expect(host.answer(3)).to_have_attribute("aria-invalid", "true")
    expect(host.answer(3)).to_have_accessible_description(
        "String should have at most 100 characters"
    )
    expect(host.answer(3)).to_be_focused()
    expect(host.answer(3)).to_have_value(long)
    expect(host.answer(1)).to_have_value("Short")
    host.answer(3).fill("Shorter")
    host.press("Open the poll")
    host.sees("Your poll is open.")


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
