"""The light and the dark theme: what is around the page has its colour, too."""

from collections.abc import Callable

import pytest

from tests.support.stack import Stack
from tests.tally.browser.tally import Visitor

# What the browser is told to paint its own bars in, of all that index.html offers, and the paper.
COLOURS = """() => [
  [...document.querySelectorAll("meta[name='theme-color']")]
    .filter(({ media }) => matchMedia(media).matches).map(({ content }) => content),
  getComputedStyle(document.documentElement).getPropertyValue("--paper"),
]"""


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_the_browsers_bars_are_of_the_pages_paper(
    stack: Stack, newcomer: Callable[..., Visitor]
) -> None:
    page = newcomer(stack.url).page
    page.goto("/")
    bars, light = page.evaluate(COLOURS)
    assert bars == [light]
    page.emulate_media(color_scheme="dark")
    bars, dark = page.evaluate(COLOURS)
    assert bars == [dark] != [light]
