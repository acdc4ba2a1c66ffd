"""The controls of the manage page keep their position and the focus."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

NO_DOUBLE_CLICK = 600  # ms


def test_focus_moves_to_the_replacement_of_a_pressed_control(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    poll = Poll(stack)
    page = host.page

    def delay_response(route: Route) -> None:
        """Delay the response so that a disabled control would lose the focus."""
        page.wait_for_timeout(200)
        route.fallback()

    page.route("**/api/polls/*", delay_response)
    page.goto(poll.manage)
    button = page.get_by_role("button", name=re.compile("^(Close|Reopen) the poll$"))
    button.focus()
    for name in ("Reopen the poll", "Close the poll"):
        page.keyboard.press("Enter")
        expect(button).to_have_text(name)
        expect(button).to_be_focused()
        page.wait_for_timeout(NO_DOUBLE_CLICK)

    field = page.get_by_label("Closes by itself at")
    field.fill("2030-05-04T18:30")
    page.get_by_role("button", name="Set the closing time").press("Enter")
    never = page.get_by_role("button", name="Never close by itself")
    expect(never).to_be_visible()
    expect(page.get_by_role("button", name="Set the closing time")).to_be_focused()
    never.press("Enter")
    expect(never).to_have_count(0)
    expect(field).to_be_focused()
    page.get_by_role("button", name="Set the closing time").press("Enter")
    expect(field).to_be_focused()  # because it is empty

    delete = page.get_by_role("button", name="Delete the poll…")
    for key in ("Enter", "Escape"):
        delete.press("Enter")
        expect(page.get_by_role("button", name="Keep it")).to_be_focused()
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(delete).to_be_focused()
    delete.press("Enter")
    host.press("Delete it for good")
    host.expect_text("The poll and its votes are deleted.")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("pause", [0, 120, 300])
def test_double_click_closes_a_poll_and_does_not_reopen_it(
    stack: Stack, new_visitor: NewVisitor, pause: int
) -> None:
    host, poll = new_visitor(stack.url), Poll(stack)
    page = host.open(poll.manage)
    sent: list[str | None] = []
    page.on(
        "request",
        lambda request: sent.append(request.post_data) if request.method == "PATCH" else None,
    )
    host.expect_text("Close the poll")
    box = page.get_by_role("button", name="Close the poll").bounding_box()
    assert box is not None
    for _ in range(2):
        page.mouse.click(box["x"] + 5, box["y"] + 5)
        page.wait_for_timeout(pause)
    host.expect_text("Closed ·")
    page.wait_for_timeout(NO_DOUBLE_CLICK)
    assert sent == ['{"closed":true}']
    host.press("Reopen the poll")
    host.expect_text("Open ·")


def test_repeated_presses_send_one_slow_request(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto(Poll(stack).manage)
    sent: list[str] = []
    held_routes: list[Route] = []

    def hold_route(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(route.request.method)
            held_routes.append(route)
        else:
            route.fallback()

    host.page.route("**/api/polls/*", hold_route)
    button = host.page.get_by_role("button", name="Close the poll")
    button.focus()
    for _ in range(3):
        host.page.keyboard.press("Enter")
    expect(button).to_be_disabled()
    expect(button).to_be_focused()
    assert sent == ["PATCH"]
    held_routes[0].fallback()
    host.expect_text("Closed")


@pytest.mark.parametrize("width", [320, 375])
def test_buttons_on_a_phone_have_one_size_with_delete_last(
    stack: Stack, new_visitor: NewVisitor, width: int
) -> None:
    host = new_visitor(stack.url, Size(width, 740))
    host.page.goto(Poll(stack, closes_at="2030-05-04T18:30:00Z").manage)
    host.expect_text("It closes by itself")
    boxes = host.page.evaluate(
        """[...document.querySelectorAll(".manage .button")]
             .map((one) => one.getBoundingClientRect())
             .filter(({ width }) => width > 0)
             .map(({ width, height, top, bottom }) => ({ width, height, top, bottom }))"""
    )
    assert len(boxes) == 9
    assert len({round(box["width"]) for box in boxes}) == 1
    assert len({round(box["height"]) for box in boxes}) == 1
    assert boxes[0]["height"] >= 44
    delete = host.page.get_by_role("button", name="Delete the poll…").bounding_box()
    assert delete is not None
    assert boxes[-1]["top"] == pytest.approx(delete["y"], abs=1)
    assert boxes[-1]["top"] - boxes[-2]["bottom"] > 48


def test_qr_code_does_not_move_the_page_when_it_loads(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    host = new_visitor(stack.url, size)
    held_routes: list[Route] = []

    def hold_route(route: Route) -> None:
        held_routes.append(route)

    host.page.route("**/assets/qr-code*", hold_route)
    host.page.goto(Poll(stack).manage)
    frame = host.page.get_by_role("button", name="Show the QR code large")
    expect(frame).to_be_visible()
    before = frame.bounding_box()
    host.page.wait_for_timeout(100)
    assert held_routes, "the QR code must be a separate file"
    held_routes[0].fallback()
    expect(host.page.get_by_role("img", name="QR code of")).to_be_visible()
    assert frame.bounding_box() == before


def test_copy_button_does_not_move_the_page(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    host = new_visitor(stack.url, size)
    host.page.goto(Poll(stack).manage)
    button = host.page.get_by_role("button", name="Copy the address")
    expect(button).to_be_visible()
    places = """[...document.querySelectorAll("button, a")].map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [x, y + scrollY, width, height].map(Math.round).join();
    })"""
    button.scroll_into_view_if_needed()
    before = host.page.evaluate(places)
    button.click()
    expect(host.page.get_by_role("button", name="Copied")).to_be_focused()
    expect(host.page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert host.page.evaluate(places) == before
    expect(button).to_be_focused()
