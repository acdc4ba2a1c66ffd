"""Results, timeline and export."""

import csv
import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import psutil
import pytest

from tests.tally.api.client import (
    client,
    create_poll,
    get_current_results,
    manage_header,
    new_client,
    path_of,
    poll,
    uncached,
    wait_until_closed,
)

__all__ = ["client", "poll"]

CACHE_CONTROL = "public, s-maxage=1, stale-while-revalidate=5, stale-if-error=300"


@pytest.fixture
def voted(client: httpx.Client, stack: Any) -> dict[str, Any]:
    """A multiple-choice poll with three ballots: 1, 1+3 and 3."""
    poll = create_poll(client, multiple=True, options=["Tea", "Coffee", "=cmd|' /C calc'!A0"])
    for choices in ([1], [1, 3], [3]):
        with new_client(stack.url) as voter:
            voter.put(path_of(poll) + "/ballot", json={"choices": choices}).raise_for_status()
    return poll


def get_results(client: httpx.Client, poll: dict[str, Any], **headers: str) -> httpx.Response:
    return client.get(path_of(poll) + "/results" + uncached(), headers=headers)


# Results


def test_results_count_ballots_and_votes(client: httpx.Client, voted: dict[str, Any]) -> None:
    response = get_results(client, voted)
    results = response.json()
    as_of = datetime.fromisoformat(results.pop("as_of"))
    assert abs(as_of - datetime.now(UTC)) < timedelta(minutes=1)
    assert results == {
        "ballots": 3,
        "options": [
            {"id": 1, "label": "Tea", "votes": 2},
            {"id": 2, "label": "Coffee", "votes": 0},
            {"id": 3, "label": "=cmd|' /C calc'!A0", "votes": 2},
        ],
        "closed": False,
        "closes_at": None,
        "hidden": False,
    }


def test_results_of_a_poll_without_votes_are_zero(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    results = get_current_results(client, poll)
    assert results["ballots"] == 0
    assert [option["votes"] for option in results["options"]] == [0, 0]


def test_results_are_cacheable_by_shared_caches(
    client: httpx.Client, voted: dict[str, Any]
) -> None:
    client.get(path_of(voted) + "/ballot")  # even for a voter
    response = get_results(client, voted)
    assert response.headers["Cache-Control"] == CACHE_CONTROL
    assert response.headers["ETag"]
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")


def test_unchanged_results_are_304(client: httpx.Client, voted: dict[str, Any]) -> None:
    first = get_results(client, voted)
    unchanged = get_results(client, voted, **{"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304
    assert unchanged.content == b""
    assert unchanged.headers["ETag"] == first.headers["ETag"]
    assert unchanged.headers["Cache-Control"] == CACHE_CONTROL


def test_etag_of_results_changes_with_count_and_closing_only(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    def etag() -> str:
        return str(get_results(client, poll).headers["ETag"])

    path = path_of(poll)
    empty = etag()
    assert etag() == empty
    client.put(path + "/ballot", json={"choices": [1]})
    voted = etag()
    client.put(path + "/ballot", json={"choices": [2]})
    changed = etag()
    client.patch(path, json={"closed": True}, headers=manage_header(poll))
    closed = etag()
    assert len({empty, voted, changed, closed}) == 4
    stale = get_results(client, poll, **{"If-None-Match": voted})
    assert stale.status_code == 200


def test_etags_of_two_polls_differ(client: httpx.Client) -> None:
    future, two = (get_results(client, create_poll(client)).headers["ETag"] for _ in range(2))
    assert future != two


@pytest.mark.parametrize(("path", "moment"), [("results", "as_of"), ("timeline", "until")])
def test_each_process_counts_at_most_once_per_second(
    client: httpx.Client, stack: Any, voted: dict[str, Any], path: str, moment: str
) -> None:
    uncached_header = {"Authorization": "Bearer none"}
    started_at = time.time()
    with ThreadPoolExecutor(20) as pool:
        futures = [
            pool.submit(client.get, f"{path_of(voted)}/{path}", headers=uncached_header)
            for _ in range(400)
        ]
        answers = [future.result() for future in futures]
    seconds = int(time.time()) - int(started_at) + 1
    assert {response.status_code for response in answers} == {200}
    counts = {response.json()[moment] for response in answers}
    assert len({str(response.json() | {moment: ""}) for response in answers}) == 1
    processes = len(psutil.Process(stack.child("gunicorn")).children())
    assert len(counts) <= seconds * processes < len(answers), (
        "or the machine is too slow for this test"
    )


# Timeline


def test_timeline_adds_up_to_the_results(client: httpx.Client, voted: dict[str, Any]) -> None:
    response = client.get(path_of(voted) + "/timeline")
    assert response.status_code == 200
    assert response.headers["Cache-Control"].startswith("public, s-maxage=5, ")
    timeline = response.json()
    assert [option["id"] for option in timeline["options"]] == [1, 2, 3]
    buckets = timeline["buckets"]
    assert 1 <= len(buckets) <= 200
    assert sum(bucket["ballots"] for bucket in buckets) == 3
    assert [sum(votes) for votes in zip(*(bucket["votes"] for bucket in buckets), strict=True)] == [
        2,
        0,
        2,
    ]
    starts = [datetime.fromisoformat(bucket["start"]) for bucket in buckets]
    width = timedelta(seconds=timeline["bucket_seconds"])
    assert all(later - earlier == width for earlier, later in pairwise(starts))
    assert starts[0] <= datetime.now(UTC) + timedelta(minutes=1)


def test_timeline_of_a_poll_without_votes_is_empty(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    assert client.get(path_of(poll) + "/timeline").json()["buckets"] == []


def test_timeline_ends_now_or_at_the_closing(client: httpx.Client, voted: dict[str, Any]) -> None:
    def until(poll: dict[str, Any]) -> datetime:
        timeline = client.get(path_of(poll) + "/timeline" + uncached()).json()
        return datetime.fromisoformat(timeline["until"])

    def set_closed(closed: bool) -> None:
        client.patch(path_of(voted), json={"closed": closed}, headers=manage_header(voted))

    while_open = until(voted)
    assert abs(while_open - datetime.now(UTC)) < timedelta(minutes=1)
    set_closed(closed=True)
    ended = until(voted)
    assert ended > while_open
    assert until(voted) == ended
    set_closed(closed=False)
    assert until(voted) > ended


def test_timeline_ends_at_the_closing_time(client: httpx.Client) -> None:
    closing = datetime.now(UTC) + timedelta(seconds=1)
    poll = create_poll(client, closes_at=closing.isoformat())
    wait_until_closed(client, poll)
    timeline = client.get(path_of(poll) + "/timeline" + uncached()).json()
    assert datetime.fromisoformat(timeline["until"]) == closing


# Export


def test_export_has_one_line_per_ballot_and_no_voters(
    client: httpx.Client, voted: dict[str, Any]
) -> None:
    response = client.get(path_of(voted) + "/ballots.csv", headers=manage_header(voted))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="tally-{voted["id"]}.csv"'
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    header, *lines = csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline=""))
    assert header == ["ballot", "cast_at", "Tea", "Coffee", "'=cmd|' /C calc'!A0"]
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert sorted(line[2:] for line in lines) == [
        ["0", "0", "1"],
        ["1", "0", "0"],
        ["1", "0", "1"],
    ]
    assert all(datetime.fromisoformat(line[1]).tzinfo for line in lines)


def test_export_of_an_empty_poll_is_its_header(client: httpx.Client, poll: dict[str, Any]) -> None:
    response = client.get(path_of(poll) + "/ballots.csv", headers=manage_header(poll))
    assert response.content.decode("utf-8-sig") == "ballot,cast_at,Tea,Coffee\r\n"


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1+1", "=\tx"])
def test_export_escapes_labels_that_are_formulas(client: httpx.Client, label: str) -> None:
    poll = create_poll(client, options=[label, 'a "quoted", one'])
    text = client.get(path_of(poll) + "/ballots.csv", headers=manage_header(poll)).content.decode(
        "utf-8-sig"
    )
    _, _, first, second = next(csv.reader(io.StringIO(text)))
    assert first == "'" + " ".join(label.split())
    assert second == 'a "quoted", one'
