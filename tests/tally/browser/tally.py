"""What people do with Tally, in their words; the tests say what must come of it."""

import re
import time
from collections.abc import Sequence
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect


class Size(NamedTuple):
    """A window, in CSS pixels."""

    width: int
    height: int


PATIENCE_SECONDS = 20.0

SMALL_PHONE = Size(320, 568)
PHONE = Size(375, 740)
DESKTOP = Size(1280, 800)
PROJECTORS = [Size(1024, 768), Size(1280, 720), Size(1920, 1080)]


class Visitor:
    """Someone in front of a browser of their own, with cookies and storage of their own."""

    def __init__(self, page: Page, complaints: list[str]) -> None:
        self.page = page
        self.complaints = complaints  # what the pages of this test have logged as wrong so far

    def open(self, address: str) -> Page:
        """Go to a page and wait until it is drawn."""
        self.page.goto(address)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        return self.page

    def wait_until(self, expression: str) -> None:
        """Wait until a JavaScript expression holds.

        Asked from here, each time anew: Playwright's wait_for_function evaluates again inside the
        page, where the content security policy forbids it.
        """
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not self.page.evaluate(expression):
            assert time.monotonic() < give_up, f"not so: {expression}"
            self.page.wait_for_timeout(50)

    # Asking

    def ask(self, question: str, options: Sequence[str], *, several: bool = False) -> str:
        """Create a poll through the form; returns the address to vote at, as a path."""
        self.page.goto("/")
        self.fill_in(question, options)
        if several:
            self.page.get_by_role("radio", name="several").check(force=True)
        self.page.get_by_role("button", name="Open the poll").click()
        expect(self.page).to_have_url(re.compile(r"/p/\w+/manage#.+"))
        return re.sub(r"^https?://[^/]+|/manage#.*$", "", self.page.url)

    def fill_in(self, question: str, options: Sequence[str]) -> None:
        """Type a question and its answers, adding as many fields as it takes."""
        self.page.get_by_label("Ask the room a question").fill(question)
        for number, text in enumerate(options, 1):
            field = self.answer(number)
            if number > 2 and not field.is_visible():
                self.page.get_by_role("button", name="Add an answer").click()
            field.fill(text)

    def answer(self, number: int) -> Locator:
        """The form's field for an answer, counted from 1."""
        return self.page.get_by_role("textbox", name=f"Answer {number}", exact=True)

    # Voting

    def choose(self, *labels: str) -> None:
        """Tap the lines of the ballot."""
        for label in labels:
            self.page.locator("label").filter(has_text=label).click()

    def vote(self, *labels: str) -> None:
        """Choose and send; waits until the vote is counted."""
        self.choose(*labels)
        self.page.get_by_role("button", name=re.compile("^(Vote|Change my vote)$")).click()
        expect(self.page.get_by_text("Your vote is counted.")).to_be_visible()

    # Watching

    def row(self, label: str) -> Locator:
        """An option's row in the results."""
        return self.page.get_by_role("listitem").filter(has_text=label)

    def expect_share(self, label: str, votes: int, percent: int) -> None:
        """Wait until the results say so."""
        unit = "vote" if votes == 1 else "votes"
        expect(self.row(label)).to_contain_text(f"{votes} {unit}")
        expect(self.row(label)).to_contain_text(re.compile(rf"(?<!\d){percent}%"))

    # Managing

    def press(self, name: str) -> None:
        """Press a button by its whole name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str) -> None:
        """Wait until the page says so."""
        expect(self.page.get_by_text(text).first).to_be_visible()
