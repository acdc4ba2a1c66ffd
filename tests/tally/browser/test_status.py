"""The status page: the running instance, its health, and its outages."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.proxy import Proxy
from tests.support.stack import Stack
from tests.tally.browser.layout import record_shifts, resize, total_shift
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]
Screenshot = Callable[[Page, str], None]

NAMED = {
    "DEMIJOHN_RELEASE": "3f9d2c1",
    "DEMIJOHN_REGION": "fra",
    "DEMIJOHN_INSTANCE": "148ed193b95e18",
}


def status_item(visitor: Visitor, name: str) -> Locator:
    """The value of an item of the page."""
    named = visitor.page.locator("dt", has_text=re.compile(f"^{name}$"))
    return visitor.page.locator(".description-item", has=named).locator("dd")


def table_column(visitor: Visitor, column: int) -> list[int]:
    """A column of the chart's data table."""
    cells = visitor.page.locator(f"tbody tr td:nth-child({column})").all_text_contents()
    return [int(cell.replace(",", "")) for cell in cells]


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_status_without_platform_names_shows_not_known(
    stack: Stack, new_visitor: NewVisitor, size: Size, screenshot: Screenshot
) -> None:
    visitor = new_visitor(stack.url, size)
    visitor.page.goto("/status")
    expect(visitor.page).to_have_title("Status · Tally")
    visitor.expect_text("All is well.")
    visitor.expect_text("It may run on a laptop")
    for name in ("Release", "Region", "Instance"):
        expect(status_item(visitor, name)).to_have_text("not known")
    expect(status_item(visitor, "Postgres")).to_have_text(re.compile(r"^\d+(\.\d+)*$"))
    expect(status_item(visitor, "Answers in")).to_have_text(re.compile(r"^[\d.]+ ms$"))
    expect(status_item(visitor, "Schema revision")).to_have_text(re.compile(r"^\d{4}$"))
    expect(status_item(visitor, "Driver")).to_have_text("psycopg2")
    screenshot(visitor.page, "status-laptop")


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_status_page_refreshes_without_a_reload(stack: Stack, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(stack.url)
    visitor.page.goto("/status")
    before = status_item(visitor, "Up for").inner_text()
    expect(status_item(visitor, "Up for")).not_to_have_text(before)
    with visitor.page.expect_response("**/api/status"):
        pass


def test_status_shows_requests_and_errors(
    launch: Callable[..., Stack],
    database: str,
    new_visitor: NewVisitor,
    screenshot: Screenshot,
) -> None:
    port = urlsplit(database).port or 5432
    proxy = Proxy(port)
    proxied_url = database.replace(f":{port}/", f":{proxy.port}/")
    stack = launch(DATABASE_URL=proxied_url, **NAMED).start().wait_until_ready()
    for _ in range(40):
        assert stack.get("/api/polls/00000000")[0] == 404
    visitor = new_visitor(stack.url, dark=True)
    visitor.page.goto("/status")
    for name, value in zip(("Release", "Region", "Instance"), NAMED.values(), strict=True):
        expect(status_item(visitor, name)).to_have_text(value)
    chart = visitor.page.get_by_role("img", name="Requests over the last ten minutes")
    expect(chart).to_have_accessible_name(re.compile("40 requests, 0 errors"))
    rate = status_item(visitor, "In the last minute")
    expect(rate).to_have_text(re.compile(r"^[\d.]+ per second$"))
    expect(chart.locator("rect.traffic-requests").first).to_be_visible()
    expect(chart.locator(".traffic-errors")).to_have_count(0)
    assert (sum(table_column(visitor, 2)), sum(table_column(visitor, 3))) == (40, 0)

    proxy.refuse()
    for _ in range(3):
        assert stack.get("/api/polls/00000000")[0] == 503
    visitor.expect_text("The database is down: votes and polls wait.")
    expect(visitor.page.locator(".live-state")).to_have_text("Server trouble…")
    expect(status_item(visitor, "Postgres")).to_have_text("away")
    expect(status_item(visitor, "In ten minutes")).to_have_text("3 errors")
    # One arrow for consecutive errors.
    expect(chart.locator("path.traffic-errors")).to_have_count(1)
    expect(chart).to_have_accessible_name(re.compile("43 requests, 3 errors"))
    assert (sum(table_column(visitor, 2)), sum(table_column(visitor, 3))) == (43, 3)
    for size in (PHONE, DESKTOP):
        resize(visitor.page, size)
        screenshot(visitor.page, "status-database-away")

    proxy.heal()
    visitor.expect_text("3 requests failed in the last minute.")
    expect(visitor.page.locator(".live-state")).to_have_text("Live")
    visitor.page.emulate_media(color_scheme="light")
    for size in (PHONE, DESKTOP):
        resize(visitor.page, size)
        screenshot(visitor.page, "status-errors")
    proxy.drop()


def test_status_keeps_the_last_values_during_an_outage(
    launch: Callable[..., Stack], new_visitor: NewVisitor
) -> None:
    stack = launch(**NAMED).start().wait_until_ready()
    visitor = new_visitor(stack.url)
    visitor.page.goto("/status")
    expect(status_item(visitor, "Release")).to_have_text(NAMED["DEMIJOHN_RELEASE"])
    visitor.expect_text("All is well.")
    stack.stop()
    visitor.expect_text("Reconnecting…")
    expect(status_item(visitor, "Release")).to_have_text(NAMED["DEMIJOHN_RELEASE"])
    # It claims nothing that it cannot know, and shows the age of the last values.
    expect(visitor.page.locator(".lede")).to_have_text(
        re.compile(r"^The server does not answer\. As of [1-9]\d* s ago\.$")
    )
    uptime = status_item(visitor, "Up for").inner_text()
    visitor.page.wait_for_timeout(1_500)
    expect(status_item(visitor, "Up for")).to_have_text(uptime)
    stack.start().wait_until_ready()
    expect(visitor.page.locator(".live-state")).to_have_text("Live", timeout=30_000)


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
@pytest.mark.parametrize("width", [320, 1920])
def test_status_chart_moves_nothing_and_fits_its_frame(
    stack: Stack, new_visitor: NewVisitor, width: int, screenshot: Screenshot
) -> None:
    visitor = new_visitor(stack.url, Size(width, 1080), dark=width == 1920)
    record_shifts(visitor.page)
    visitor.page.goto("/status")
    chart = visitor.page.get_by_role("img", name="Requests over the last ten minutes")
    expect(chart.locator("text").first).to_be_visible()
    with visitor.page.expect_response("**/api/status"):
        pass  # also when new values arrive
    assert total_shift(visitor.page) < 0.01
    screenshot(visitor.page, "status-wide")
    sticking_out = chart.evaluate(
        """(svg) => { const frame = svg.getBoundingClientRect();
             return [...svg.querySelectorAll("text")].filter((text) => {
               const own = text.getBoundingClientRect();
               return own.left < frame.left - 1 || own.right > frame.right + 1;
             }).map((text) => text.textContent); }"""
    )
    assert sticking_out == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
