"""Positions on a page: checks for overlapping, cut-off and misaligned parts."""

from itertools import combinations
from typing import NamedTuple

from playwright.sync_api import Page

from tests.tally.browser.tally import Size

SLACK = 2.0  # px: browsers lay out in fractions of a pixel, and neighbours may share a border

# The parts of a page. Each is a leaf: none contains another.
PARTS = (
    ".question, .results-ballots, .results-unit, .live-state, .headline, .result-percent,"
    " .result-label, .result-votes, .result-bar, .hint, .label, .address, .winner-name,"
    " .qr-frame, .button, .link, .lede, .ballot-box, .ballot-label, .disclosure, .wordmark,"
    " .masthead-link, .field-error, .input, .radio-option, .chart-key li, .time-chart"
)

# Horizontally the extent of the text, which may exceed its box; vertically the box, since the
# height of the letters exceeds a line of large numerals.
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

# Wait until fonts are loaded, no finite animation is running, and ten frames in a row are the same.
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

RECORD_SHIFTS = """
window.shifts = [];
window.shiftObserver = new PerformanceObserver((list) => shifts.push(...list.getEntries()));
shiftObserver.observe({ type: "layout-shift", buffered: true });
"""
# The observer is notified with a delay, so its pending records are taken as well.
TOTAL_SHIFT = """() => {
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
        """Whether they overlap by more than SLACK."""
        return (
            min(self.right, other.right) - max(self.left, other.left) > SLACK
            and min(self.bottom, other.bottom) - max(self.top, other.top) > SLACK
        )


def boxes(page: Page, selector: str = PARTS) -> list[Box]:
    """The boxes of the visible elements of a selector, in document order."""
    return [Box(**elements) for elements in page.evaluate(MEASURE, selector)]


def expect_no_overlap(page: Page) -> None:
    """Assert that no parts of the page overlap."""
    elements = boxes(page)
    assert len(elements) > 2
    overlaps = [
        f"{first} overlaps {second}"
        for first, second in combinations(elements, 2)
        if first.overlaps(second)
    ]
    assert not overlaps, "\n".join(overlaps)


def expect_within(page: Page, size: Size, *, scrolled: bool = False) -> None:
    """Assert that every part is on the screen, or with `scrolled` on the page."""
    bottom_limit = float("inf") if scrolled else size.height
    outside = [
        box
        for box in boxes(page)
        if min(box.left, box.top) < -SLACK
        or box.right > size.width + SLACK
        or box.bottom > bottom_limit + SLACK
    ]
    assert not outside, outside
    excess = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert excess <= 0
    if not scrolled:
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0


def record_shifts(page: Page) -> None:
    """Record the layout shifts of the pages that are opened from now on."""
    page.add_init_script(RECORD_SHIFTS)


def total_shift(page: Page) -> float:
    """The sum of the layout shifts since the page was opened."""
    page.evaluate(TWO_FRAMES)
    return float(page.evaluate(TOTAL_SHIFT))


def resize(page: Page, size: Size) -> None:
    """Resize the window, and wait until nothing on the page moves."""
    page.set_viewport_size({"width": size.width, "height": size.height})
    page.evaluate(SETTLE, PARTS)


def font_size(page: Page, selector: str) -> float:
    """The font size of the first element of a selector, in CSS pixels."""
    return float(
        page.locator(selector).first.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    )
