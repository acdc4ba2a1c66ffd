"""The presenter view: everything on one screen, readable from the back of the room."""

from collections.abc import Callable
from string import ascii_uppercase

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import font_size, resize
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor
from tests.tally.browser.test_share import decode_qr_code

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

TWENTY = [f"Candidate {letter}" for letter in ascii_uppercase[:20]]


@pytest.mark.parametrize("size", [Size(1280, 720), Size(1920, 1080), Size(1024, 768)])
@pytest.mark.parametrize("options", [["Tea", "Coffee", "Water"], TWENTY[:8], TWENTY])
def test_presenter_view_fits_on_a_projector(
    stack: Stack,
    new_visitor: NewVisitor,
    size: Size,
    options: list[str],
    screenshot: Callable[[Page, str], None],
) -> None:
    host, voter = new_visitor(stack.url, size), new_visitor(stack.url, PHONE)
    address = host.create_poll("Which of these shall it be this time?", options)
    voter.page.goto(address)
    voter.vote(options[0])
    host.page.goto(f"{address}/present")
    expect(host.result_row(options[-1])).to_be_visible()
    code = host.page.get_by_role("img", name="QR code of")
    expect(code).to_be_in_viewport(ratio=1)
    assert decode_qr_code(code) == stack.url + address
    expect_in_corner(code, size)
    for axis, limit in (("Width", size.width), ("Height", size.height)):
        assert host.page.evaluate(f"document.documentElement.scroll{axis}") <= limit
    screenshot(host.page, f"present-{len(options)}")


def test_presenter_view_updates_with_votes(stack: Stack, new_visitor: NewVisitor) -> None:
    host, voter = new_visitor(stack.url), new_visitor(stack.url, PHONE)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.get_by_role("link", name="Present").click()
    host.expect_text("0 votes")
    voter.page.goto(address)
    voter.vote("Tea")
    host.expect_share("Tea", 1, 100)
    host.page.get_by_role("link", name="Leave").click()
    expect(host.page).to_have_url(f"{stack.url}{address}/results")


def test_presenter_view_enters_and_leaves_full_screen(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]) + "/present")
    host.press("Fill the screen")
    expect(host.page.get_by_role("button", name="Leave full screen")).to_be_visible()
    assert host.page.evaluate("document.fullscreenElement !== null")
    host.press("Leave full screen")
    expect(host.page.get_by_role("button", name="Fill the screen")).to_be_visible()


def test_presenter_view_is_white_on_black(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url, DESKTOP)  # in the light theme
    host.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]) + "/present")
    host.expect_text("Vote at")
    assert colours(host.page) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_presenter_view_stays_dark_when_the_poll_is_deleted(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url, DESKTOP)  # in the light theme
    poll = Poll(stack)
    host.page.goto(f"{poll.address}/present")
    host.expect_text("Vote at")
    poll.delete()
    host.expect_text("This poll and its votes were deleted")
    assert colours(host.page) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    assert host.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(0, 0, 0)"
    )


def test_qr_code_of_the_presenter_view_is_large(stack: Stack, new_visitor: NewVisitor) -> None:
    """It uses the space of the results while there are none, and can be enlarged at any time."""
    size = Size(1280, 720)
    host, voter = new_visitor(stack.url, size), new_visitor(stack.url, PHONE)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(f"{address}/present")
    code = host.page.get_by_role("img", name="QR code of")
    expect(code).to_be_in_viewport(ratio=1)
    assert width_of(code) > size.height * 0.6
    assert decode_qr_code(code) == stack.url + address
    host.press("Show the QR code large")
    large = host.page.get_by_role("dialog").get_by_role("img")
    voter.page.goto(address)
    voter.vote("Tea")
    host.expect_share("Tea", 1, 100)  # behind the dialog
    expect(large).to_be_in_viewport(ratio=1)
    assert width_of(large) > size.height * 0.9
    assert decode_qr_code(large) == stack.url + address
    host.page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    assert width_of(code) > size.height * 0.25
    host.press("Show the QR code large")
    host.press("Make it small again")
    expect(host.page.get_by_role("button", name="Show the QR code large")).to_be_focused()

    resize(host.page, Size(3840, 2160))
    for small in (".live-state", ".results-unit", ".label", ".button"):
        assert font_size(host.page, small) > 2160 / 60, small


def expect_in_corner(code: Locator, size: Size) -> None:
    """Assert that the code is in a corner of the screen."""
    box = code.bounding_box()
    assert box is not None
    distance_x = min(box["x"], size.width - box["x"] - box["width"])
    distance_y = min(box["y"], size.height - box["y"] - box["height"])
    assert distance_x <= 0.04 * size.width, box
    assert distance_y <= 0.04 * size.height, box


def width_of(code: Locator) -> float:
    """The width of a code, in CSS pixels."""
    box = code.bounding_box()
    assert box is not None
    return float(box["width"])


def colours(page: Page) -> list[str]:
    """The text and background colours of the page."""
    found: list[str] = page.evaluate(
        """() => { const { color, backgroundColor } =
             getComputedStyle(document.querySelector("main"));
             return [color, backgroundColor]; }"""
    )
    return found
