"""Windows' contrast themes: the system sets the colours, and their meaning must stay visible."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import resize
from tests.tally.browser.tally import PHONE, Visitor

NewVisitor = Callable[..., Visitor]


def style(element: Locator, name: str, pseudo: str = "") -> str:
    """A computed style, after all transitions."""
    element.evaluate(
        "(one) => Promise.all(one.getAnimations({ subtree: true }).map(({ finished }) => finished))"
    )
    return str(
        element.evaluate("(one, [n, p]) => getComputedStyle(one, p || null)[n]", [name, pseudo])
    )


def underline_share(element: Locator) -> float:
    """The longest line below the letters of a text, as a share of its width."""
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box is not None
    below = {**box, "y": box["y"] + box["height"] * 0.75, "height": box["height"] * 0.4}
    screenshot = Image.open(io.BytesIO(element.page.screenshot(clip=below))).convert("L")
    rows = [
        screenshot.crop((0, y, screenshot.width, y + 1)).tobytes() for y in range(screenshot.height)
    ]
    return max(sum(shade < 128 for shade in row) for row in rows) / screenshot.width


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_selection_and_leader_are_visible_in_forced_colours(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.emulate_media(forced_colors="active")
    host.page.goto("/")
    for chosen, other in (("one", "several"), ("always", "after voting")):
        chosen_label, other_label = (
            host.page.locator(".radio-option span").get_by_text(text, exact=True)
            for text in (chosen, other)
        )
        for name in ("backgroundColor", "color"):
            assert style(chosen_label, name) != style(other_label, name)
    question = host.page.get_by_label("Ask the room a question")
    question.focus()
    assert style(question, "outlineStyle") == "solid"

    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    resize(host.page, PHONE)
    # The first of two lines.
    assert underline_share(host.page.locator("a.address .address-part").first) > 0.95

    host.page.goto(address)
    host.vote("Tea")
    host.page.get_by_role("link", name="See the results").click()
    host.expect_share("Tea", 1, 100)
    bars = host.page.locator(".result-bar")
    leading_colour, other = (
        style(bars.nth(place), "backgroundColor", "::after") for place in (0, 1)
    )
    assert leading_colour != other
    state = host.page.locator(".live-state")
    expect(state).to_have_text("Live")
    assert style(state, "width", "::before") == style(state, "height", "::before")
    borders = 2 * float(style(state, "borderTopWidth", "::before").removesuffix("px"))
    assert borders == float(style(state, "height", "::before").removesuffix("px"))  # a full disc
