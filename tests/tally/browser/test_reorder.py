"""Answers are moved: by key, by mouse, by finger, or by a tap on their number."""

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]
Picture = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def expect_answers(visitor: Visitor, texts: Sequence[str]) -> None:
    for number, text in enumerate(texts, 1):
        expect(visitor.answer(number)).to_have_value(text)


def handle(visitor: Visitor, number: int) -> Locator:
    return visitor.page.get_by_role("button", name=f"Move answer {number}", exact=True)


def middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def shown_places(page: Page) -> list[str]:
    """The numbers beside the answers, in the order that the page itself has them."""
    places: list[str] = page.evaluate(
        "[...document.querySelectorAll('.option-row')].map((row) => row.dataset.place)"
    )
    return places


def writing(visitor: Visitor, texts: Sequence[str]) -> Visitor:
    visitor.page.goto("/")
    visitor.fill_in("Which?", texts)
    return visitor


class Finger:
    """A finger on the glass: real touch events, as the browser makes pointer events of them."""

    def __init__(self, page: Page) -> None:
        self._glass: CDPSession = page.context.new_cdp_session(page)

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        self._glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def drag(self, start: tuple[float, float], *ways: tuple[float, float]) -> None:
        """Put it down at `start`, and go by `ways`; stays there."""
        self._send("touchStart", start)
        for way in ways:
            self._send("touchMove", way)

    def lift(self) -> None:
        self._send("touchEnd")


def test_a_key_in_the_field_moves_the_answer_and_the_writer_stays_in_it(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = writing(newcomer(stack.url), ["Tea", "Coffee", "Milk"])
    keyboard = host.page.keyboard
    host.answer(1).focus()
    keyboard.press("End")
    keyboard.press("Alt+ArrowDown")
    expect_answers(host, ["Coffee", "Tea", "Milk"])
    expect(host.answer(2)).to_be_focused()
    expect(host.page.get_by_text("Tea is now answer 2 of 3.")).to_have_count(1)
    keyboard.type("!")  # the caret stays, too
    expect_answers(host, ["Coffee", "Tea!", "Milk"])
    keyboard.press("Alt+ArrowDown")
    keyboard.press("Alt+ArrowDown")  # it is the last one: nothing happens
    expect_answers(host, ["Coffee", "Milk", "Tea!"])
    for _ in range(3):
        keyboard.press("Alt+ArrowUp")
    expect_answers(host, ["Tea!", "Coffee", "Milk"])
    expect(host.answer(1)).to_be_focused()


def test_the_handle_takes_the_arrow_keys(stack: Stack, newcomer: Newcomer) -> None:
    host = writing(newcomer(stack.url), ["Tea", "Coffee", "Milk"])
    host.answer(3).focus()
    host.page.keyboard.press("Tab")
    expect(handle(host, 3)).to_be_focused()
    host.page.keyboard.press("ArrowUp")
    expect_answers(host, ["Tea", "Milk", "Coffee"])
    expect(handle(host, 2)).to_be_focused()
    host.page.keyboard.press("ArrowUp")
    expect_answers(host, ["Milk", "Tea", "Coffee"])
    expect(host.page.get_by_text("Milk is now answer 1 of 3.")).to_have_count(1)


def test_without_dragging_a_place_is_chosen_from_the_number(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = writing(newcomer(stack.url, PHONE), ["Tea", "Coffee", "Milk", "Water"])
    host.page.get_by_role("combobox", name="Place of answer 4").select_option("1")
    expect_answers(host, ["Water", "Tea", "Coffee", "Milk"])
    expect(handle(host, 1)).to_be_focused()
    # A click on the handle, which drags nothing, leads to the same list.
    handle(host, 2).click()
    expect(host.page.get_by_role("combobox", name="Place of answer 2")).to_be_focused()
    host.page.keyboard.press("Escape")


def test_a_mouse_drags_an_answer_and_the_others_make_room(
    stack: Stack, newcomer: Newcomer, picture: Picture
) -> None:
    host = writing(newcomer(stack.url), ["Tea", "Coffee", "Milk", "Water"])
    mouse = host.page.mouse
    x, y = middle(handle(host, 1))
    _, third = middle(handle(host, 3))
    above = host.answer(2).bounding_box()
    mouse.move(x, y)
    mouse.down()
    mouse.move(x, y + 20)
    mouse.move(x, third, steps=4)
    held = host.answer(1).bounding_box()
    assert held is not None
    assert above is not None
    assert held["y"] + held["height"] / 2 == pytest.approx(third, abs=2)  # it follows the pointer
    picture(host.page, "create-dragging")
    room = host.answer(2).bounding_box()
    assert room is not None
    assert room["y"] < above["y"] - 40
    expect_answers(host, ["Tea", "Coffee", "Milk", "Water"])  # nothing is moved yet
    assert shown_places(host.page) == ["3", "1", "2", "4"]  # but the numbers say what would be
    mouse.up()
    expect_answers(host, ["Coffee", "Milk", "Tea", "Water"])
    expect(handle(host, 3)).to_be_focused()
    expect(host.page.get_by_text("Tea is now answer 3 of 4.")).to_have_count(1)
    assert shown_places(host.page) == ["1", "2", "3", "4"]
    expect(host.page.locator(".option-row[style*=translate]")).to_have_count(0)


def test_escape_lets_go_without_moving(stack: Stack, newcomer: Newcomer) -> None:
    host = writing(newcomer(stack.url), ["Tea", "Coffee", "Milk"])
    x, y = middle(handle(host, 1))
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x, y + 120, steps=4)
    host.page.keyboard.press("Escape")
    host.page.mouse.up()
    expect_answers(host, ["Tea", "Coffee", "Milk"])
    # The button that goes up there is no click that asks for a place.
    expect(host.page.locator("[data-called]")).to_have_count(0)


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_finger_drags_an_answer_by_its_handle(
    stack: Stack, newcomer: Newcomer, motion: str
) -> None:
    host = writing(newcomer(stack.url, PHONE), ["Tea", "Coffee", "Milk", "Water"])
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


def test_a_finger_beside_the_handle_scrolls_the_page(stack: Stack, newcomer: Newcomer) -> None:
    host = writing(newcomer(stack.url, PHONE), [f"Answer {number}" for number in range(1, 13)])
    host.page.evaluate("scrollTo(0, 0)")
    x, y = middle(host.answer(4))
    Finger(host.page).drag((x, y), *((x, y - way) for way in range(20, 240, 20)))
    host.wait_until("scrollY > 50")
    expect(host.answer(4)).to_have_value("Answer 4")


def test_the_page_scrolls_along_with_what_is_dragged(stack: Stack, newcomer: Newcomer) -> None:
    texts = [f"Answer {number}" for number in range(1, 21)]
    host = writing(newcomer(stack.url, Size(DESKTOP.width, 500)), texts)
    handle(host, 1).scroll_into_view_if_needed()
    x, y = middle(handle(host, 1))
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x, 495, steps=3)
    last = handle(host, 20)
    expect(last).to_be_in_viewport(timeout=20_000)
    host.wait_until("document.querySelector('.option-rows').getBoundingClientRect().bottom < 480")
    host.page.mouse.up()
    expect(host.answer(20)).to_have_value("Answer 1")


def test_what_is_moved_is_sent_in_its_order(stack: Stack, newcomer: Newcomer) -> None:
    host = writing(newcomer(stack.url), ["Tea", "Coffee", "Milk"])
    host.answer(3).press("Alt+ArrowUp")
    host.press("Open the poll")
    host.sees("Your poll is open.")
    host.page.goto(host.page.url.split("/manage")[0])
    expect(host.page.get_by_role("radio")).to_have_count(3)
    assert host.page.locator(".ballot-options li").all_inner_texts() == ["Tea", "Milk", "Coffee"]
