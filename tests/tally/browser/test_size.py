"""What a phone has to load until a page is at rest: at most 100 kB of JavaScript, and no font."""

import gzip
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response, expect

from tests.support.stack import Stack
from tests.tally.browser.tally import PHONE, Visitor

Newcomer = Callable[..., Visitor]

BUDGET_BYTES = 100_000


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
@pytest.mark.parametrize(
    "page", ["", "/results", "/present", "/manage", "ask", "status", "lost", "join"]
)
def test_all_that_a_page_loads_stays_within_the_budget(
    stack: Stack, newcomer: Newcomer, page: str
) -> None:
    """The host's page is opened with its key; a QR code is weighed where it is on the screen."""
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    key = urlsplit(host.page.url).fragment
    paths = {
        "ask": "/",
        "status": "/status",
        "lost": "/nowhere",
        "join": "/join",
        "/manage": f"{address}/manage#{key}",
    }
    visitor = newcomer(stack.url, PHONE)
    scripts: list[Response] = []
    visitor.page.on(
        "response",
        lambda answer: scripts.append(answer) if answer.url.endswith(".js") else None,
    )
    visitor.page.goto(paths.get(page, address + page))
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    if page in {"/manage", "/present"}:
        expect(visitor.page.get_by_role("img", name="QR code")).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    sizes = {  # as the image has them compressed: image/precompress.mjs
        answer.url: len(gzip.compress(answer.body(), 9)) for answer in scripts
    }
    assert len(sizes) > 3
    assert sum(sizes.values()) <= BUDGET_BYTES, sizes
    assert visitor.page.evaluate("document.fonts.size") == 0  # the system's own do
