"""Windows' contrast themes: the system chooses the colours, and what these said has to be seen."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import resize
from tests.tally.browser.tally import PHONE, Visitor

Newcomer = Callable[..., Visitor]


def style(found: Locator, name: str, pseudo: str = "") -> str:
    """What the browser draws, with transitions at their end."""
    found.evaluate(
        "(one) => Promise.all(one.getAnimations({ subtree: true }).map(({ finished }) => finished))"
    )
    return str(
        found.evaluate("(one, [n, p]) => getComputedStyle(one, p || null)[n]", [name, pseudo])
    )


def underlined(found: Locator) -> float:
    """The longest line that is drawn below the letters of a text, as a share of its width."""
    found.scroll_into_view_if_needed()
    box = found.bounding_box()
    assert box is not None
    below = {**box, "y": box["y"] + box["height"] * 0.75, "height": box["height"] * 0.4}
    picture = Image.open(io.BytesIO(found.page.screenshot(clip=below))).convert("L")
    rows = [picture.crop((0, y, picture.width, y + 1)).tobytes() for y in range(picture.height)]
    return max(sum(shade < 128 for shade in row) for row in rows) / picture.width


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_what_is_chosen_and_what_leads_is_seen_in_the_systems_colours(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.emulate_media(forced_colors="active")
    host.page.goto("/")
    for chosen, other in (("one", "several"), ("always", "after voting")):
        one, two = (
            host.page.locator(".segment span").get_by_text(text, exact=True)
            for text in (chosen, other)
        )
        for name in ("backgroundColor", "color"):
            assert style(one, name) != style(two, name)
    question = host.page.get_by_label("Ask the room a question")
    question.focus()
    assert style(question, "outlineStyle") == "solid"

    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    resize(host.page, PHONE)
    assert underlined(host.page.locator("a.address .address-part").first) > 0.95  # of two lines

    host.page.goto(address)
    host.vote("Tea")
    host.page.get_by_role("link", name="See the results").click()
    host.expect_share("Tea", 1, 100)
    bars = host.page.locator(".result-bar")
    leads, other = (style(bars.nth(place), "backgroundColor", "::after") for place in (0, 1))
    assert leads != other
    state = host.page.locator(".live-state")
    expect(state).to_have_text("Live")
    assert style(state, "width", "::before") == style(state, "height", "::before")
    borders = 2 * float(style(state, "borderTopWidth", "::before").removesuffix("px"))
    assert borders == float(style(state, "height", "::before").removesuffix("px"))  # a full disc
