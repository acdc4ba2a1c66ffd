"""The status page: what runs, how it fares, and what it looks like when it does not."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.proxy import Proxy
from tests.support.stack import Stack
from tests.tally.browser.layout import note_shifts, resize, shifted
from tests.tally.browser.tally import DESKTOP, PHONE, Size, Visitor

Newcomer = Callable[..., Visitor]
Picture = Callable[[Page, str], None]

NAMED = {
    "DEMIJOHN_RELEASE": "3f9d2c1",
    "DEMIJOHN_REGION": "fra",
    "DEMIJOHN_INSTANCE": "148ed193b95e18",
}


def fact(visitor: Visitor, name: str) -> Locator:
    """What the page says of something."""
    named = visitor.page.locator("dt", has_text=re.compile(f"^{name}$"))
    return visitor.page.locator(".fact", has=named).locator("dd")


def figures(visitor: Visitor, column: int) -> list[int]:
    """A column of the table that stands behind the chart."""
    cells = visitor.page.locator(f"tbody tr td:nth-child({column})").all_text_contents()
    return [int(cell.replace(",", "")) for cell in cells]


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_a_laptop_has_no_names_and_is_well(
    stack: Stack, newcomer: Newcomer, size: Size, picture: Picture
) -> None:
    visitor = newcomer(stack.url, size)
    visitor.page.goto("/status")
    expect(visitor.page).to_have_title("Status · Tally")
    visitor.sees("All is well.")
    visitor.sees("it may well be a laptop")
    for name in ("Release", "Region", "Instance"):
        expect(fact(visitor, name)).to_have_text("not known")
    expect(fact(visitor, "Postgres")).to_have_text(re.compile(r"^\d+(\.\d+)*$"))
    expect(fact(visitor, "Answers in")).to_have_text(re.compile(r"^[\d.]+ ms$"))
    expect(fact(visitor, "Schema revision")).to_have_text(re.compile(r"^\d{4}$"))
    expect(fact(visitor, "Driver")).to_have_text("psycopg2")
    picture(visitor.page, "status-laptop")


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
def test_it_ticks_and_asks_again_by_itself(stack: Stack, newcomer: Newcomer) -> None:
    visitor = newcomer(stack.url)
    visitor.page.goto("/status")
    before = fact(visitor, "Up for").inner_text()
    expect(fact(visitor, "Up for")).not_to_have_text(before)
    with visitor.page.expect_response("**/api/status"):
        pass


def test_requests_and_errors_are_drawn_and_told(
    launch: Callable[..., Stack],
    database: str,
    newcomer: Newcomer,
    picture: Picture,
) -> None:
    port = urlsplit(database).port or 5432
    proxy = Proxy(port)
    through = database.replace(f":{port}/", f":{proxy.port}/")
    stack = launch(DATABASE_URL=through, **NAMED).start().wait_until_ready()
    for _ in range(40):
        assert stack.get("/api/polls/00000000")[0] == 404
    visitor = newcomer(stack.url, dark=True)
    visitor.page.goto("/status")
    for name, value in zip(("Release", "Region", "Instance"), NAMED.values(), strict=True):
        expect(fact(visitor, name)).to_have_text(value)
    chart = visitor.page.get_by_role("img", name="Requests over the last ten minutes")
    expect(chart).to_have_accessible_name(re.compile("40 requests, 0 errors"))
    rate = fact(visitor, "In the last minute")
    expect(rate).to_have_text(re.compile(r"^[\d.]+ per second$"))
    expect(chart.locator("rect.traffic-requests").first).to_be_visible()
    expect(chart.locator(".traffic-errors")).to_have_count(0)
    assert (sum(figures(visitor, 2)), sum(figures(visitor, 3))) == (40, 0)

    proxy.refuse()
    for _ in range(3):
        assert stack.get("/api/polls/00000000")[0] == 503
    visitor.sees("The database is away: votes and polls wait.")
    expect(visitor.page.locator(".live-state")).to_have_text("Server trouble…")
    expect(fact(visitor, "Postgres")).to_have_text("away")
    expect(fact(visitor, "In ten minutes")).to_have_text("3 errors")
    expect(chart.locator("path.traffic-errors")).to_have_count(1)  # an arrow, for one run of them
    expect(chart).to_have_accessible_name(re.compile("43 requests, 3 errors"))
    assert (sum(figures(visitor, 2)), sum(figures(visitor, 3))) == (43, 3)
    for size in (PHONE, DESKTOP):
        resize(visitor.page, size)
        picture(visitor.page, "status-database-away")

    proxy.heal()
    visitor.sees("3 requests failed in the last minute.")
    expect(visitor.page.locator(".live-state")).to_have_text("Live")
    visitor.page.emulate_media(color_scheme="light")
    for size in (PHONE, DESKTOP):
        resize(visitor.page, size)
        picture(visitor.page, "status-errors")
    proxy.drop()


def test_a_server_that_is_away_leaves_the_last_figures(
    launch: Callable[..., Stack], newcomer: Newcomer
) -> None:
    stack = launch(**NAMED).start().wait_until_ready()
    visitor = newcomer(stack.url)
    visitor.page.goto("/status")
    expect(fact(visitor, "Release")).to_have_text(NAMED["DEMIJOHN_RELEASE"])
    visitor.sees("All is well.")
    stack.stop()
    visitor.sees("Reconnecting…")
    expect(fact(visitor, "Release")).to_have_text(NAMED["DEMIJOHN_RELEASE"])
    # It claims nothing that it cannot know, and says how old that is which it knew.
    expect(visitor.page.locator(".lede")).to_have_text(
        re.compile(r"^The server is away\. All as of [1-9]\d* s ago\.$")
    )
    uptime = fact(visitor, "Up for").inner_text()
    visitor.page.wait_for_timeout(1_500)
    expect(fact(visitor, "Up for")).to_have_text(uptime)
    stack.start().wait_until_ready()
    expect(visitor.page.locator(".live-state")).to_have_text("Live", timeout=30_000)


@pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)
@pytest.mark.parametrize("width", [320, 1920])
def test_nothing_moves_when_the_chart_comes_and_nothing_sticks_out(
    stack: Stack, newcomer: Newcomer, width: int, picture: Picture
) -> None:
    visitor = newcomer(stack.url, Size(width, 1080), dark=width == 1920)
    note_shifts(visitor.page)
    visitor.page.goto("/status")
    chart = visitor.page.get_by_role("img", name="Requests over the last ten minutes")
    expect(chart.locator("text").first).to_be_visible()
    with visitor.page.expect_response("**/api/status"):
        pass  # and when other figures come
    assert shifted(visitor.page) < 0.01
    picture(visitor.page, "status-wide")
    sticking_out = chart.evaluate(
        """(svg) => { const frame = svg.getBoundingClientRect();
             return [...svg.querySelectorAll("text")].filter((text) => {
               const own = text.getBoundingClientRect();
               return own.left < frame.left - 1 || own.right > frame.right + 1;
             }).map((text) => text.textContent); }"""
    )
    assert sticking_out == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
