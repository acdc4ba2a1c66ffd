"""Pasting a list: each line becomes an answer, and no line is lost silently."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def paste(page: Page, text: str) -> None:
    """Copy `text`, and paste it at the caret with the keyboard."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def test_lines_of_a_pasted_list_become_answers(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    host = new_visitor(stack.url, size)
    host.page.goto("/")
    host.fill_in("Which?", ["", "Water"])
    host.answer_field(1).focus()
    paste(host.page, "1. Tea\r\n2. Coffee\r\n\r\n3.\tMilk\r\n")
    for number, text in enumerate(["Tea", "Coffee", "Milk", "Water"], 1):
        expect(host.answer_field(number)).to_have_value(text)
    expect(host.answer_field(5)).to_have_count(0)
    expect(host.answer_field(3)).to_be_focused()
    host.expect_text("3 answers pasted.")
    screenshot(host.page, "create-pasted")


def test_paste_of_too_many_lines_says_how_many_are_missing(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.answer_field(1).focus()
    paste(host.page, "\n".join(f"• Answer that is number {number}" for number in range(1, 24)))
    host.expect_text("20 answers pasted, 3 did not fit: a poll holds 20.")
    expect(host.answer_field(20)).to_have_value("Answer that is number 20")


@pytest.mark.parametrize("method", ["button", "keys"])
def test_paste_can_be_undone(stack: Stack, new_visitor: NewVisitor, method: str) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Water", "Wine"])
    host.answer_field(2).focus()
    host.page.keyboard.press("Control+a")
    paste(host.page, "Tea\nCoffee\nMilk")
    expect(host.answer_field(2)).to_have_value("Tea")
    if method == "button":
        host.press("Undo")
    else:
        host.page.keyboard.press("Control+z")
    expect(host.answer_field(1)).to_have_value("Water")
    expect(host.answer_field(2)).to_have_value("Wine")
    expect(host.answer_field(3)).to_have_value("")
    expect(host.answer_field(4)).to_have_count(0)


def test_removed_answer_can_be_restored(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee", "Milk"])
    host.press("Remove answer 2")
    host.expect_text("Removed “Coffee”.")
    expect(host.answer_field(2)).to_have_value("Milk")
    host.press("Undo")
    expect(host.answer_field(2)).to_have_value("Coffee")
    expect(host.answer_field(2)).to_be_focused()
    expect(host.page.get_by_role("button", name="Undo")).to_have_count(0)


def test_undo_after_typing_keeps_the_paste(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.answer_field(1).focus()
    paste(host.page, "Tea\nCoffee")
    host.page.keyboard.type(" with milk")
    expect(host.page.get_by_role("button", name="Undo")).to_have_count(0)
    host.page.keyboard.press("Control+z")
    expect(host.answer_field(1)).to_have_value("Tea")


def test_single_line_is_pasted_by_the_browser(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Green ", "Coffee"])
    host.answer_field(1).focus()
    host.page.keyboard.press("End")
    paste(host.page, "tea\n")
    expect(host.answer_field(1)).to_have_value("Green tea")
    expect(host.answer_field(2)).to_have_value("Coffee")


def test_pasted_question_becomes_one_line_and_can_be_undone(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    question = host.page.get_by_label("Ask the room a question")
    question.fill("Then: ?")
    question.press("End")
    question.press("ArrowLeft")
    paste(host.page, "What shall we\n\n   drink?\n")
    expect(question).to_have_value("Then: What shall we drink??")
    host.page.keyboard.type("!")
    expect(question).to_have_value("Then: What shall we drink?!?")
    host.page.keyboard.press("Control+z")
    host.page.keyboard.press("Control+z")
    expect(question).to_have_value("Then: ?")
