"""Every address can be opened, reloaded and shared; what leads nowhere says so."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def test_every_page_survives_a_reload(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    for path in (address, f"{address}/results", f"{address}/manage"):
        host.page.goto(path)
        heading = host.page.get_by_role("heading", name="Tea or coffee?")
        expect(heading).to_be_visible()
        answer = host.page.reload()
        assert answer is not None
        assert answer.status == 200
        expect(heading).to_be_visible()


def test_an_unknown_address_is_a_friendly_page(
    stack: Stack, newcomer: Newcomer, size: Size
) -> None:
    visitor = newcomer(stack.url, size)
    for path in ("/nowhere", "/p/aaaaaaaa", "/p/aaaaaaaa/results", "/p/aaaaaaaa/manage"):
        visitor.page.goto(path)
        expect(visitor.page.get_by_role("heading", name="Nothing here")).to_be_visible()
    visitor.page.get_by_role("link", name="Ask a question of your own").click()
    expect(visitor.page.get_by_label("Ask the room a question")).to_be_visible()


def test_the_large_zero_of_a_page_that_is_none_is_not_read_out(
    stack: Stack, newcomer: Newcomer
) -> None:
    page = newcomer(stack.url).page
    page.goto("/nowhere")
    expect(page.get_by_text("0", exact=True)).to_be_visible()
    assert "0" not in page.locator("main").aria_snapshot()


def test_capitals_are_the_same_poll_to_the_device_that_runs_it(
    stack: Stack, newcomer: Newcomer
) -> None:
    host, poll = newcomer(stack.url), Poll(stack, results="closed")
    host.open(poll.manage)
    host.sees("Open · 0 votes so far")
    host.open(f"/p/{poll.id.upper()}/manage")
    host.sees("Open · 0 votes so far")
    host.open(f"/p/{poll.id.upper()}/results")
    host.sees("Only you see this until the poll is closed.")
    expect(host.page).to_have_url(f"{stack.url}{poll.address}/results")


def test_the_key_stays_on_the_device_that_has_the_link(stack: Stack, newcomer: Newcomer) -> None:
    host, stranger = newcomer(stack.url), newcomer(stack.url, PHONE)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto("/")
    host.page.get_by_role("link", name="Tea or coffee?").click()
    expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()

    stranger.page.goto(f"{address}/manage")
    stranger.sees("This page opens with its secret link")
    expect(stranger.page.get_by_role("button", name="Close the poll")).to_have_count(0)


def test_a_wrong_key_opens_nothing(stack: Stack, newcomer: Newcomer) -> None:
    host, stranger = newcomer(stack.url), newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    wrong = "This key does not open this poll"
    stranger.page.goto(f"{address}/manage#not-the-key")
    expect(stranger.page.get_by_role("heading", name=wrong)).to_be_visible()
    expect(stranger.page.get_by_role("button")).to_have_text(["Open the page"])
    expect(stranger.page.get_by_role("link", name="Manage with that key")).to_have_count(0)
    stranger.page.get_by_role("link", name="Show the results").click()
    stranger.expect_share("Tea", 0, 0)

    for none in ("x" * 20_000, "schlüssel", "a%0Ab"):
        stranger.page.goto("about:blank")
        stranger.page.goto(f"{address}/manage#{none}")
        expect(stranger.page.get_by_role("heading", name=wrong)).to_be_visible()

    # Nor is it kept, and it does not drive out the right one.
    stranger.page.goto(f"{address}/manage")
    stranger.sees("This page opens with its secret link")
    host.page.goto("/")
    host.page.goto(f"{address}/manage#not-the-key")
    expect(host.page.get_by_role("heading", name=wrong)).to_be_visible()
    host.page.get_by_role("link", name="Manage with that key").click()
    host.press("Close the poll")
    host.sees("Closed")


def test_a_link_or_a_key_that_is_pasted_opens_the_page(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Callable[[Page, str], None]
) -> None:
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    link = host.page.url
    key = link.split("#")[1]
    for opened, pasted in ((f"{address}/manage", key), (f"{address}/manage#{key[:-1]}", link)):
        visitor = newcomer(stack.url, size, dark=pasted == link)
        page = visitor.page
        page.goto(opened)
        field = page.get_by_label("The secret link, or its key")
        field.fill(link[:-1])
        visitor.press("Open the page")
        expect(field).to_be_focused()
        expect(field).to_have_accessible_description(re.compile("neither a whole secret link"))
        picture(page, f"key-malformed-{'wrong' if '#' in opened else 'missing'}")
        field.fill("x" * len(key))
        expect(field).to_have_attribute("aria-invalid", "false")
        picture(page, f"key-{'wrong' if '#' in opened else 'missing'}")
        visitor.press("Open the page")
        expect(field).to_have_accessible_description("This key does not open this poll.")
        expect(field).to_be_focused()
        field.fill(pasted)
        field.press("Enter")
        expect(page.get_by_role("button", name="Close the poll")).to_be_visible()
        expect(page).to_have_url(link)
        expect(page.get_by_role("main")).to_be_focused()
        page.goto(f"{address}/manage")  # and this device keeps it
        expect(page.get_by_role("button", name="Close the poll")).to_be_visible()


def test_a_pasted_link_of_another_poll_opens_that_one(stack: Stack, newcomer: Newcomer) -> None:
    host, other = newcomer(stack.url), newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    other.ask("Cats or dogs?", ["Cats", "Dogs"])
    host.page.goto(f"{address}/manage#not-the-key")
    host.page.get_by_label("The secret link, or its key").fill(other.page.url)
    host.press("Open the page")
    expect(host.page.get_by_role("heading", name="Cats or dogs?")).to_be_visible()
    expect(host.page).to_have_url(other.page.url)


def test_a_key_that_was_kept_and_opens_nothing_is_forgotten(
    stack: Stack, newcomer: Newcomer
) -> None:
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    key = host.page.url.split("#")[1]
    mangle = "localStorage.setItem('tally.polls', localStorage.getItem('tally.polls').replace("
    host.page.goto("/")
    host.page.evaluate(f"{mangle}'{key}', 'not-the-key'))")
    host.page.goto(f"{address}/manage")
    host.sees("This page opens with its secret link")
    host.page.goto("/")
    expect(host.page.get_by_label("Ask the room a question")).to_be_visible()
    expect(host.page.get_by_role("link", name="Tea or coffee?")).to_have_count(0)


def test_the_key_is_sent_to_no_server_but_in_its_header(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    addresses: list[str] = []
    host.page.on("request", lambda request: addresses.append(request.url))
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    key = host.page.url.split("#")[1]
    host.page.reload()
    host.press("Close the poll")
    host.sees("Closed")
    assert not [address for address in addresses if key in address.split("#")[0]]
    assert key not in stack.log


def test_the_app_is_renamed_where_it_runs(
    stack: Stack, launch: Callable[..., Stack], newcomer: Newcomer
) -> None:
    renamed = launch(PUBLIC_APP_NAME="Straw & <b>poll</b>").start().wait_until_ready()
    visitor = newcomer(renamed.url)
    visitor.page.goto("/")
    expect(visitor.page.get_by_role("link", name="Straw & <b>poll</b>")).to_be_visible()
    expect(visitor.page).to_have_title("Straw & <b>poll</b>")

    plain = newcomer(stack.url)
    plain.page.goto("/")
    expect(plain.page).to_have_title("Tally")


def test_the_policy_allows_no_inline_code(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url)
    answer = visitor.page.goto("/")
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    with visitor.page.expect_console_message(lambda said: "policy violated" in said.text):
        ran: bool = visitor.page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "window.inlineRan = true";
              document.head.append(script);
              return "inlineRan" in window;
            }"""
        )
    assert not ran
    # So a violation anywhere else would have failed that test, as it would this one.
    assert visitor.complaints
    visitor.complaints.clear()


@pytest.mark.parametrize("width", [320, 375, 1280, 1920])
def test_nothing_is_wider_than_the_window(
    stack: Stack, newcomer: Newcomer, width: int, picture: Callable[[Page, str], None]
) -> None:
    visitor = newcomer(stack.url, Size(width, 1080), dark=width == 1280)
    address = visitor.ask(
        "Sollte die Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnung bleiben?",
        ["Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung", "Nein"],
    )
    visitor.sees("Your poll is open.")
    pages = {
        "create": "/",
        "vote": address,
        "results": f"{address}/results",
        "manage": f"{address}/manage",
        "join": "/join",
        "not-found": "/nowhere",
    }
    for name, path in pages.items():
        visitor.page.goto(path)
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        excess = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert excess <= 0, name
        picture(visitor.page, f"{name}-long-words")


def test_a_poll_that_was_deleted_elsewhere_can_be_taken_off_the_list(
    stack: Stack, newcomer: Newcomer
) -> None:
    host, device = newcomer(stack.url), newcomer(stack.url)
    host.ask("Tea or coffee?", ["Tea", "Coffee"])
    device.open(host.page.url)  # and keeps it in its list
    host.press("Delete the poll…")
    host.press("Delete it for good")
    host.sees("The poll and its votes are deleted.")
    device.page.goto("/")
    device.page.get_by_role("link", name="Tea or coffee?").click()
    device.sees("There is no such poll.")
    device.page.get_by_role("link", name="Take it off the list").click()
    expect(device.page.get_by_label("Ask the room a question")).to_be_visible()
    expect(device.page.get_by_role("link", name="Tea or coffee?")).to_have_count(0)
