"""The state of a vote is shown at its answer: no vote is lost, or shown as counted too early."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import boxes
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, SMALL_PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]
Screenshot = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

COUNTED = "Your vote is counted."
KEPT = "Your vote is kept on this device."
POLL_TIMEOUT = 20_000  # ms; an open ballot polls the API every seven seconds
THUMB = 44  # CSS pixels: WCAG 2.5.5
TWENTY = [f"Answer number {number}" for number in range(1, 21)]


@pytest.fixture
def poll(stack: Stack) -> Poll:
    return Poll(stack)


@pytest.fixture
def voter(stack: Stack, new_visitor: NewVisitor, poll: Poll) -> Visitor:
    """A visitor at the open ballot."""
    voter = new_visitor(stack.url, SMALL_PHONE)
    voter.page.goto(poll.address)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_visible()
    return voter


def expect_mark(voter: Visitor, label: str, mark: str) -> None:
    """Expect the text at an answer, which screen readers read with it."""
    radio = voter.page.get_by_role("radio", name=label, exact=True)
    expect(radio).to_have_accessible_description(mark)


def expect_closed(voter: Visitor) -> None:
    expect(voter.page.get_by_text("This poll is closed.")).to_be_visible(timeout=POLL_TIMEOUT)


def checked_count(voter: Visitor) -> int:
    return voter.page.get_by_role("radio", checked=True).count()


def test_answer_shows_each_state_of_its_vote(voter: Visitor, screenshot: Screenshot) -> None:
    held_routes: list[Route] = []
    voter.choose("Tea")
    expect_mark(voter, "Tea", "Not sent yet")
    screenshot(voter.page, "vote-unsent")
    voter.page.route("**/ballot", lambda route: held_routes.append(route), times=1)  # noqa: PLW0108
    with voter.page.expect_request("**/ballot"):
        voter.press("Vote")
    expect_mark(voter, "Tea", "Being sent")
    held_routes[0].continue_()
    expect_mark(voter, "Tea", "Counted")
    voter.choose("Coffee")
    expect_mark(voter, "Coffee", "Not sent yet")
    expect_mark(voter, "Tea", "Still counted")
    screenshot(voter.page, "vote-changed")
    voter.choose("Tea")
    expect_mark(voter, "Tea", "Counted")
    expect_mark(voter, "Coffee", "")


def test_vote_that_is_not_counted_has_a_dashed_border(voter: Visitor) -> None:
    box = voter.page.locator("label").filter(has_text="Tea").locator(".ballot-box")
    voter.choose("Tea")
    expect(box).to_have_css("border-style", "dashed")
    voter.press("Vote")
    voter.expect_text(COUNTED)
    expect(box).to_have_css("border-style", "solid")


def test_unsent_change_is_marked_when_the_poll_closes(
    voter: Visitor, poll: Poll, screenshot: Screenshot
) -> None:
    voter.vote("Tea")
    voter.choose("Coffee")
    poll.close()
    expect_closed(voter)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
    expect_mark(voter, "Tea", "Counted")
    expect_mark(voter, "Coffee", "Not sent, not counted")
    voter.expect_text("Your change is not counted.")
    screenshot(voter.page, "vote-closed-changed")
    poll.reopen()
    expect(voter.page.get_by_role("radio", name="Coffee")).to_be_enabled(timeout=POLL_TIMEOUT)
    expect(voter.page.get_by_role("radio", name="Coffee")).to_be_checked()
    voter.press("Change my vote")
    voter.expect_text(COUNTED)
    assert poll.votes() == [0, 1]


def test_unsent_vote_is_cleared_when_the_poll_closes(voter: Visitor, poll: Poll) -> None:
    voter.choose("Tea")
    poll.close()
    expect_closed(voter)
    voter.expect_text("Your vote is not counted.")
    expect_mark(voter, "Tea", "Not sent, not counted")
    assert checked_count(voter) == 0


def test_vote_after_the_closing_is_marked_as_late(
    voter: Visitor, poll: Poll, screenshot: Screenshot
) -> None:
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text(KEPT)
    poll.close()
    voter.page.context.set_offline(False)
    voter.expect_text("Your vote came too late.")
    poll.reopen()
    expect(voter.page.get_by_role("button", name="Vote")).to_be_visible(timeout=POLL_TIMEOUT)
    expect_mark(voter, "Tea", "Not sent yet")
    expect(voter.page.get_by_role("alert")).to_have_count(0)  # being late is not an error now
    poll.close()
    expect(voter.page.get_by_text("Your vote came too late.")).to_be_visible(timeout=POLL_TIMEOUT)
    for _ in range(2):
        voter.expect_text("This poll is closed.")
        expect_mark(voter, "Tea", "Too late, not counted")
        assert checked_count(voter) == 0
        screenshot(voter.page, "vote-late")
        voter.page.reload()
    assert poll.votes() == [0, 0]


def test_counted_vote_with_a_lost_response_is_not_marked_as_late(
    voter: Visitor, poll: Poll
) -> None:
    def lose_response(route: Route) -> None:
        route.fetch()
        poll.close()
        route.abort("connectionreset")

    voter.page.route("**/ballot", lose_response, times=1)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text("This poll is closed. Your vote was counted.")
    expect_mark(voter, "Tea", "Counted")
    assert poll.votes() == [1, 0]


def test_open_ballot_shows_that_its_poll_was_deleted(voter: Visitor, poll: Poll) -> None:
    requests: list[str] = []
    voter.choose("Tea")
    poll.delete()
    expect(voter.page.get_by_text("This poll and its votes were deleted")).to_be_visible(
        timeout=POLL_TIMEOUT
    )
    expect(voter.page.get_by_role("button")).to_have_count(0)
    expect(voter.page.get_by_role("main")).to_be_focused()
    voter.page.on("request", lambda request: requests.append(request.url))
    voter.page.wait_for_timeout(8_000)
    assert requests == []


def test_vote_for_a_deleted_poll_shows_its_page(voter: Visitor, poll: Poll) -> None:
    voter.page.route("**/results", lambda route: route.abort())  # it must find out by voting
    voter.choose("Tea")
    poll.delete()
    voter.press("Vote")
    voter.expect_text("This poll and its votes were deleted")


def test_new_choice_does_not_hide_a_waiting_vote(voter: Visitor, poll: Poll) -> None:
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text(KEPT)
    voter.choose("Coffee")
    expect_mark(voter, "Tea", "Waiting to be sent")
    expect_mark(voter, "Coffee", "Not sent yet")
    voter.expect_text("Your earlier vote waits for a connection.")
    voter.page.context.set_offline(False)
    expect_mark(voter, "Tea", "Still counted")
    expect_mark(voter, "Coffee", "Not sent yet")
    assert poll.votes() == [1, 0]


def test_unsent_choice_survives_a_reload_and_the_results_page(voter: Visitor, poll: Poll) -> None:
    voter.vote("Tea")
    voter.choose("Coffee")
    voter.page.reload()
    expect_mark(voter, "Coffee", "Not sent yet")
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    voter.page.go_back()
    expect_mark(voter, "Coffee", "Not sent yet")
    expect(voter.page.get_by_role("radio", name="Coffee")).to_be_checked()


def test_waiting_vote_is_sent_by_the_next_page(voter: Visitor, poll: Poll) -> None:
    voter.page.route("**/ballot", lambda route: route.abort("internetdisconnected"))
    voter.choose("Tea")
    voter.press("Vote")
    voter.expect_text(KEPT)
    voter.page.unroute("**/ballot")
    voter.page.goto(f"{poll.address}/results")
    voter.expect_share("Tea", 1, 100)


def test_two_tabs_of_a_ballot_stay_in_sync(voter: Visitor, poll: Poll) -> None:
    other = Visitor(voter.page.context.new_page(), voter.console_errors)
    other.open(poll.address)
    voter.vote("Tea")
    expect_mark(other, "Tea", "Counted")
    expect(other.page.get_by_role("radio", name="Tea")).to_be_checked()
    voter.page.context.set_offline(True)
    other.choose("Coffee")
    other.press("Change my vote")
    for tab in (other, voter):
        tab.expect_text(KEPT)
        expect_mark(tab, "Coffee", "Waiting to be sent")
    voter.page.context.set_offline(False)
    for tab in (other, voter):
        expect_mark(tab, "Coffee", "Counted")
    assert poll.votes() == [0, 1]


def test_ballot_is_fetched_again_when_its_tab_becomes_visible(
    stack: Stack, voter: Visitor, poll: Poll
) -> None:
    """For a page that gets no messages from other tabs, such as a frozen one."""
    voter.vote("Tea")
    (cookie,) = voter.page.context.cookies()
    poll.vote(2, cookies={cookie["name"]: cookie["value"]})
    voter.page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
    expect_mark(voter, "Coffee", "Counted")


def test_ballot_path_in_capitals_is_redirected(voter: Visitor, poll: Poll) -> None:
    voter.page.goto(poll.address.upper().replace("/P/", "/p/"))
    voter.vote("Tea")
    expect(voter.page).to_have_url(re.compile(f"{poll.address}$"))


@pytest.mark.parametrize(
    "size", [SMALL_PHONE, Size(568, 320), PHONE], ids=["small", "low", "phone"]
)
def test_vote_button_is_in_view_and_does_not_cover_the_focus(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    voter = new_visitor(stack.url, size)
    voter.page.goto(Poll(stack, options=TWENTY, multiple=True).address)
    expect(voter.page.get_by_role("button", name="Vote")).to_be_visible()
    tapped = boxes(voter.page, ".ballot-option, .ballot-stub .button")
    assert len(tapped) == len(TWENTY) + 1
    assert min(box.bottom - box.top for box in tapped) >= THUMB, tapped
    for label in ("Answer number 20", "Answer number 2", "Answer number 9"):
        option = voter.page.locator("label").filter(has_text=re.compile(f"^{label}$"))
        option.scroll_into_view_if_needed()
        option.click()
        expect(voter.page.get_by_role("button", name="Vote")).to_be_in_viewport(ratio=1)
        assert_uncovered(voter.page)
    voter.page.evaluate("scrollTo(0, 0); document.activeElement.blur()")
    voter.page.get_by_role("checkbox").first.focus()
    for direction in ("Tab", "Shift+Tab"):
        for _ in range(len(TWENTY) - 1):
            voter.page.keyboard.press(direction)
            assert_uncovered(voter.page)
    voter.press("Vote")
    voter.expect_text(COUNTED)
    expect(voter.page.get_by_text(COUNTED)).to_be_in_viewport(ratio=1)


def assert_uncovered(page: Page) -> None:
    """Assert that the focused line is not covered by the stub with the button."""
    line, stub = page.evaluate(
        """() => [document.activeElement.closest("label"), document.querySelector(".ballot-stub")]
             .map((element) => element.getBoundingClientRect().toJSON())"""
    )
    assert line["bottom"] <= stub["top"] + 1, (line, stub)
    assert line["top"] >= 0


def test_states_of_a_ballot_do_not_move_its_answers(stack: Stack, new_visitor: NewVisitor) -> None:
    voter = new_visitor(stack.url, SMALL_PHONE)
    long = "Tea from the second harvest of the old garden, warm"
    voter.open(Poll(stack, options=[long, "Coffee"]).address)

    def places() -> object:
        return voter.page.evaluate(
            """() => [...document.querySelectorAll(".ballot-options > li, .ballot-label")]
                 .map(({ offsetTop, offsetHeight }) => [offsetTop, offsetHeight])"""
        )

    before = places()
    voter.choose(long)
    expect_mark(voter, long, "Not sent yet")
    assert places() == before
    voter.press("Vote")
    expect_mark(voter, long, "Counted")
    assert places() == before


@pytest.mark.parametrize("control", ["an answer", "the button"])
def test_closed_message_takes_the_focus(voter: Visitor, poll: Poll, control: str) -> None:
    if control == "an answer":
        voter.page.get_by_role("radio", name="Tea").focus()
    else:
        voter.page.get_by_role("button", name="Vote").focus()
    poll.close()
    closed_message = voter.page.get_by_text("This poll is closed.")
    expect(closed_message).to_be_focused(timeout=POLL_TIMEOUT)
    voter.page.reload()
    expect(closed_message).to_be_visible()
    expect(closed_message).not_to_be_focused()
