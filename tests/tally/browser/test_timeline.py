"""Votes over time: fetched when shown, few names however many answers, and moving while open."""

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

Newcomer = Callable[..., Visitor]
Picture = Callable[[Page, str], None]

pytestmark = pytest.mark.parametrize("stack", ["psycopg2"], indirect=True)


def show(visitor: Visitor, address: str) -> None:
    visitor.page.goto(f"{address}/results")
    visitor.press("Votes over time")


def fill(postgres: Postgres, address: str, options: int, votes: int, span: timedelta) -> None:
    """Votes that came in over a stretch of time, as no test could wait for."""
    chance = random.Random(1)
    poll = address.rsplit("/", 1)[1]
    end = datetime.now(UTC)
    rows = [
        f"('{poll}', decode('{number:064x}', 'hex'),"
        f" '{{{min(int(chance.expovariate(1 / 3)) + 1, options)}}}',"
        f" '{(end - span * (1 - chance.betavariate(2, 3))).isoformat()}')"
        for number in range(votes)
    ]
    for some in range(0, votes, 500):  # a command line holds so many
        values = ",".join(rows[some : some + 500])
        postgres.execute(
            f"INSERT INTO ballots (poll_id, voter, choices, cast_at) VALUES {values}", DATABASE
        )


def test_nothing_of_it_is_fetched_before_it_is_shown(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    asked: list[str] = []
    host.page.on("request", lambda request: asked.append(request.url))
    host.page.goto(f"{address}/results")
    host.expect_share("Tea", 0, 0)
    button = host.page.get_by_role("button", name="Votes over time")
    expect(button).to_have_attribute("aria-expanded", "false")
    assert not [url for url in asked if "timeline" in url.replace("vote-timeline", "")]
    assert not [url for url in asked if "chart" in url]

    # What waits for the server says so: for what draws it at first, and then for the figures.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    host.page.route(re.compile("timeline-chart.*js$|/timeline$"), hold)
    button.press("Enter")
    for awaited in (".js", "/timeline"):
        while not [route for route in held if route.request.url.endswith(awaited)]:
            host.page.wait_for_timeout(50)
        host.sees("Loading…")
        held.pop().continue_()
    host.sees("No votes yet.")
    expect(button).to_have_attribute("aria-expanded", "true")
    assert [url for url in asked if url.endswith("/timeline")]
    button.press("Enter")
    expect(host.page.get_by_text("No votes yet.")).to_have_count(0)


def test_it_moves_while_it_is_open(stack: Stack, newcomer: Newcomer, picture: Picture) -> None:
    host, voter = newcomer(stack.url), newcomer(stack.url, PHONE)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    show(host, address)
    host.sees("No votes yet.")
    picture(host.page, "timeline-none")
    voter.page.goto(address)
    voter.vote("Coffee")
    drawing = host.page.get_by_role("img", name="In the end: Coffee 1.")
    expect(drawing).to_be_visible(timeout=20_000)
    expect(drawing.locator("path.race-line")).to_have_count(1)  # who has no votes does not run
    picture(host.page, "timeline-one")


def test_twenty_answers_are_still_readable(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, picture: Picture
) -> None:
    host = newcomer(stack.url)
    names = [f"Answer {number}, which is of some length" for number in range(1, 20)]
    address = host.ask("Which of all these?", [*names, "Grundstücksverkehrsgenehmigung"])
    fill(postgres, address, 20, 2_000, timedelta(minutes=42))
    show(host, address)
    drawing = host.page.get_by_role("img", name="Votes over time.")
    expect(drawing.locator("path.race-sign")).to_have_count(4)
    expect(host.page.locator(".chart-key li")).to_have_count(5)
    host.sees("other answers")
    # The table says the same as the results: the last row is the count.
    last = host.page.locator("tbody tr").last.locator("td").all_text_contents()
    assert sum(int(cell.replace(",", "")) for cell in last) == 2_000
    for width in (320, 375, 1280, 1920):
        resize(host.page, Size(width, 1080))
        host.page.emulate_media(color_scheme="dark" if width in (375, 1920) else "light")
        assert host.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        picture(host.page, "timeline-twenty")


def test_colours_that_the_system_forces_are_heeded(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, picture: Picture
) -> None:
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee", "Water"])
    fill(postgres, address, 3, 300, timedelta(days=3))
    host.page.emulate_media(forced_colors="active")
    show(host, address)
    line = host.page.locator("svg.time-chart path.race-line").first
    expect(line).to_be_visible()
    stroke = line.evaluate("(path) => getComputedStyle(path).stroke")
    ink = host.page.evaluate("getComputedStyle(document.body).color")
    assert stroke == ink
    picture(host.page, "timeline-forced-colors")


def test_it_is_not_asked_for_in_a_hidden_tab(stack: Stack, newcomer: Newcomer) -> None:
    host = newcomer(stack.url)
    address = host.ask("Tea or coffee?", ["Tea", "Coffee"])
    host.page.clock.install()
    show(host, address)
    host.sees("No votes yet.")
    asked: list[str] = []
    host.page.on(
        "request", lambda request: asked.append(request.url) if "/timeline" in request.url else None
    )
    host.page.evaluate(
        """Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
           document.dispatchEvent(new Event("visibilitychange"))"""
    )
    host.page.clock.run_for(60_000)
    assert asked == []


def test_a_lull_is_seen_in_the_timeline(
    stack: Stack, postgres: Postgres, newcomer: Newcomer, picture: Picture
) -> None:
    poll = Poll(stack)
    poll.cast(postgres, 1, 30)
    postgres.execute(
        "UPDATE ballots SET cast_at = now() - interval '1 hour' - random() * interval '20 minutes'"
        f" WHERE poll_id = '{poll.id}'",
        DATABASE,
    )
    page = newcomer(stack.url).open(f"{poll.address}/results")
    page.get_by_role("button", name="Votes over time").click()
    line = page.locator("svg.time-chart path.race-line")
    path = line.get_attribute("d") or ""
    points = [tuple(map(float, point.split())) for point in path[1:].split("L")]
    (before, level), (end, last) = points[-2:]
    assert level == last
    width = boxes(page, ".time-chart")[0]
    assert end > (width.right - width.left) * 0.95
    assert end - before > (width.right - width.left) * 0.6
    picture(page, "timeline-lull")


def test_one_vote_just_now_has_an_axis_like_any_other(
    stack: Stack, newcomer: Newcomer, postgres: Postgres, picture: Picture
) -> None:
    poll = Poll(stack)
    poll.cast(postgres, 1, 1)
    page = newcomer(stack.url, Size(320, 640)).open(f"{poll.address}/results")
    page.get_by_role("button", name="Votes over time").click()
    expect(page.locator("svg.time-chart path.race-sign")).to_be_visible()
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
    picture(page, "timeline-one")


def test_the_count_stays_where_the_charts_file_does_not_come(
    stack: Stack, newcomer: Newcomer
) -> None:
    viewer, poll = newcomer(stack.url), Poll(stack)
    viewer.open(f"{poll.address}/results")
    viewer.page.evaluate("sessionStorage.setItem('tally.reloaded', Date.now())")  # just now
    viewer.page.route("**/assets/timeline-chart-*.js", lambda route: route.fulfill(status=404))
    viewer.press("Votes over time")
    viewer.sees("Something broke")
    poll.vote(1)
    viewer.expect_share("Tea", 1, 100)
    viewer.complaints.clear()  # the browser's own, on the file
