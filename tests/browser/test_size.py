"""What a phone has to load before it shows anything: the budget is 100 kB of JavaScript."""

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Response, expect

from tests.browser.tally import PHONE, Visitor
from tests.stack_fixture import Stack

Newcomer = Callable[..., Visitor]

BUDGET_BYTES = 100_000


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
@pytest.mark.parametrize("page", ["", "/results", "/present", "/manage", "ask", "status", "lost"])
def test_the_first_load_of_a_page_stays_within_the_budget(
    stack: Stack, newcomer: Newcomer, page: str
) -> None:
    """The host's page without its key. With it, it takes more: docs/tally.md."""
    address = newcomer(stack.url).ask("Tea or coffee?", ["Tea", "Coffee"])
    paths = {"ask": "/", "status": "/status", "lost": "/nowhere"}
    visitor = newcomer(stack.url, PHONE)
    scripts: list[Response] = []
    visitor.page.on(
        "response",
        lambda answer: scripts.append(answer) if "/assets/" in answer.url else None,
    )
    visitor.page.goto(paths.get(page, address + page))
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    sizes = {
        answer.url: len(gzip.compress(answer.body(), 9))
        for answer in scripts
        if answer.url.endswith(".js")
    }
    assert sizes
    assert sum(sizes.values()) <= BUDGET_BYTES, sizes
