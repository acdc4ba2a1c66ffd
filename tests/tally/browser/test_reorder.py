"""Answers are reordered by keyboard, mouse, touch, or a list of places."""

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]
Screenshot = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def expect_answers(visitor: Visitor, texts: Sequence[str]) -> None:
    for number, text in enumerate(texts, 1):
        expect(visitor.answer_field(number)).to_have_value(text)


def handle(visitor: Visitor, number: int) -> Locator:
    return visitor.page.get_by_role("button", name=f"Move answer {number}", exact=True)


def middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def displayed_places(page: Page) -> list[str]:
    """The numbers beside the answers, in document order."""
    places: list[str] = page.evaluate(
        "[...document.querySelectorAll('.option-row')].map((row) => row.dataset.place)"
    )
    return places


def fill_in_form(visitor: Visitor, texts: Sequence[str]) -> Visitor:
    visitor.page.goto("/")
    visitor.fill_in("Which?", texts)
    return visitor


class Finger:
    """A finger: real touch events, from which the browser makes pointer events."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(self, start: tuple[float, float], *points_on_the_way: tuple[float, float]) -> None:
        """Touch at `start`, move along the points, and stay there."""
        self._send("touchStart", start)
        for point in points_on_the_way:
            self._send("touchMove", point)

    def lift(self) -> None:
        self._send("touchEnd")


def test_alt_arrow_keys_move_an_answer_and_keep_the_caret(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = fill_in_form(new_visitor(stack.url), ["Tea", "Coffee", "Milk"])
    keyboard = host.page.keyboard
    host.answer_field(1).focus()
    keyboard.press("End")
    keyboard.press("Alt+ArrowDown")
    expect_answers(host, ["Coffee", "Tea", "Milk"])
    expect(host.answer_field(2)).to_be_focused()
    expect(host.page.get_by_text("Tea is now answer 2 of 3.")).to_have_count(1)
    keyboard.type("!")  # the caret stays as well
    expect_answers(host, ["Coffee", "Tea!", "Milk"])
    keyboard.press("Alt+ArrowDown")
    keyboard.press("Alt+ArrowDown")  # it is the last: nothing happens
    expect_answers(host, ["Coffee", "Milk", "Tea!"])
    for _ in range(3):
        keyboard.press("Alt+ArrowUp")
    expect_answers(host, ["Tea!", "Coffee", "Milk"])
    expect(host.answer_field(1)).to_be_focused()


def test_arrow_keys_on_the_handle_move_an_answer(stack: Stack, new_visitor: NewVisitor) -> None:
    host = fill_in_form(new_visitor(stack.url), ["Tea", "Coffee", "Milk"])
    host.answer_field(3).focus()
    host.page.keyboard.press("Tab")
    expect(handle(host, 3)).to_be_focused()
    host.page.keyboard.press("ArrowUp")
    expect_answers(host, ["Tea", "Milk", "Coffee"])
    expect(handle(host, 2)).to_be_focused()
    host.page.keyboard.press("ArrowUp")
    expect_answers(host, ["Milk", "Tea", "Coffee"])
    expect(host.page.get_by_text("Milk is now answer 1 of 3.")).to_have_count(1)


def test_place_of_an_answer_is_chosen_from_a_list(stack: Stack, new_visitor: NewVisitor) -> None:
    host = fill_in_form(new_visitor(stack.url, PHONE), ["Tea", "Coffee", "Milk", "Water"])
    host.page.get_by_role("combobox", name="Place of answer 4").select_option("1")
    expect_answers(host, ["Water", "Tea", "Coffee", "Milk"])
    expect(handle(host, 1)).to_be_focused()
    # A click on the handle without a drag opens the same list.
    handle(host, 2).click()
    expect(host.page.get_by_role("combobox", name="Place of answer 2")).to_be_focused()
    host.page.keyboard.press("Escape")


def test_dragging_an_answer_by_mouse_moves_the_others(
    stack: Stack, new_visitor: NewVisitor, screenshot: Screenshot
) -> None:
    host = fill_in_form(new_visitor(stack.url), ["Tea", "Coffee", "Milk", "Water"])
    mouse = host.page.mouse
    x, y = middle(handle(host, 1))
    _, third = middle(handle(host, 3))
    above = host.answer_field(2).bounding_box()
    mouse.move(x, y)
    mouse.down()
    mouse.move(x, y + 20)
    mouse.move(x, third, steps=4)
    dragged = host.answer_field(1).bounding_box()
    assert dragged is not None
    assert above is not None
    # It follows the pointer.
    assert dragged["y"] + dragged["height"] / 2 == pytest.approx(third, abs=2)
    screenshot(host.page, "create-dragging")
    displaced = host.answer_field(2).bounding_box()
    assert displaced is not None
    assert displaced["y"] < above["y"] - 40
    expect_answers(host, ["Tea", "Coffee", "Milk", "Water"])  # the order is unchanged
    assert displayed_places(host.page) == ["3", "1", "2", "4"]  # but the numbers show the new order
    mouse.up()
    expect_answers(host, ["Coffee", "Milk", "Tea", "Water"])
    expect(handle(host, 3)).to_be_focused()
    expect(host.page.get_by_text("Tea is now answer 3 of 4.")).to_have_count(1)
    assert displayed_places(host.page) == ["1", "2", "3", "4"]
    expect(host.page.locator(".option-row[style*=translate]")).to_have_count(0)


def test_escape_cancels_a_drag(stack: Stack, new_visitor: NewVisitor) -> None:
    host = fill_in_form(new_visitor(stack.url), ["Tea", "Coffee", "Milk"])
    x, y = middle(handle(host, 1))
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x, y + 120, steps=4)
    host.page.keyboard.press("Escape")
    host.page.mouse.up()
    expect_answers(host, ["Tea", "Coffee", "Milk"])
    # Releasing the button is not a click that opens the list.
    expect(host.page.locator("[data-called]")).to_have_count(0)


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_answer_is_dragged_by_touch_on_its_handle(
    stack: Stack, new_visitor: NewVisitor, motion: str
) -> None:
    host = fill_in_form(new_visitor(stack.url, PHONE), ["Tea", "Coffee", "Milk", "Water"])
    host.page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    finger = Finger(host.page)
    x, start = middle(handle(host, 4))
    _, second = middle(handle(host, 2))
    scrolled = host.page.evaluate("scrollY")
    finger.drag((x, start), (x, start - 12), (x, start - 40), (x, second))
    expect(host.page.locator(".option-row[data-dragged]")).to_have_count(1)
    finger.lift()
    expect_answers(host, ["Tea", "Water", "Coffee", "Milk"])
    assert host.page.evaluate("scrollY") == scrolled
    moving = host.page.evaluate("document.getAnimations().length")
    assert motion != "reduce" or moving == 0


def test_touch_beside_the_handle_scrolls_the_page(stack: Stack, new_visitor: NewVisitor) -> None:
    host = fill_in_form(
        new_visitor(stack.url, PHONE), [f"Answer {number}" for number in range(1, 13)]
    )
    host.page.evaluate("scrollTo(0, 0)")
    x, y = middle(host.answer_field(4))
    Finger(host.page).drag((x, y), *((x, y - point) for point in range(20, 240, 20)))
    host.wait_until("scrollY > 50")
    expect(host.answer_field(4)).to_have_value("Answer 4")


def test_page_scrolls_during_a_drag(stack: Stack, new_visitor: NewVisitor) -> None:
    texts = [f"Answer {number}" for number in range(1, 21)]
    host = fill_in_form(new_visitor(stack.url, Size(DESKTOP.width, 500)), texts)
    handle(host, 1).scroll_into_view_if_needed()
    x, y = middle(handle(host, 1))
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x, 495, steps=3)
    last = handle(host, 20)
    expect(last).to_be_in_viewport(timeout=20_000)
    host.wait_until("document.querySelector('.option-rows').getBoundingClientRect().bottom < 480")
    host.page.mouse.up()
    expect(host.answer_field(20)).to_have_value("Answer 1")


def test_moved_answers_are_sent_in_their_new_order(stack: Stack, new_visitor: NewVisitor) -> None:
    host = fill_in_form(new_visitor(stack.url), ["Tea", "Coffee", "Milk"])
    host.answer_field(3).press("Alt+ArrowUp")
    host.press("Open the poll")
    host.expect_text("Your poll is open.")
    host.page.goto(host.page.url.split("/manage")[0])
    expect(host.page.get_by_role("radio")).to_have_count(3)
    assert host.page.locator(".ballot-options li").all_inner_texts() == ["Tea", "Milk", "Coffee"]
