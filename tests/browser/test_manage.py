"""The host's page: what it says is true of the poll, and its controls stay where they are."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.tally import PHONE, Size, Visitor, close
from tests.stack_fixture import Stack

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

OPEN = ("Your poll is open.", "Anyone with this address can vote.", "Close the poll")
CLOSED = ("Your poll is closed.", "Closed: nobody can vote now.", "Reopen the poll")
# Whether it is closed and what its closing time is: seconds from now, or none.
STATES: dict[str, tuple[bool, float | None, str]] = {
    "open": (False, None, "It stays open until you close it."),
    "timed": (False, 90_000, "It closes by itself "),
    "closed": (True, None, "It stays closed until you reopen it."),
    "early": (True, 90_000, "If reopened, it closes "),
    "expired": (False, 1.5, "Its time ended "),
}
SHOWN = {
    "always": ("Everyone sees the results.", "Everyone sees the results."),
    "voted": ("Whoever has voted sees", "Everyone sees the results while the poll is closed."),
    "closed": ("Nobody but you sees", "Everyone sees the results while the poll is closed."),
}


def asked(stack: Stack, **members: object) -> dict[str, Any]:
    body = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]} | members
    poll: dict[str, Any] = httpx.post(f"{stack.url}/api/polls", json=body).json()
    return poll


def manage(poll: dict[str, Any]) -> str:
    return f"/p/{poll['id']}/manage#{poll['manage_key']}"


def answer_with(status: int, title: str = "") -> Callable[[Route], None]:
    """Have what is sent be refused, and everything else pass."""

    def handle(route: Route) -> None:
        if route.request.method == "GET" and not route.request.url.endswith(".csv"):
            route.fallback()
        else:
            problem = {"type": "/problems/refused", "title": title}
            route.fulfill(status=status, body=json.dumps(problem))

    return handle


def section(page: Page, heading: str) -> Locator:
    return page.locator("section").filter(has=page.get_by_role("heading", name=heading, exact=True))


@pytest.mark.parametrize("results", SHOWN)
@pytest.mark.parametrize("state", STATES)
def test_each_text_is_true_of_the_state_that_the_poll_is_in(
    stack: Stack,
    newcomer: Newcomer,
    state: str,
    results: str,
    picture: Callable[[Page, str], None],
) -> None:
    by_hand, seconds, closing = STATES[state]
    moment = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    closes_at = None if moment is None else moment.isoformat()
    poll = asked(stack, results=results, closes_at=closes_at)
    if by_hand:
        close(stack, poll)
    host = newcomer(stack.url, PHONE)
    # As after creating it.
    host.page.add_init_script("history.replaceState({ news: 'created' }, '')")
    host.page.goto(manage(poll))
    host.sees(closing)
    is_closed = by_hand or state == "expired"
    for is_true, texts in ((not is_closed, OPEN), (is_closed, CLOSED)):
        for text in texts:
            expect(host.page.get_by_text(text)).to_have_count(1 if is_true else 0)
    for other in {text for _, _, text in STATES.values()} - {closing}:
        expect(host.page.get_by_text(other)).to_have_count(0)
    expect(host.page.get_by_text(SHOWN[results][is_closed])).to_be_visible()
    if results != "always":
        expect(host.page.get_by_text(SHOWN[results][not is_closed])).to_have_count(0)
    label = "Open it again until" if is_closed else "Closes by itself at"
    value = "" if state in {"open", "closed", "expired"} else re.compile("^20")
    expect(host.page.get_by_label(label)).to_have_value(value)
    if results == "always":
        picture(host.page, f"manage-{state}")


def test_a_poll_that_closes_by_itself_says_so_by_itself(stack: Stack, newcomer: Newcomer) -> None:
    closes_at = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    host = newcomer(stack.url)
    host.page.goto(manage(asked(stack, closes_at=closes_at)))
    host.sees("It closes by itself at")
    host.sees("Its time ended at")
    expect(host.page.get_by_text("It closes by itself at")).to_have_count(0)


def test_it_is_reopened_until_a_time(stack: Stack, newcomer: Newcomer) -> None:
    poll = asked(stack)
    close(stack, poll)
    host = newcomer(stack.url)
    host.page.goto(manage(poll))
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    host.page.get_by_label("Open it again until").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
    host.press("Reopen until then")
    host.sees("It closes by itself on")
    expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()


def test_a_time_that_was_typed_is_not_lost_where_it_cannot_be_sent(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto(manage(asked(stack)))
    host.page.route("**/api/polls/*", answer_with(409, "Not now"))
    field = host.page.get_by_label("Closes by itself at")
    field.fill("2030-05-04T18:30")
    host.press("Set the closing time")
    host.sees("Something went wrong.")
    expect(host.page.get_by_text("Not now")).to_have_count(0)  # the server's words, for programs
    expect(field).to_have_value("2030-05-04T18:30")


def test_what_was_wrong_with_a_closing_time_is_not_said_of_the_poll_that_is_open_again(
    stack: Stack, newcomer: Newcomer
) -> None:
    poll = asked(stack)
    close(stack, poll)
    host = newcomer(stack.url)
    host.page.goto(manage(poll))
    host.press("Reopen until then")
    host.sees("Choose a time that is still to come.")
    host.press("Reopen the poll")
    host.sees("It stays open until you close it.")
    expect(host.page.get_by_text("Choose a time that is still to come.")).to_have_count(0)


def test_several_choices_are_counted_by_voter(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto(manage(asked(stack, multiple=True)))
    host.sees("Open · 0 voters so far")


def test_the_focus_stays_on_what_takes_the_place_of_what_was_pressed(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    poll = asked(stack)
    page = host.page

    def slowly(route: Route) -> None:
        """Long enough that a control that cannot be pressed meanwhile would lose the focus."""
        page.wait_for_timeout(200)
        route.fallback()

    page.route("**/api/polls/*", slowly)
    page.goto(manage(poll))
    button = page.get_by_role("button", name=re.compile("^(Close|Reopen) the poll$"))
    button.focus()
    for name in ("Reopen the poll", "Close the poll"):
        page.keyboard.press("Enter")
        expect(button).to_have_text(name)
        expect(button).to_be_focused()

    field = page.get_by_label("Closes by itself at")
    field.fill("2030-05-04T18:30")
    page.get_by_role("button", name="Set the closing time").press("Enter")
    never = page.get_by_role("button", name="Never close by itself")
    expect(never).to_be_visible()
    expect(page.get_by_role("button", name="Set the closing time")).to_be_focused()
    never.press("Enter")
    expect(never).to_have_count(0)
    expect(field).to_be_focused()
    page.get_by_role("button", name="Set the closing time").press("Enter")
    expect(field).to_be_focused()  # since it is empty

    delete = page.get_by_role("button", name="Delete the poll…")
    for way_out in ("Enter", "Escape"):
        delete.press("Enter")
        expect(page.get_by_role("button", name="Keep it")).to_be_focused()
        page.keyboard.press(way_out)
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(delete).to_be_focused()
    delete.press("Enter")
    host.press("Delete it for good")
    host.sees("The poll and its votes are deleted.")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_slow_answer_is_asked_for_once(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto(manage(asked(stack)))
    sent: list[str] = []
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(route.request.method)
            held.append(route)
        else:
            route.fallback()

    host.page.route("**/api/polls/*", hold)
    button = host.page.get_by_role("button", name="Close the poll")
    button.focus()
    for _ in range(3):
        host.page.keyboard.press("Enter")
    expect(button).to_be_disabled()
    expect(button).to_be_focused()
    assert sent == ["PATCH"]
    held[0].fallback()
    host.sees("Closed")


@pytest.mark.parametrize(
    ("heading", "button"),
    [
        ("Run it", "Close the poll"),
        ("Run it", "Set the closing time"),
        ("The votes", "Download the votes as CSV"),
        ("Delete", "Delete the poll…"),
    ],
)
def test_what_goes_wrong_is_told_at_the_button_and_moves_nothing(
    stack: Stack, newcomer: Newcomer, heading: str, button: str, size: Size
) -> None:
    host = newcomer(stack.url, size)
    page = host.page
    page.goto(manage(asked(stack)))
    expect(page.get_by_role("button", name=button)).to_be_visible()
    page.route("**/api/polls/**", answer_with(409))
    page.get_by_label("Closes by itself at").fill("2030-05-04T18:30")
    heights = "[...document.querySelectorAll('section')].map((one) => one.offsetHeight)"
    before = page.evaluate(heights)
    host.press(button)
    if heading == "Delete":
        host.press("Delete it for good")
        place = page.get_by_role("dialog")
    else:
        place = section(page, heading)
    told = page.get_by_role("alert").filter(has_text="Something went wrong")
    expect(told).to_have_count(1)
    expect(place.get_by_role("alert").filter(has_text="Something went wrong")).to_be_visible()
    assert page.evaluate(heights) == before


def test_a_server_that_is_away_is_told_at_the_button_while_it_is_tried_again(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.clock.install()
    host.page.goto(manage(asked(stack)))
    host.page.route("**/api/polls/*", answer_with(503))
    tries: list[str] = []
    host.page.on("response", lambda answer: tries.extend(["5"] if answer.status == 503 else []))
    host.press("Close the poll")
    told = section(host.page, "Run it").get_by_text("Trying again…")
    for _ in range(60):  # the clock may run on before an answer has come
        expect(told).to_be_visible()
        if len(tries) > 4:
            break
        host.page.clock.run_for(5_000)
    assert len(tries) > 4
    expect(told).to_be_visible()
    host.page.unroute("**/api/polls/*")
    host.page.clock.run_for(5_000)
    host.sees("Closed")
    expect(told).to_have_count(0)


def test_what_is_kept_after_all_is_not_deleted_when_the_network_is_back(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    host.page.goto(manage(asked(stack)))
    host.sees("Open · 0 votes so far")
    host.page.context.set_offline(True)
    host.press("Delete the poll…")
    host.press("Delete it for good")
    expect(host.page.get_by_role("dialog").get_by_text("Trying again…")).to_be_visible()
    host.press("Keep it")
    host.sees("Reconnecting: this may be old")
    host.page.context.set_offline(False)
    expect(host.page.get_by_text("Reconnecting")).to_have_count(0)
    host.press("Close the poll")
    host.sees("Closed · 0 votes in all")


@pytest.mark.parametrize("width", [320, 375])
def test_on_a_phone_buttons_are_of_one_size_and_the_dangerous_one_is_last(
    stack: Stack, newcomer: Newcomer, width: int
) -> None:
    host = newcomer(stack.url, Size(width, 740))
    host.page.goto(manage(asked(stack, closes_at="2030-05-04T18:30:00Z")))
    host.sees("It closes by itself")
    boxes = host.page.evaluate(
        """[...document.querySelectorAll(".manage .button")]
             .map((one) => one.getBoundingClientRect())
             .filter(({ width }) => width > 0)
             .map(({ width, height, top, bottom }) => ({ width, height, top, bottom }))"""
    )
    assert len(boxes) == 9
    assert len({round(box["width"]) for box in boxes}) == 1
    assert len({round(box["height"]) for box in boxes}) == 1
    assert boxes[0]["height"] >= 44
    delete = host.page.get_by_role("button", name="Delete the poll…").bounding_box()
    assert delete is not None
    assert boxes[-1]["top"] == pytest.approx(delete["y"], abs=1)
    assert boxes[-1]["top"] - boxes[-2]["bottom"] > 48


def test_the_codes_place_is_kept_while_it_loads(
    stack: Stack, newcomer: Newcomer, size: Size
) -> None:
    host = newcomer(stack.url, size)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    host.page.route("**/assets/qr-code*", hold)
    host.page.goto(manage(asked(stack)))
    frame = host.page.get_by_role("button", name="Show the QR code large")
    expect(frame).to_be_visible()
    before = frame.bounding_box()
    host.page.wait_for_timeout(100)
    assert held, "loaded apart from the page"
    held[0].fallback()
    expect(host.page.get_by_role("img", name="QR code of")).to_be_visible()
    assert frame.bounding_box() == before


def test_copying_moves_nothing(stack: Stack, newcomer: Newcomer, size: Size) -> None:
    host = newcomer(stack.url, size)
    host.page.goto(manage(asked(stack)))
    button = host.page.get_by_role("button", name="Copy the address")
    expect(button).to_be_visible()
    places = """[...document.querySelectorAll("button, a")].map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [x, y + scrollY, width, height].map(Math.round).join();
    })"""
    button.scroll_into_view_if_needed()
    before = host.page.evaluate(places)
    button.click()
    expect(host.page.get_by_role("button", name="Copied")).to_be_focused()
    expect(host.page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert host.page.evaluate(places) == before
    expect(button).to_be_focused()


def test_the_secret_link_says_whether_this_device_keeps_it(
    stack: Stack, newcomer: Newcomer
) -> None:
    poll = asked(stack)
    host, private = newcomer(stack.url), newcomer(stack.url)
    host.page.goto(manage(poll))
    host.sees("This device keeps it")
    private.page.add_init_script("Storage.prototype.setItem = () => { throw new Error(); }")
    private.page.goto(manage(poll))
    private.sees("This device cannot keep it")
    expect(private.page.get_by_text("This device keeps it")).to_have_count(0)


def test_skipping_to_the_content_does_not_lose_the_key(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    host.page.goto(manage(asked(stack)))
    expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()
    host.page.get_by_role("link", name="Skip to content").press("Enter")
    expect(host.page.get_by_role("main")).to_be_focused()
    host.press("Close the poll")
    host.sees("Closed")


def test_the_host_finds_the_way_back_from_results_and_wall(
    stack: Stack, newcomer: Newcomer, size: Size
) -> None:
    poll = asked(stack)
    host, voter = newcomer(stack.url, size), newcomer(stack.url, size)
    host.page.goto(manage(poll))
    host.sees("Open")
    for path in ("results", "present"):
        voter.page.goto(f"/p/{poll['id']}/{path}")
        voter.sees("Vote at")
        expect(voter.page.get_by_role("link", name="Manage")).to_have_count(0)

        host.page.goto(f"/p/{poll['id']}/{path}")
        host.sees("Vote at")
        host.page.get_by_role("link", name="Manage").click()
        expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()


def test_the_way_back_is_not_in_the_picture_on_the_wall(stack: Stack, newcomer: Newcomer) -> None:
    poll = asked(stack)
    host = newcomer(stack.url)
    host.page.goto(manage(poll))
    host.sees("Open")
    host.page.goto(f"/p/{poll['id']}/present")
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
