"""Create, vote, watch, manage: Tally's main features on all pages."""

import statistics
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]
Screenshot = Callable[[Page, str], None]

# The pages do not depend on the backend's database driver.
pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def test_poll_is_created_voted_on_closed_and_deleted(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Screenshot
) -> None:
    host, voter = new_visitor(stack.url, size), new_visitor(stack.url, PHONE)

    host.page.goto("/")
    screenshot(host.page, "create")
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee", "Water"])
    host.expect_text("Your poll is open.")
    manage = host.page.url
    expect(host.page.get_by_role("img", name="QR code of")).to_be_visible()
    screenshot(host.page, "manage")
    host.page.reload()
    host.expect_text("Open · 0 votes so far")
    expect(host.page.get_by_text("Your poll is open.")).to_have_count(0)  # shown once

    voter.page.goto(address)
    expect(voter.page.get_by_role("heading", name="Tea or coffee?")).to_be_visible()
    voter.choose("Tea")
    screenshot(voter.page, "vote")
    voter.vote("Tea")
    screenshot(voter.page, "voted")
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    screenshot(voter.page, "results")

    voter.page.goto(address)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
    voter.vote("Coffee")
    host.page.goto(f"{address}/results")
    host.expect_share("Coffee", 1, 100)
    host.expect_share("Tea", 0, 0)
    screenshot(host.page, "results")

    host.page.goto(manage)
    host.press("Close the poll")
    host.expect_text("Closed · 1 vote in all")
    # The open ballot updates itself, at the slow pace of a page without live numbers.
    closed = voter.page.get_by_text("This poll is closed. Your vote was counted.")
    expect(closed).to_be_visible(timeout=20_000)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_disabled()
    screenshot(voter.page, "vote-closed")

    host.press("Reopen the poll")
    host.expect_text("Open · 1 vote so far")
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_enabled(timeout=20_000)

    host.press("Delete the poll…")
    screenshot(host.page, "manage-delete")
    host.press("Keep it")
    expect(host.page.get_by_role("dialog")).to_be_hidden()
    host.press("Delete the poll…")
    host.press("Delete it for good")
    deleted = host.page.get_by_text("The poll and its votes are deleted.")
    expect(deleted).to_be_visible()
    host.page.reload()
    expect(host.page.get_by_role("heading", level=1)).to_be_visible()
    expect(deleted).to_have_count(0)  # shown once

    voter.page.goto(address)
    voter.expect_text("This poll does not exist.")
    screenshot(voter.page, "not-found")


def test_late_vote_is_refused_with_a_message(stack: Stack, new_visitor: NewVisitor) -> None:
    host, voter = new_visitor(stack.url), new_visitor(stack.url, PHONE)
    address = host.create_poll("Now?", ["Yes", "No"])
    # The ballot must not find out from the results that the poll is closed.
    voter.page.route("**/results", lambda route: route.abort())
    voter.page.goto(address)
    voter.choose("Yes")
    host.press("Close the poll")
    host.expect_text("Closed")
    voter.press("Vote")
    voter.expect_text("Your vote came too late.")
    voter.expect_text("This poll is closed.")
    expect(voter.page.get_by_role("radio", name="Yes")).not_to_be_checked()


def test_vote_is_shown_to_others_within_two_seconds(stack: Stack, new_visitor: NewVisitor) -> None:
    host, voter = new_visitor(stack.url, DESKTOP), new_visitor(stack.url, PHONE)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto(f"{address}/results")
    host.expect_share("Tea", 0, 0)
    voter.page.goto(address)
    delays = []
    for choice in ("Tea", "Coffee") * 4:
        voter.vote(choice)
        counted_at = time.monotonic()
        expect(host.result_row(choice)).to_contain_text("100%")
        delays.append(time.monotonic() - counted_at)
    # The median, since the machine may be busy for a moment.
    assert statistics.median(delays) <= 2, delays


def test_several_choices_count_as_one_voter(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Which days?", ["Monday", "Tuesday", "Friday"], several=True)
    for choices in (("Monday", "Friday"), ("Friday",)):
        voter = new_visitor(stack.url, PHONE)
        voter.page.goto(address)
        voter.vote(*choices)
    host.page.goto(f"{address}/results")
    host.expect_share("Monday", 1, 50)
    host.expect_share("Friday", 2, 100)
    host.expect_text("2 voters")


def test_empty_ballot_is_not_sent(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url, Size(320, 568))
    host.page.goto(host.create_poll("Tea or coffee?", ["Tea", "Coffee"]))
    button = host.page.get_by_role("button", name="Vote", exact=True)
    before = button.bounding_box()
    button.click()
    expect(host.page.get_by_role("alert")).to_have_text("Choose an answer first.")
    assert button.bounding_box() == before  # in place for the next tap


def test_votes_are_downloaded_as_csv(stack: Stack, new_visitor: NewVisitor, size: Size) -> None:
    host = new_visitor(stack.url, size)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    manage = host.page.url
    host.page.goto(address)
    host.vote("Coffee")
    host.page.goto(manage)
    with host.page.expect_download() as download:
        host.press("Download the votes as CSV")
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith("Tea,Coffee")
    assert lines[1].endswith(",0,1")
    assert download.value.suggested_filename == f"tally-{address.removeprefix('/p/')}.csv"


def test_address_and_secret_link_are_copied(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.press("Copy the address")
    host.expect_text("Copied")
    assert host.page.evaluate("navigator.clipboard.readText()") == f"{stack.url}{address}"
    host.press("Copy the secret link")
    expect(host.page.get_by_role("button", name="Copied")).to_have_count(2)
    assert host.page.evaluate("navigator.clipboard.readText()") == host.page.url
