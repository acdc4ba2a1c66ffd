"""A list is pasted: each line is an answer, and none is lost without a word."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def paste(page: Page, text: str) -> None:
    """Copy `text` elsewhere, and press the keys that paste it where the caret is."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def test_each_line_of_a_pasted_list_becomes_an_answer(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    host = newcomer(stack.url, size)
    host.page.goto("/")
    host.fill_in("Which?", ["", "Water"])
    host.answer(1).focus()
    paste(host.page, "1. Tea\r\n2. Coffee\r\n\r\n3.\tMilk\r\n")
    for number, text in enumerate(["Tea", "Coffee", "Milk", "Water"], 1):
        expect(host.answer(number)).to_have_value(text)
    expect(host.answer(5)).to_have_count(0)
    expect(host.answer(3)).to_be_focused()
    host.sees("3 answers pasted.")
    picture(host.page, "create-pasted")


def test_what_does_not_fit_is_told(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.answer(1).focus()
    paste(host.page, "\n".join(f"• Answer that is number {number}" for number in range(1, 24)))
    host.sees("20 answers pasted, 3 did not fit: a poll holds 20.")
    expect(host.answer(20)).to_have_value("Answer that is number 20")


@pytest.mark.parametrize("way", ["button", "keys"])
def test_a_paste_can_be_taken_back(stack: Stack, newcomer: Newcomer, way: str) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Water", "Wine"])
    host.answer(2).focus()
    host.page.keyboard.press("Control+a")
    paste(host.page, "Tea\nCoffee\nMilk")
    expect(host.answer(2)).to_have_value("Tea")
    if way == "button":
        host.press("Undo")
    else:
        host.page.keyboard.press("Control+z")
    expect(host.answer(1)).to_have_value("Water")
    expect(host.answer(2)).to_have_value("Wine")
    expect(host.answer(3)).to_have_value("")
    expect(host.answer(4)).to_have_count(0)


def test_a_removed_answer_can_be_taken_back(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee", "Milk"])
    host.press("Remove answer 2")
    host.sees("Removed “Coffee”.")
    expect(host.answer(2)).to_have_value("Milk")
    host.press("Undo")
    expect(host.answer(2)).to_have_value("Coffee")
    expect(host.answer(2)).to_be_focused()
    expect(host.page.get_by_role("button", name="Undo")).to_have_count(0)


def test_what_is_typed_after_a_paste_is_never_taken_back(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.answer(1).focus()
    paste(host.page, "Tea\nCoffee")
    host.page.keyboard.type(" with milk")
    expect(host.page.get_by_role("button", name="Undo")).to_have_count(0)
    host.page.keyboard.press("Control+z")
    expect(host.answer(1)).to_have_value("Tea")


def test_one_line_is_pasted_as_the_browser_does_it(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Green ", "Coffee"])
    host.answer(1).focus()
    host.page.keyboard.press("End")
    paste(host.page, "tea\n")
    expect(host.answer(1)).to_have_value("Green tea")
    expect(host.answer(2)).to_have_value("Coffee")


def test_a_question_stays_one_line_and_the_paste_can_be_taken_back(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
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
