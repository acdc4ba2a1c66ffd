"""The presenter's view: everything on one screen, read from the back of the room."""

from collections.abc import Callable
from string import ascii_uppercase

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import font_size, resize
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor
from tests.tally.browser.test_share import read

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

TWENTY = [f"Candidate {letter}" for letter in ascii_uppercase[:20]]


@pytest.mark.parametrize("size", [Size(1280, 720), Size(1920, 1080), Size(1024, 768)])
@pytest.mark.parametrize("options", [["Tea", "Coffee", "Water"], TWENTY[:8], TWENTY])
def test_nothing_has_to_be_scrolled_on_a_projector(
    stack: Stack,
    newcomer: Newcomer,
    size: Size,
    options: list[str],
    picture: Callable[[Page, str], None],
) -> None:
    host, voter = newcomer(stack.url, size), newcomer(stack.url, PHONE)
    address = host.ask("Which of these shall it be this time?", options)
    voter.page.goto(address)
    voter.vote(options[0])
    host.page.goto(f"{address}/present")
    expect(host.row(options[-1])).to_be_visible()
    code = host.page.get_by_role("img", name="QR code of")
    expect(code).to_be_in_viewport(ratio=1)
    assert read(code) == stack.url + address
    expect_in_corner(code, size)
    for axis, room in (("Width", size.width), ("Height", size.height)):
        assert host.page.evaluate(f"document.documentElement.scroll{axis}") <= room
    picture(host.page, f"present-{len(options)}")


def test_it_moves_with_the_votes(stack: Stack, newcomer: Newcomer) -> None:
    host, voter = newcomer(stack.url), newcomer(stack.url, PHONE)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.get_by_role("link", name="Present").click()
    host.sees("0 votes")
    voter.page.goto(address)
    voter.vote("Tea")
    host.expect_share("Tea", 1, 100)
    host.page.get_by_role("link", name="Leave").click()
    expect(host.page).to_have_url(f"{stack.url}{address}/results")


def test_it_fills_the_screen(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]) + "/present")
    host.press("Fill the screen")
    expect(host.page.get_by_role("button", name="Leave full screen")).to_be_visible()
    assert host.page.evaluate("document.fullscreenElement !== null")
    host.press("Leave full screen")
    expect(host.page.get_by_role("button", name="Fill the screen")).to_be_visible()


def test_its_contrast_is_that_of_black_and_white(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url, DESKTOP)  # in the light
    host.page.goto(host.ask("Tea or coffee?", ["Tea", "Coffee"]) + "/present")
    host.sees("Vote at")
    assert colours(host.page) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_it_stays_dark_when_the_poll_is_deleted_under_it(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url, DESKTOP)  # in the light
    poll = Poll(stack)
    host.page.goto(f"{poll.address}/present")
    host.sees("Vote at")
    poll.delete()
    host.sees("This poll was deleted")
    assert colours(host.page) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    assert host.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(0, 0, 0)"
    )


def test_the_last_row_can_scan_its_code(stack: Stack, newcomer: Newcomer) -> None:
    """It has the room of a count that is not there yet, and is enlarged at any time."""
    size = Size(1280, 720)
    host, voter = newcomer(stack.url, size), newcomer(stack.url, PHONE)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(f"{address}/present")
    code = host.page.get_by_role("img", name="QR code of")
    expect(code).to_be_in_viewport(ratio=1)
    assert side(code) > size.height * 0.6
    assert read(code) == stack.url + address
    host.press("Show the QR code large")
    large = host.page.get_by_role("dialog").get_by_role("img")
    voter.page.goto(address)
    voter.vote("Tea")
    host.expect_share("Tea", 1, 100)  # behind it
    expect(large).to_be_in_viewport(ratio=1)
    assert side(large) > size.height * 0.9
    assert read(large) == stack.url + address
    host.page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    assert side(code) > size.height * 0.25
    host.press("Show the QR code large")
    host.press("Make it small again")
    expect(host.page.get_by_role("button", name="Show the QR code large")).to_be_focused()

    resize(host.page, Size(3840, 2160))
    for small in (".live-state", ".results-unit", ".label", ".button"):
        assert font_size(host.page, small) > 2160 / 60, small


def expect_in_corner(code: Locator, size: Size) -> None:
    """No further from two sides of the screen than the page's own edge."""
    box = code.bounding_box()
    assert box is not None
    beside = min(box["x"], size.width - box["x"] - box["width"])
    above = min(box["y"], size.height - box["y"] - box["height"])
    assert beside <= 0.04 * size.width, box
    assert above <= 0.04 * size.height, box


def side(code: Locator) -> float:
    """The width of a code, in CSS pixels."""
    box = code.bounding_box()
    assert box is not None
    return float(box["width"])


def colours(page: Page) -> list[str]:
    """Of the letters and behind them."""
    found: list[str] = page.evaluate(
        """() => { const { color, backgroundColor } =
             getComputedStyle(document.querySelector("main"));
             return [color, backgroundColor]; }"""
    )
    return found
