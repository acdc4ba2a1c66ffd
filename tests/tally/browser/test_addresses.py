"""Every path can be opened, reloaded and shared; an unknown one says so."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def test_every_page_can_be_reloaded(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    for path in (address, f"{address}/results", f"{address}/manage"):
        host.page.goto(path)
        heading = host.page.get_by_role("heading", name="Tea or coffee?")
        expect(heading).to_be_visible()
        response = host.page.reload()
        assert response is not None
        assert response.status == 200
        expect(heading).to_be_visible()


def test_unknown_path_gets_a_helpful_page(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    visitor = new_visitor(stack.url, size)
    for path in ("/nowhere", "/p/aaaaaaaa", "/p/aaaaaaaa/results", "/p/aaaaaaaa/manage"):
        visitor.page.goto(path)
        expect(visitor.page.get_by_role("heading", name="Nothing here")).to_be_visible()
    visitor.page.get_by_role("link", name="Ask a question of your own").click()
    expect(visitor.page.get_by_label("Ask the room a question")).to_be_visible()


def test_decorative_zero_is_hidden_from_screen_readers(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    page = new_visitor(stack.url).page
    page.goto("/nowhere")
    expect(page.get_by_text("0", exact=True)).to_be_visible()
    assert "0" not in page.locator("main").aria_snapshot()


def test_poll_id_in_capitals_uses_the_stored_key(stack: Stack, new_visitor: NewVisitor) -> None:
    host, poll = new_visitor(stack.url), Poll(stack, results="closed")
    host.open(poll.manage)
    host.expect_text("Open · 0 votes so far")
    host.open(f"/p/{poll.id.upper()}/manage")
    host.expect_text("Open · 0 votes so far")
    host.open(f"/p/{poll.id.upper()}/results")
    host.expect_text("Only you see this until the poll is closed.")
    expect(host.page).to_have_url(f"{stack.url}{poll.address}/results")


def test_manage_key_is_stored_only_on_the_device_with_the_link(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host, visitor = new_visitor(stack.url), new_visitor(stack.url, PHONE)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.goto("/")
    host.page.get_by_role("link", name="Tea or coffee?").click()
    expect(host.page.get_by_role("button", name="Close the poll")).to_be_visible()

    visitor.page.goto(f"{address}/manage")
    visitor.expect_text("This page opens with its secret link")
    expect(visitor.page.get_by_role("button", name="Close the poll")).to_have_count(0)


def test_wrong_key_does_not_open_the_manage_page(stack: Stack, new_visitor: NewVisitor) -> None:
    host, visitor = new_visitor(stack.url), new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    wrong_key_title = "This key does not open this poll"
    visitor.page.goto(f"{address}/manage#not-the-key")
    expect(visitor.page.get_by_role("heading", name=wrong_key_title)).to_be_visible()
    expect(visitor.page.get_by_role("button")).to_have_text(["Open the page"])
    expect(visitor.page.get_by_role("link", name="Manage with that key")).to_have_count(0)
    visitor.page.get_by_role("link", name="Show the results").click()
    visitor.expect_share("Tea", 0, 0)

    for invalid_key in ("x" * 20_000, "schlüssel", "a%0Ab"):
        visitor.page.goto("about:blank")
        visitor.page.goto(f"{address}/manage#{invalid_key}")
        expect(visitor.page.get_by_role("heading", name=wrong_key_title)).to_be_visible()

    # It is not stored, and does not replace the correct one.
    visitor.page.goto(f"{address}/manage")
    visitor.expect_text("This page opens with its secret link")
    host.page.goto("/")
    host.page.goto(f"{address}/manage#not-the-key")
    expect(host.page.get_by_role("heading", name=wrong_key_title)).to_be_visible()
    host.page.get_by_role("link", name="Manage with that key").click()
    host.press("Close the poll")
    host.expect_text("Closed")


def test_pasted_link_or_key_opens_the_manage_page(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    link = host.page.url
    key = link.split("#")[1]
    for opened, pasted in ((f"{address}/manage", key), (f"{address}/manage#{key[:-1]}", link)):
        visitor = new_visitor(stack.url, size, dark=pasted == link)
        page = visitor.page
        page.goto(opened)
        field = page.get_by_label("The secret link, or its key")
        field.fill(link[:-1])
        visitor.press("Open the page")
        expect(field).to_be_focused()
        expect(field).to_have_accessible_description(re.compile("neither a whole secret link"))
        screenshot(page, f"key-malformed-{'wrong' if '#' in opened else 'missing'}")
        field.fill("x" * len(key))
        expect(field).to_have_attribute("aria-invalid", "false")
        screenshot(page, f"key-{'wrong' if '#' in opened else 'missing'}")
        visitor.press("Open the page")
        expect(field).to_have_accessible_description("This key does not open this poll.")
        expect(field).to_be_focused()
        field.fill(pasted)
        field.press("Enter")
        expect(page.get_by_role("button", name="Close the poll")).to_be_visible()
        expect(page).to_have_url(link)
        expect(page.get_by_role("main")).to_be_focused()
        page.goto(f"{address}/manage")  # and this device stores it
        expect(page.get_by_role("button", name="Close the poll")).to_be_visible()


def test_pasted_link_of_another_poll_opens_that_poll(stack: Stack, new_visitor: NewVisitor) -> None:
    host, other = new_visitor(stack.url), new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    other.create_poll("Cats or dogs?", ["Cats", "Dogs"])
    host.page.goto(f"{address}/manage#not-the-key")
    host.page.get_by_label("The secret link, or its key").fill(other.page.url)
    host.press("Open the page")
    expect(host.page.get_by_role("heading", name="Cats or dogs?")).to_be_visible()
    expect(host.page).to_have_url(other.page.url)


def test_stored_key_that_is_invalid_is_deleted(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    key = host.page.url.split("#")[1]
    replace_key = "localStorage.setItem('tally.polls', localStorage.getItem('tally.polls').replace("
    host.page.goto("/")
    host.page.evaluate(f"{replace_key}'{key}', 'not-the-key'))")
    host.page.goto(f"{address}/manage")
    host.expect_text("This page opens with its secret link")
    host.page.goto("/")
    expect(host.page.get_by_label("Ask the room a question")).to_be_visible()
    expect(host.page.get_by_role("link", name="Tea or coffee?")).to_have_count(0)


def test_manage_key_is_sent_in_its_header_only(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    addresses: list[str] = []
    host.page.on("request", lambda request: addresses.append(request.url))
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    key = host.page.url.split("#")[1]
    host.page.reload()
    host.press("Close the poll")
    host.expect_text("Closed")
    assert not [address for address in addresses if key in address.split("#")[0]]
    assert key not in stack.log


def test_app_name_is_set_by_a_public_variable(
    stack: Stack, launch: Callable[..., Stack], new_visitor: NewVisitor
) -> None:
    renamed = launch(PUBLIC_APP_NAME="Straw & <b>poll</b>").start().wait_until_ready()
    visitor = new_visitor(renamed.url)
    visitor.page.goto("/")
    expect(visitor.page.get_by_role("link", name="Straw & <b>poll</b>")).to_be_visible()
    expect(visitor.page).to_have_title("Straw & <b>poll</b>")

    plain = new_visitor(stack.url)
    plain.page.goto("/")
    expect(plain.page).to_have_title("Tally")


def test_content_security_policy_blocks_inline_scripts(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    visitor = new_visitor(stack.url)
    response = visitor.page.goto("/")
    assert response is not None
    assert "unsafe" not in response.headers["content-security-policy"]
    with visitor.page.expect_console_message(lambda message: "policy violated" in message.text):
        inline_ran: bool = visitor.page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "window.inlineRan = true";
              document.head.append(script);
              return "inlineRan" in window;
            }"""
        )
    assert not inline_ran
    # So a violation in any other test would have failed it, as it would fail this one.
    assert visitor.console_errors
    visitor.console_errors.clear()


@pytest.mark.parametrize("width", [320, 375, 1280, 1920])
def test_page_with_long_words_fits_the_window_width(
    stack: Stack, new_visitor: NewVisitor, width: int, screenshot: Callable[[Page, str], None]
) -> None:
    visitor = new_visitor(stack.url, Size(width, 1080), dark=width == 1280)
    address = visitor.create_poll(
        "Sollte die Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnung bleiben?",
        ["Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung", "Nein"],
    )
    visitor.expect_text("Your poll is open.")
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
        screenshot(visitor.page, f"{name}-long-words")


def test_deleted_poll_can_be_removed_from_the_list(stack: Stack, new_visitor: NewVisitor) -> None:
    host, device = new_visitor(stack.url), new_visitor(stack.url)
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    device.open(host.page.url)  # and stores it in its list
    host.press("Delete the poll…")
    host.press("Delete it for good")
    host.expect_text("The poll and its votes are deleted.")
    device.page.goto("/")
    device.page.get_by_role("link", name="Tea or coffee?").click()
    device.expect_text("This poll does not exist.")
    device.page.get_by_role("link", name="Remove it from the list").click()
    expect(device.page.get_by_label("Ask the room a question")).to_be_visible()
    expect(device.page.get_by_role("link", name="Tea or coffee?")).to_have_count(0)
