"""What people do with Tally: the page object of the browser tests."""

import re
import time
from collections.abc import Sequence
from typing import NamedTuple

from playwright.sync_api import Locator, Page, expect


class Size(NamedTuple):
    """A window, in CSS pixels."""

    width: int
    height: int


TIMEOUT_SECONDS = 20.0

SMALL_PHONE = Size(320, 568)
PHONE = Size(375, 740)
DESKTOP = Size(1280, 800)
PROJECTORS = [Size(1024, 768), Size(1280, 720), Size(1920, 1080)]


class Visitor:
    """A person with a browser, with separate cookies and storage."""

    def __init__(self, page: Page, console_errors: list[str]) -> None:
        self.page = page
        self.console_errors = (
            console_errors  # errors that the pages of this test have logged so far
        )

    def open(self, address: str) -> Page:
        """Go to a page and wait until it is rendered."""
        self.page.goto(address)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        return self.page

    def wait_until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true.

        It is evaluated from here each time: Playwright's wait_for_function evaluates it inside the
        page, where the content security policy forbids it.
        """
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, f"not true: {expression}"
            self.page.wait_for_timeout(50)

    # Creating

    def create_poll(self, question: str, options: Sequence[str], *, several: bool = False) -> str:
        """Create a poll through the form; return the path of its ballot."""
        self.page.goto("/")
        self.fill_in(question, options)
        if several:
            self.page.get_by_role("radio", name="several").check(force=True)
        self.page.get_by_role("button", name="Open the poll").click()
        expect(self.page).to_have_url(re.compile(r"/p/\w+/manage#.+"))
        return re.sub(r"^https?://[^/]+|/manage#.*$", "", self.page.url)

    def fill_in(self, question: str, options: Sequence[str]) -> None:
        """Type a question and its answers, adding fields as needed."""
        self.page.get_by_label("Ask the room a question").fill(question)
        for number, text in enumerate(options, 1):
            field = self.answer_field(number)
            if number > 2 and not field.is_visible():
                self.page.get_by_role("button", name="Add an answer").click()
            field.fill(text)

    def answer_field(self, number: int) -> Locator:
        """The form's field for an answer; numbers start at 1."""
        return self.page.get_by_role("textbox", name=f"Answer {number}", exact=True)

    # Voting

    def choose(self, *labels: str) -> None:
        """Tap the answers with these labels on the ballot."""
        for label in labels:
            self.page.locator("label").filter(has_text=label).click()

    def vote(self, *labels: str) -> None:
        """Choose and send; wait until the vote is counted."""
        self.choose(*labels)
        self.page.get_by_role("button", name=re.compile("^(Vote|Change my vote)$")).click()
        expect(self.page.get_by_text("Your vote is counted.")).to_be_visible()

    # Watching

    def result_row(self, label: str) -> Locator:
        """The row of an option in the results."""
        return self.page.get_by_role("listitem").filter(has_text=label)

    def expect_share(self, label: str, votes: int, percent: int) -> None:
        """Wait until the results show these votes and this percentage."""
        unit = "vote" if votes == 1 else "votes"
        expect(self.result_row(label)).to_contain_text(f"{votes} {unit}")
        expect(self.result_row(label)).to_contain_text(re.compile(rf"(?<!\d){percent}%"))

    # Managing

    def press(self, name: str) -> None:
        """Press the button with exactly this name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def expect_text(self, text: str) -> None:
        """Wait until the page shows this text."""
        expect(self.page.get_by_text(text).first).to_be_visible()
