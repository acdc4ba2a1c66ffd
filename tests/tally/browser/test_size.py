"""The files that a page loads: at most 100 kB of JavaScript, and no fonts."""

import gzip
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import PHONE, Visitor

NewVisitor = Callable[..., Visitor]

BUDGET_BYTES = 100_000


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
@pytest.mark.parametrize(
    "page", ["", "/results", "/present", "/manage", "ask", "status", "lost", "join"]
)
def test_scripts_of_a_page_stay_within_the_budget(
    stack: Stack, new_visitor: NewVisitor, page: str
) -> None:
    """The manage page is opened with its key; a QR code counts where it is shown."""
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    key = urlsplit(host.page.url).fragment
    paths = {
        "ask": "/",
        "status": "/status",
        "lost": "/nowhere",
        "join": "/join",
        "/manage": f"{address}/manage#{key}",
    }
    visitor = new_visitor(stack.url, PHONE)
    scripts: list[Response] = []
    visitor.page.on(
        "response",
        lambda response: scripts.append(response) if response.url.endswith(".js") else None,
    )
    visitor.page.goto(paths.get(page, address + page))
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    if page in {"/manage", "/present"}:
        expect(visitor.page.get_by_role("img", name="QR code")).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    sizes = {  # compressed as in the image: image/precompress.mjs
        response.url: len(gzip.compress(response.body(), 9)) for response in scripts
    }
    assert len(sizes) > 3
    assert sum(sizes.values()) <= BUDGET_BYTES, sizes
    assert visitor.page.evaluate("document.fonts.size") == 0  # system fonts suffice
