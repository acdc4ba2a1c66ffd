"""Votes over time: fetched when shown, few labels with many answers, updated while open."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from local.postgres import Postgres
from tests.support.stack import Stack
from tests.tally.browser.layout import boxes, resize
from tests.tally.browser.poll import DATABASE, Poll
from tests.tally.browser.tally import PHONE, Size, Visitor

NewVisitor = Callable[..., Visitor]
Screenshot = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def open_timeline(visitor: Visitor, address: str) -> None:
    visitor.page.goto(f"{address}/results")
    visitor.press("Votes over time")


def insert_votes_over(
    postgres: Postgres, address: str, options: int, votes: int, span: timedelta
) -> None:
    """Insert votes over a period that a test cannot wait for."""
    chance = random.Random(1)
    poll = address.rsplit("/", 1)[1]
    end = datetime.now(UTC)
    rows = [
        f"('{poll}', decode('{number:064x}', 'hex'),"
        f" '{{{min(int(chance.expovariate(1 / 3)) + 1, options)}}}',"
        f" '{(end - span * (1 - chance.betavariate(2, 3))).isoformat()}')"
        for number in range(votes)
    ]
    for start in range(0, votes, 500):  # the limit of a command line
        values = ",".join(rows[start : start + 500])
        postgres.execute(
            f"INSERT INTO ballots (poll_id, voter, choices, cast_at) VALUES {values}", DATABASE
        )


def test_timeline_is_fetched_only_when_shown(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    requested: list[str] = []
    host.page.on("request", lambda request: requested.append(request.url))
    host.page.goto(f"{address}/results")
    host.expect_share("Tea", 0, 0)
    button = host.page.get_by_role("button", name="Votes over time")
    expect(button).to_have_attribute("aria-expanded", "false")
    assert not [url for url in requested if "timeline" in url.replace("vote-timeline", "")]
    assert not [url for url in requested if "chart" in url]

    # A loading message is shown while the chart's file and then its data are fetched.
    held_routes: list[Route] = []

    def hold_route(route: Route) -> None:
        held_routes.append(route)

    host.page.route(re.compile("timeline-chart.*js$|/timeline$"), hold_route)
    button.press("Enter")
    for awaited in (".js", "/timeline"):
        while not [route for route in held_routes if route.request.url.endswith(awaited)]:
            host.page.wait_for_timeout(50)
        host.expect_text("Loading…")
        held_routes.pop().continue_()
    host.expect_text("No votes yet.")
    expect(button).to_have_attribute("aria-expanded", "true")
    assert [url for url in requested if url.endswith("/timeline")]
    button.press("Enter")
    expect(host.page.get_by_text("No votes yet.")).to_have_count(0)


def test_open_timeline_updates_with_votes(
    stack: Stack, new_visitor: NewVisitor, screenshot: Screenshot
) -> None:
    host, voter = new_visitor(stack.url), new_visitor(stack.url, PHONE)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    open_timeline(host, address)
    host.expect_text("No votes yet.")
    screenshot(host.page, "timeline-none")
    voter.page.goto(address)
    voter.vote("Coffee")
    drawing = host.page.get_by_role("img", name="In the end: Coffee 1.")
    expect(drawing).to_be_visible(timeout=20_000)
    # Answers without votes have no line.
    expect(drawing.locator("path.series-line")).to_have_count(1)
    screenshot(host.page, "timeline-one")


def test_timeline_of_twenty_answers_is_readable(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor, screenshot: Screenshot
) -> None:
    host = new_visitor(stack.url)
    names = [f"Answer {number}, which is of some length" for number in range(1, 20)]
    address = host.create_poll("Which of all these?", [*names, "Grundstücksverkehrsgenehmigung"])
    insert_votes_over(postgres, address, 20, 2_000, timedelta(minutes=42))
    open_timeline(host, address)
    drawing = host.page.get_by_role("img", name="Votes over time.")
    expect(drawing.locator("path.series-marker")).to_have_count(4)
    expect(host.page.locator(".chart-key li")).to_have_count(5)
    host.expect_text("other answers")
    # The table matches the results: the last row is the count.
    last = host.page.locator("tbody tr").last.locator("td").all_text_contents()
    assert sum(int(cell.replace(",", "")) for cell in last) == 2_000
    for width in (320, 375, 1280, 1920):
        resize(host.page, Size(width, 1080))
        host.page.emulate_media(color_scheme="dark" if width in (375, 1920) else "light")
        assert host.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        screenshot(host.page, "timeline-twenty")


def test_timeline_uses_forced_colours(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor, screenshot: Screenshot
) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee", "Water"])
    insert_votes_over(postgres, address, 3, 300, timedelta(days=3))
    host.page.emulate_media(forced_colors="active")
    open_timeline(host, address)
    line = host.page.locator("svg.time-chart path.series-line").first
    expect(line).to_be_visible()
    stroke = line.evaluate("(path) => getComputedStyle(path).stroke")
    ink = host.page.evaluate("getComputedStyle(document.body).color")
    assert stroke == ink
    screenshot(host.page, "timeline-forced-colors")


def test_timeline_is_not_fetched_in_a_hidden_tab(stack: Stack, new_visitor: NewVisitor) -> None:
    host = new_visitor(stack.url)
    address = host.create_poll("Tea or coffee?", ["Tea", "Coffee"])
    host.page.clock.install()
    open_timeline(host, address)
    host.expect_text("No votes yet.")
    requested: list[str] = []
    host.page.on(
        "request",
        lambda request: requested.append(request.url) if "/timeline" in request.url else None,
    )
    host.page.evaluate(
        """Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
           document.dispatchEvent(new Event("visibilitychange"))"""
    )
    host.page.clock.run_for(60_000)
    assert requested == []


def test_timeline_shows_a_period_without_votes(
    stack: Stack, postgres: Postgres, new_visitor: NewVisitor, screenshot: Screenshot
) -> None:
    poll = Poll(stack)
    poll.insert_votes(postgres, 1, 30)
    postgres.execute(
        "UPDATE ballots SET cast_at = now() - interval '1 hour' - random() * interval '20 minutes'"
        f" WHERE poll_id = '{poll.id}'",
        DATABASE,
    )
    page = new_visitor(stack.url).open(f"{poll.address}/results")
    page.get_by_role("button", name="Votes over time").click()
    line = page.locator("svg.time-chart path.series-line")
    path = line.get_attribute("d") or ""
    points = [tuple(map(float, point.split())) for point in path[1:].split("L")]
    (before, level), (end, last) = points[-2:]
    assert level == last
    width = boxes(page, ".time-chart")[0]
    assert end > (width.right - width.left) * 0.95
    assert end - before > (width.right - width.left) * 0.6
    screenshot(page, "timeline-lull")


def test_timeline_of_one_recent_vote_has_a_valid_axis(
    stack: Stack, new_visitor: NewVisitor, postgres: Postgres, screenshot: Screenshot
) -> None:
    poll = Poll(stack)
    poll.insert_votes(postgres, 1, 1)
    page = new_visitor(stack.url, Size(320, 640)).open(f"{poll.address}/results")
    page.get_by_role("button", name="Votes over time").click()
    expect(page.locator("svg.time-chart path.series-marker")).to_be_visible()
    texts = page.locator("svg.time-chart text")
    labels = texts.all_text_contents()
    assert labels[:2] == ["0", "1"]
    assert len(set(labels[2:])) == len(labels[2:]) >= 2
    texts_at = boxes(page, "svg.time-chart text")
    assert not [one for one in texts_at for two in texts_at if one != two and one.overlaps(two)]
    note = page.locator(".timeline-note").inner_text()
    found = re.fullmatch(r"From (\d\d:\d\d) to (\d\d:\d\d)", note)
    assert found is not None, note
    assert found[1] != found[2]
    screenshot(page, "timeline-one")


def test_results_update_if_the_chart_file_is_missing(stack: Stack, new_visitor: NewVisitor) -> None:
    viewer, poll = new_visitor(stack.url), Poll(stack)
    viewer.open(f"{poll.address}/results")
    # A reload just happened.
    viewer.page.evaluate("sessionStorage.setItem('tally.reloaded', Date.now())")
    viewer.page.route("**/assets/timeline-chart-*.js", lambda route: route.fulfill(status=404))
    viewer.press("Votes over time")
    viewer.expect_text("Something broke")
    poll.vote(1)
    viewer.expect_share("Tea", 1, 100)
    viewer.console_errors.clear()  # the browser's own error about the file
