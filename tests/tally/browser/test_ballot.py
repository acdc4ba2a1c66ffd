"""What became of a vote is told at its answer: nothing is lost, or called counted too soon."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.stack import Stack
from tests.tally.browser.layout import boxes
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, SMALL_PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]
Picture = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

COUNTED = "Your vote is counted."
KEPT = "Your vote is kept on this device."
LEARNS = 20_000  # ms; an open ballot looks every seven seconds
THUMB = 44  # CSS pixels: WCAG 2.5.5
TWENTY = [f"Answer number {number}" for number in range(1, 21)]


@pytest.fixture
def poll(stack: Stack) -> Poll:
    return Poll(stack)


@pytest.fixture
def voter(stack: Stack, newcomer: Newcomer, poll: Poll) -> Visitor:
    """In front of the open ballot."""
    voter = newcomer(stack.url, SMALL_PHONE)
    voter.page.goto(poll.address)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_visible()
    return voter


def says(voter: Visitor, label: str, mark: str) -> None:
    """The words at an answer, which screen readers read with it."""
    radio = voter.page.get_by_role("radio", name=label, exact=True)
    expect(radio).to_have_accessible_description(mark)


def learns_that_it_is_closed(voter: Visitor) -> None:
    expect(voter.page.get_by_text("This poll is closed.")).to_be_visible(timeout=LEARNS)


def crosses(voter: Visitor) -> int:
    return voter.page.get_by_role("radio", checked=True).count()


def test_each_step_of_a_vote_is_told_at_its_answer(voter: Visitor, picture: Picture) -> None:
    held: list[Route] = []
    voter.choose("Tea")
    says(voter, "Tea", "Not sent yet")
    picture(voter.page, "vote-unsent")
    voter.page.route("**/ballot", lambda route: held.append(route), times=1)  # noqa: PLW0108
    with voter.page.expect_request("**/ballot"):
        voter.press("Vote")
    says(voter, "Tea", "Being sent")
    held[0].continue_()
    says(voter, "Tea", "Counted")
    voter.choose("Coffee")
    says(voter, "Coffee", "Not sent yet")
    says(voter, "Tea", "Still counted")
    picture(voter.page, "vote-changed")
    voter.choose("Tea")
    says(voter, "Tea", "Counted")
    says(voter, "Coffee", "")


def test_what_is_not_counted_is_drawn_otherwise(voter: Visitor) -> None:
    box = voter.page.locator("label").filter(has_text="Tea").locator(".ballot-box")
    voter.choose("Tea")
    expect(box).to_have_css("border-style", "dashed")
    voter.press("Vote")
    voter.sees(COUNTED)
    expect(box).to_have_css("border-style", "solid")


def test_a_change_that_was_not_sent_is_not_counted_when_the_poll_closes(
    voter: Visitor, poll: Poll, picture: Picture
) -> None:
    voter.vote("Tea")
    voter.choose("Coffee")
    poll.close()
    learns_that_it_is_closed(voter)
    expect(voter.page.get_by_role("radio", name="Tea")).to_be_checked()
    says(voter, "Tea", "Counted")
    says(voter, "Coffee", "Not sent, not counted")
    voter.sees("Your change is not counted.")
    picture(voter.page, "vote-closed-changed")
    poll.reopen()
    expect(voter.page.get_by_role("radio", name="Coffee")).to_be_enabled(timeout=LEARNS)
    expect(voter.page.get_by_role("radio", name="Coffee")).to_be_checked()
    voter.press("Change my vote")
    voter.sees(COUNTED)
    assert poll.votes() == [0, 1]


def test_a_cross_that_was_never_sent_goes_when_the_poll_closes(voter: Visitor, poll: Poll) -> None:
    voter.choose("Tea")
    poll.close()
    learns_that_it_is_closed(voter)
    voter.sees("Your vote is not counted.")
    says(voter, "Tea", "Not sent, not counted")
    assert crosses(voter) == 0


def test_a_vote_that_arrives_too_late_is_said_to_be(
    voter: Visitor, poll: Poll, picture: Picture
) -> None:
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees(KEPT)
    poll.close()
    voter.page.context.set_offline(False)
    voter.sees("Your vote came too late.")
    poll.reopen()
    expect(voter.page.get_by_role("button", name="Vote")).to_be_visible(timeout=LEARNS)
    says(voter, "Tea", "Not sent yet")
    expect(voter.page.get_by_role("alert")).to_have_count(0)  # that it was late is no fault now
    poll.close()
    expect(voter.page.get_by_text("Your vote came too late.")).to_be_visible(timeout=LEARNS)
    for _ in range(2):
        voter.sees("This poll is closed.")
        says(voter, "Tea", "Too late, not counted")
        assert crosses(voter) == 0
        picture(voter.page, "vote-late")
        voter.page.reload()
    assert poll.votes() == [0, 0]


def test_a_vote_whose_answer_was_lost_is_not_called_late(voter: Visitor, poll: Poll) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        poll.close()
        route.abort("connectionreset")

    voter.page.route("**/ballot", lose, times=1)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees("This poll is closed. Your vote was counted.")
    says(voter, "Tea", "Counted")
    assert poll.votes() == [1, 0]


def test_an_open_ballot_learns_that_its_poll_was_deleted(voter: Visitor, poll: Poll) -> None:
    looks: list[str] = []
    voter.choose("Tea")
    poll.delete()
    expect(voter.page.get_by_text("This poll was deleted")).to_be_visible(timeout=LEARNS)
    expect(voter.page.get_by_role("button")).to_have_count(0)
    expect(voter.page.get_by_role("main")).to_be_focused()
    voter.page.on("request", lambda request: looks.append(request.url))
    voter.page.wait_for_timeout(8_000)
    assert looks == []


def test_a_vote_for_a_poll_that_was_deleted_meets_its_page(voter: Visitor, poll: Poll) -> None:
    voter.page.route("**/results", lambda route: route.abort())  # it is to learn it by voting
    voter.choose("Tea")
    poll.delete()
    voter.press("Vote")
    voter.sees("This poll was deleted")


def test_another_tap_does_not_hide_that_a_vote_waits(voter: Visitor, poll: Poll) -> None:
    voter.page.context.set_offline(True)
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees(KEPT)
    voter.choose("Coffee")
    says(voter, "Tea", "Waiting to be sent")
    says(voter, "Coffee", "Not sent yet")
    voter.sees("The vote before it waits for a connection.")
    voter.page.context.set_offline(False)
    says(voter, "Tea", "Still counted")
    says(voter, "Coffee", "Not sent yet")
    assert poll.votes() == [1, 0]


def test_crosses_outlive_a_reload_and_a_look_at_the_results(voter: Visitor, poll: Poll) -> None:
    voter.vote("Tea")
    voter.choose("Coffee")
    voter.page.reload()
    says(voter, "Coffee", "Not sent yet")
    voter.page.get_by_role("link", name="See the results").click()
    voter.expect_share("Tea", 1, 100)
    voter.page.go_back()
    says(voter, "Coffee", "Not sent yet")
    expect(voter.page.get_by_role("radio", name="Coffee")).to_be_checked()


def test_a_vote_that_waits_is_sent_by_whichever_page_is_opened(voter: Visitor, poll: Poll) -> None:
    voter.page.route("**/ballot", lambda route: route.abort("internetdisconnected"))
    voter.choose("Tea")
    voter.press("Vote")
    voter.sees(KEPT)
    voter.page.unroute("**/ballot")
    voter.page.goto(f"{poll.address}/results")
    voter.expect_share("Tea", 1, 100)


def test_two_tabs_of_a_ballot_agree(voter: Visitor, poll: Poll) -> None:
    other = Visitor(voter.page.context.new_page(), voter.complaints)
    other.open(poll.address)
    voter.vote("Tea")
    says(other, "Tea", "Counted")
    expect(other.page.get_by_role("radio", name="Tea")).to_be_checked()
    voter.page.context.set_offline(True)
    other.choose("Coffee")
    other.press("Change my vote")
    for tab in (other, voter):
        tab.sees(KEPT)
        says(tab, "Coffee", "Waiting to be sent")
    voter.page.context.set_offline(False)
    for tab in (other, voter):
        says(tab, "Coffee", "Counted")
    assert poll.votes() == [0, 1]


def test_what_is_counted_is_asked_for_when_the_ballot_is_looked_at_again(
    stack: Stack, voter: Visitor, poll: Poll
) -> None:
    """Where a page hears nothing of other tabs, such as one that was frozen."""
    voter.vote("Tea")
    (cookie,) = voter.page.context.cookies()
    poll.vote(2, cookies={cookie["name"]: cookie["value"]})
    voter.page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
    says(voter, "Coffee", "Counted")


def test_an_address_in_capitals_is_the_same_ballot(voter: Visitor, poll: Poll) -> None:
    voter.page.goto(poll.address.upper().replace("/P/", "/p/"))
    voter.vote("Tea")
    expect(voter.page).to_have_url(re.compile(f"{poll.address}$"))


@pytest.mark.parametrize(
    "room", [SMALL_PHONE, Size(568, 320), PHONE], ids=["small", "low", "phone"]
)
def test_what_is_to_be_sent_is_in_reach_and_nothing_hides_the_focus(
    stack: Stack, newcomer: Newcomer, room: Size
) -> None:
    voter = newcomer(stack.url, room)
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
    voter.sees(COUNTED)
    expect(voter.page.get_by_text(COUNTED)).to_be_in_viewport(ratio=1)


def assert_uncovered(page: Page) -> None:
    """The line that has the focus ends above the stub, as far as there is room for it."""
    line, stub = page.evaluate(
        """() => [document.activeElement.closest("label"), document.querySelector(".ballot-stub")]
             .map((element) => element.getBoundingClientRect().toJSON())"""
    )
    assert line["bottom"] <= stub["top"] + 1, (line, stub)
    assert line["top"] >= 0


def test_no_state_of_a_ballot_moves_its_answers(stack: Stack, newcomer: Newcomer) -> None:
    voter = newcomer(stack.url, SMALL_PHONE)
    long = "Tea from the second harvest of the old garden, warm"
    voter.open(Poll(stack, options=[long, "Coffee"]).address)

    def places() -> object:
        return voter.page.evaluate(
            """() => [...document.querySelectorAll(".ballot-options > li, .ballot-label")]
                 .map(({ offsetTop, offsetHeight }) => [offsetTop, offsetHeight])"""
        )

    before = places()
    voter.choose(long)
    says(voter, long, "Not sent yet")
    assert places() == before
    voter.press("Vote")
    says(voter, long, "Counted")
    assert places() == before


@pytest.mark.parametrize("control", ["an answer", "the button"])
def test_the_words_that_a_poll_is_closed_take_over_the_focus(
    voter: Visitor, poll: Poll, control: str
) -> None:
    if control == "an answer":
        voter.page.get_by_role("radio", name="Tea").focus()
    else:
        voter.page.get_by_role("button", name="Vote").focus()
    poll.close()
    told = voter.page.get_by_text("This poll is closed.")
    expect(told).to_be_focused(timeout=LEARNS)
    voter.page.reload()
    expect(told).to_be_visible()
    expect(told).not_to_be_focused()
