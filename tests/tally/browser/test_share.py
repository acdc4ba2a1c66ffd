"""Ways to the ballot: a QR code, an address, the phone's share sheet."""

import io
import json
from collections.abc import Callable

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.support.stack import Stack
from tests.tally.browser.poll import Poll
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)

# Headless browsers have no share sheet: this stub records its argument.
SHARE_SHEET = "navigator.share = async (what) => { window.shared = JSON.stringify(what); };"


def decode_qr_code(code: Locator) -> str:
    """Decode a QR code from a screenshot."""
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(code.screenshot())))
    return "".join(one.text for one in found)


def test_qr_code_leads_to_the_ballot(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Callable[[Page, str], None]
) -> None:
    host = new_visitor(stack.url, size, dark=True)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    code = host.page.get_by_role("img", name="QR code of")
    expect(code).to_be_visible()
    assert decode_qr_code(code) == stack.url + address

    host.press("Show the QR code large")
    large = host.page.get_by_role("dialog").get_by_role("img")
    expect(large).to_be_visible()
    assert decode_qr_code(large) == stack.url + address
    box = large.bounding_box()
    assert box is not None
    assert box["width"] > 0.5 * min(size)  # as large as the window allows
    screenshot(host.page, "share-large")
    host.page.keyboard.press("Escape")
    expect(host.page.get_by_role("dialog")).to_be_hidden()
    expect(host.page.get_by_role("button", name="Show the QR code large")).to_be_focused()


def test_share_button_opens_the_share_sheet(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url, PHONE)
    host.page.add_init_script(SHARE_SHEET)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.press("Share…")
    shared = json.loads(host.page.evaluate("window.shared"))
    assert shared == {"title": "Tea or coffee?", "url": stack.url + address}


def test_share_button_is_hidden_without_a_share_sheet(
    stack: Stack, new_visitor: NewVisitor
) -> None:
    host = new_visitor(stack.url, DESKTOP)
    host.page.add_init_script("delete Navigator.prototype.share")
    host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    expect(host.page.get_by_role("button", name="Copy the address")).to_be_visible()
    expect(host.page.get_by_role("button", name="Share…")).to_have_count(0)


def test_copied_address_of_results_is_the_ballot_until_it_closes(
    stack: Stack, new_visitor: NewVisitor, size: Size
) -> None:
    viewer, poll = new_visitor(stack.url, size), Poll(stack)
    viewer.open(f"{poll.address}/results")
    copy = viewer.page.get_by_role("button", name="Copy the address")
    clipboard = "navigator.clipboard.readText()"
    copy.press("Enter")
    viewer.expect_text("Copied")
    assert viewer.page.evaluate(clipboard) == f"{stack.url}{poll.address}"
    poll.close()
    expect(viewer.page.get_by_text("Vote at")).to_have_count(0)
    expect(copy).to_be_focused()
    copy.press("Enter")
    viewer.wait_until(f"{clipboard}.then((text) => text.endsWith('{poll.address}/results'))")
