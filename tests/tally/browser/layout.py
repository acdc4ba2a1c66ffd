"""Where things are on a page: what a reader would call overlapping, cut off or out of line."""

from itertools import combinations
from typing import NamedTuple

from playwright.sync_api import Page

from tests.tally.browser.tally import Size

SLACK = 2.0  # px: browsers lay out in fractions of a pixel, and neighbours may share a border

# What a count is made of. Each is a leaf: none of them holds another.
PARTS = (
    ".question, .results-ballots, .results-unit, .live-state, .headline, .result-percent,"
    " .result-label, .result-votes, .result-bar, .hint, .label, .address, .outcome-name,"
    " .qr-frame, .button, .link, .lede, .ballot-box, .ballot-label, .disclosure, .wordmark,"
    " .masthead-link, .field-error, .input, .segment, .chart-key li, .time-chart"
)

# From side to side where the text ends, which may be beyond its box; from top to bottom the box,
# as the letters' own height is more than a line of large numerals takes.
MEASURE = """(selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }))
  .map((element) => {
    const box = element.getBoundingClientRect();
    const inside = document.createRange();
    inside.selectNodeContents(element);
    const text = inside.getBoundingClientRect();
    const wide = element.textContent.trim() !== "" && text.width > 0;
    return {
      name: `${element.className || element.tagName} "${element.textContent.trim().slice(0, 30)}"`,
      left: scrollX + (wide ? text.left : box.left),
      right: scrollX + (wide ? text.right : box.right),
      top: scrollY + box.top,
      bottom: scrollY + box.bottom,
    };
  })
  .filter(({ left, right, top, bottom }) => right > left && bottom > top)"""

TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# Fonts are there, no animation that ends is running, and ten frames in a row have looked the same.
SETTLE = """async (selector) => {
  const places = () => [...document.querySelectorAll(selector)].map((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height];
  });
  const moving = () => document.getAnimations().some(({ effect, playState }) =>
    playState === "running" && effect.getComputedTiming().endTime !== Infinity);
  await document.fonts.ready;
  for (let still = 0, before = ""; still < 10; ) {
    await new Promise(requestAnimationFrame);
    const now = JSON.stringify(places());
    still = now === before && !moving() ? still + 1 : 0;
    before = now;
  }
}"""

NOTE_SHIFTS = """
window.shifts = [];
window.shiftObserver = new PerformanceObserver((list) => shifts.push(...list.getEntries()));
shiftObserver.observe({ type: "layout-shift", buffered: true });
"""
# An observer is told a moment later; it is asked for what it has not been told yet.
SHIFTED = """() => {
  shifts.push(...shiftObserver.takeRecords());
  return shifts.reduce((sum, { value }) => sum + value, 0);
}"""


class Box(NamedTuple):
    """A part of a page, in CSS pixels from its corner."""

    name: str
    left: float
    right: float
    top: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether both cover more than a hairline."""
        return (
            min(self.right, other.right) - max(self.left, other.left) > SLACK
            and min(self.bottom, other.bottom) - max(self.top, other.top) > SLACK
        )


def boxes(page: Page, selector: str = PARTS) -> list[Box]:
    """Where the visible elements of a selector are, in the order of the page."""
    return [Box(**found) for found in page.evaluate(MEASURE, selector)]


def expect_apart(page: Page) -> None:
    """No part of the page lies over another."""
    found = boxes(page)
    assert len(found) > 2
    over = [f"{one} over {two}" for one, two in combinations(found, 2) if one.overlaps(two)]
    assert not over, "\n".join(over)


def expect_within(page: Page, size: Size, *, scrolled: bool = False) -> None:
    """Every part is on the screen, or on the page as far as it may be scrolled down."""
    lowest = float("inf") if scrolled else size.height
    outside = [
        box
        for box in boxes(page)
        if min(box.left, box.top) < -SLACK
        or box.right > size.width + SLACK
        or box.bottom > lowest + SLACK
    ]
    assert not outside, outside
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0
    if not scrolled:
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0


def note_shifts(page: Page) -> None:
    """Have the pages that are opened from now on note what moves by itself."""
    page.add_init_script(NOTE_SHIFTS)


def shifted(page: Page) -> float:
    """How much has moved by itself since the page was opened: the sum of its layout shifts."""
    page.evaluate(TWO_FRAMES)
    return float(page.evaluate(SHIFTED))


def resize(page: Page, size: Size) -> None:
    """Make the window as large, and wait until nothing on the page moves any more."""
    page.set_viewport_size({"width": size.width, "height": size.height})
    page.evaluate(SETTLE, PARTS)


def font_size(page: Page, selector: str) -> float:
    """Of the first such element, in CSS pixels."""
    return float(
        page.locator(selector).first.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    )
