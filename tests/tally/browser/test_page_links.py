"""The links between pages, and who sees them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def test_host_gets_a_manage_link_on_results_and_presenter_view(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    poll = Poll(stack)
    host, voter = new_visitor(stack.url, size), new_visitor(stack.url, size)
    host.page.goto(poll.manage)
    host.expect_text("Open")
    for path in ("results", "present"):
        voter.page.goto(f"{poll.address}/{path}")
        voter.expect_text("Vote at")
        expect(voter.page.get_by_role("link", name="Manage")).to_have_count(0)

        host.page.goto(f"{poll.address}/{path}")
        host.expect_text("Vote at")
        host.page.get_by_role("link", name="Manage").click()
        expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()


def test_manage_link_of_the_presenter_view_is_hidden_until_used(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    poll = Poll(stack)
    host = new_visitor(stack.url)
    host.page.goto(poll.manage)
    host.expect_text("Open")
    host.page.goto(f"{poll.address}/present")
    link = host.page.get_by_role("link", name="Manage")
    expect(link).to_have_css("opacity", "0")
    host.page.get_by_role("link", name="Leave").hover()
    expect(link).to_have_css("opacity", "1")
    host.page.mouse.move(5, 5)
    expect(link).to_have_css("opacity", "0")
    link.focus()
    expect(link).to_have_css("opacity", "1")


def test_start_page_links_to_the_status_page(stack: Stack, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(stack.url)
    visitor.page.goto("/")
    visitor.page.get_by_role("link", name="Status of this server").click()
    expect(visitor.page.get_by_role("heading", name="Status")).to_be_visible()


def test_skip_link_keeps_the_manage_key(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    host.page.goto(Poll(stack).manage)
    expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()
    host.page.get_by_role("link", name="Skip to content").press("Enter")
    expect(host.page.get_by_role("main")).to_be_focused()
    host.press("Close the poll")
    host.expect_text("Closed")


def test_browser_back_does_not_restore_a_deleted_poll(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host, poll = new_visitor(stack.url), Poll(stack)
    host.open(poll.manage)
    host.press("Delete the poll…")
    host.press("Delete it for good")
    host.expect_text("The poll and its votes are deleted.")
    host.page.go_back()
    host.expect_text("This poll does not exist.")
    host.open("/")
    expect(host.page.get_by_text("Your polls")).to_have_count(0)
