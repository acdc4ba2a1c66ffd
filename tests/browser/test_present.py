"""The presenter's view: everything on one screen, read from the back of the room."""

from collections.abc import Callable
from string import ascii_uppercase

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tally import DESKTOP, PHONE, Size, Visitor
from tests.browser.test_share import read
from tests.stack_fixture import Stack

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
    host = newcomer(stack.url, size)
    address = host.ask("Which of these shall it be this time?", options)
    host.page.goto(f"{address}/present")
    expect(host.row(options[-1])).to_be_visible()
    code = host.page.get_by_role("img", name="QR code of")
    expect(code).to_be_in_viewport(ratio=1)
    assert read(code) == stack.url + address
    for axis, room in (("Width", size.width), ("Height", size.height)):
        assert host.page.evaluate(f"document.documentElement.scroll{axis}") <= room
    picture(host.page, f"present-{len(options)}")


def test_it_moves_with_the_votes(stack: Stack, newcomer: Newcomer) -> None:
    host, voter = newcomer(stack.url), newcomer(stack.url, PHONE)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.get_by_role("link", name="Present").click()
    host.expect_share("Tea", 0, 0)
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
    expect(host.row("Tea")).to_be_visible()
    colours = host.page.evaluate(
        """() => { const { color, backgroundColor } =
             getComputedStyle(document.querySelector("main"));
             return [color, backgroundColor]; }"""
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
