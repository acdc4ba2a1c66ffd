"""The draft of a poll is stored on the device until the poll is created."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

FORBIDDEN = """
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, {
    get() { throw new DOMException("denied", "SecurityError"); },
  });
}
"""
FULL = """
Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
"""
GARBAGE = """
localStorage.setItem("tally.draft.left", '{"saved": 9e15, "question": ["not", "text"]}');
localStorage.setItem("tally.draft.over", "not json");
"""


def question(visitor: Visitor, page: Page | None = None) -> str:
    field = (page or visitor.page).get_by_label("Ask the room a question")
    expect(field).to_be_visible()
    return field.input_value()


def draft_count(page: Page) -> int:
    found: int = page.evaluate(
        "Object.keys(localStorage).filter((name) => name.startsWith('tally.draft')).length"
    )
    return found


def fill_in_all(host: Visitor) -> None:
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee", "Milk", ""])
    host.page.get_by_role("radio", name="several").check(force=True)
    host.page.get_by_role("radio", name="after closing").check(force=True)
    host.page.get_by_label("Closes at").fill("2031-05-04T18:30")


def expect_all(host: Visitor, page: Page | None = None) -> None:
    current_page = page or host.page
    assert question(host, current_page) == "Which?"
    for number, text in enumerate(["Tea", "Coffee", "Milk", ""], 1):
        expect(
            current_page.get_by_role("textbox", name=f"Answer {number}", exact=True)
        ).to_have_value(text)
    expect(current_page.get_by_role("radio", name="several")).to_be_checked()
    expect(current_page.get_by_role("radio", name="after closing")).to_be_checked()
    expect(current_page.get_by_label("Closes at")).to_have_value("2031-05-04T18:30")


def test_reload_restores_the_draft(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    host = new_visitor(stack.url, size)
    fill_in_all(host)
    host.page.reload()
    expect_all(host)
    host.expect_text("Your draft is back.")
    screenshot(host.page, "create-restored")


def test_draft_of_a_closed_tab_is_restored_in_another(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    fill_in_all(host)
    host.page.close(run_before_unload=False)
    new_page = host.page.context.new_page()
    new_page.goto("/")
    expect_all(host, new_page)


def test_created_poll_deletes_its_draft(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee"])
    host.page.reload()
    assert question(host) == "Which?"
    assert draft_count(host.page) == 1
    host.press("Open the poll")
    host.expect_text("Your poll is open.")
    assert draft_count(host.page) == 0
    host.page.get_by_role("link", name="Ask something new").click()
    assert question(host) == ""
    host.page.goto("/")
    assert question(host) == ""


def test_start_over_empties_the_form_and_can_be_undone(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    assert question(host) == ""
    expect(host.page.get_by_role("button", name="Start over")).to_have_count(0)
    fill_in_all(host)
    host.press("Start over")
    assert question(host) == ""
    expect(host.page.get_by_label("Ask the room a question")).to_be_focused()
    expect(host.page.get_by_role("button", name="Start over")).to_have_count(0)
    assert draft_count(host.page) == 0
    host.press("Undo")
    expect_all(host)
    host.page.reload()
    expect_all(host)
    host.press("Start over")
    host.page.reload()
    assert question(host) == ""


def test_two_tabs_have_separate_drafts(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto("/")
    host.fill_in("Which?", ["Tea", "Coffee"])
    other = host.page.context.new_page()
    other.goto("/")
    assert question(host, other) == "Which?"
    other.get_by_label("Ask the room a question").fill("And where?")
    host.wait_until("Object.keys(localStorage).length === 2")
    host.page.reload()
    assert question(host) == "Which?"
    other.reload()
    assert question(host, other) == "And where?"
    other.get_by_role("button", name="Open the poll").click()
    expect(other.get_by_text("Your poll is open.")).to_be_visible()
    host.page.reload()
    assert question(host) == "Which?"


@pytest.mark.parametrize("script", [FORBIDDEN, FULL, GARBAGE], ids=["forbidden", "full", "garbage"])
def test_form_works_without_storage(stack: Stack, new_visitor: NewVisitor, script: str) -> None:
    host = new_visitor(stack.url)
    host.page.add_init_script(script)
    host.create_poll("Which?", ["Tea", "Coffee"])
    host.expect_text("Your poll is open.")
    host.page.goto("/")
    assert question(host) == ""
