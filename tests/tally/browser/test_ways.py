"""The links from page to page, and who sees them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def test_the_host_finds_the_way_back_from_results_and_wall(
    stack: Stack, newcomer: Newcomer, size: Size
) -> None:
    poll = Poll(stack)
    host, voter = newcomer(stack.url, size), newcomer(stack.url, size)
    host.page.goto(poll.manage)
    host.sees("Open")
    for path in ("results", "present"):
        voter.page.goto(f"{poll.address}/{path}")
        voter.sees("Vote at")
        expect(voter.page.get_by_role("link", name="Manage")).to_have_count(0)

        host.page.goto(f"{poll.address}/{path}")
        host.sees("Vote at")
        host.page.get_by_role("link", name="Manage").click()
        expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()


def test_the_way_back_is_not_in_the_picture_on_the_wall(stack: Stack, newcomer: Newcomer) -> None:
    poll = Poll(stack)
    host = newcomer(stack.url)
    host.page.goto(poll.manage)
    host.sees("Open")
    host.page.goto(f"{poll.address}/present")
    link = host.page.get_by_role("link", name="Manage")
    expect(link).to_have_css("opacity", "0")
    host.page.get_by_role("link", name="Leave").hover()
    expect(link).to_have_css("opacity", "1")
    host.page.mouse.move(5, 5)
    expect(link).to_have_css("opacity", "0")
    link.focus()
    expect(link).to_have_css("opacity", "1")


def test_the_start_page_leads_to_the_status_page(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url)
    visitor.page.goto("/")
    visitor.page.get_by_role("link", name="Status of this server").click()
    expect(visitor.page.get_by_role("heading", name="Status")).to_be_visible()


def test_skipping_to_the_content_does_not_lose_the_key(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto(Poll(stack).manage)
    expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()
    host.page.get_by_role("link", name="Skip to content").press("Enter")
    expect(host.page.get_by_role("main")).to_be_focused()
    host.press("Close the poll")
    host.sees("Closed")


def test_the_way_back_to_a_poll_that_was_deleted_does_not_bring_it_back(
    stack: Stack, newcomer: Newcomer
) -> None:
    host, poll = newcomer(stack.url), Poll(stack)
    host.open(poll.manage)
    host.press("Delete the poll…")
    host.press("Delete it for good")
    host.sees("The poll and its votes are deleted.")
    host.page.go_back()
    host.sees("There is no such poll.")
    host.open("/")
    expect(host.page.get_by_text("Your polls")).to_have_count(0)
