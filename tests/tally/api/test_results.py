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
    created,
    key,
    new_client,
    path_of,
    poll,
    results_of,
    uncached,
    wait_until_closed,
)

__all__ = ["client", "poll"]

CACHE_CONTROL = "public, s-maxage=1, stale-while-revalidate=5, stale-if-error=300"


@pytest.fixture
def voted(client: httpx.Client, stack: Any) -> dict[str, Any]:
    """A poll of several choices with three ballots: 1, 1+3 and 3."""
    poll = created(client, multiple=True, options=["Tea", "Coffee", "=cmd|' /C calc'!A0"])
    for choices in ([1], [1, 3], [3]):
        with new_client(stack.url) as voter:
            voter.put(path_of(poll) + "/ballot", json={"choices": choices}).raise_for_status()
    return poll


def get_results(client: httpx.Client, poll: dict[str, Any], **headers: str) -> httpx.Response:
    return client.get(path_of(poll) + "/results" + uncached(), headers=headers)


# Results


def test_results_count_ballots_and_votes(client: httpx.Client, voted: dict[str, Any]) -> None:
    answer = get_results(client, voted)
    results = answer.json()
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


def test_a_poll_without_votes_has_results(client: httpx.Client, poll: dict[str, Any]) -> None:
    results = results_of(client, poll)
    assert results["ballots"] == 0
    assert [option["votes"] for option in results["options"]] == [0, 0]


def test_results_may_be_cached_by_everyone(client: httpx.Client, voted: dict[str, Any]) -> None:
    client.get(path_of(voted) + "/ballot")  # even for a voter
    answer = get_results(client, voted)
    assert answer.headers["Cache-Control"] == CACHE_CONTROL
    assert answer.headers["ETag"]
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_results_that_did_not_change_are_not_sent_again(
    client: httpx.Client, voted: dict[str, Any]
) -> None:
    first = get_results(client, voted)
    again = get_results(client, voted, **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == CACHE_CONTROL


def test_the_etag_changes_with_the_count_and_with_closing_only(
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
    client.patch(path, json={"closed": True}, headers=key(poll))
    closed = etag()
    assert len({empty, voted, changed, closed}) == 4
    stale = get_results(client, poll, **{"If-None-Match": voted})
    assert stale.status_code == 200


def test_two_polls_never_share_an_etag(client: httpx.Client) -> None:
    one, two = (get_results(client, created(client)).headers["ETag"] for _ in range(2))
    assert one != two


@pytest.mark.parametrize(("path", "moment"), [("results", "as_of"), ("timeline", "until")])
def test_each_process_counts_once_a_second_however_many_ask(
    client: httpx.Client, stack: Any, voted: dict[str, Any], path: str, moment: str
) -> None:
    past_the_cache = {"Authorization": "Bearer none"}
    begun = time.time()
    with ThreadPoolExecutor(20) as pool:
        asked = [
            pool.submit(client.get, f"{path_of(voted)}/{path}", headers=past_the_cache)
            for _ in range(400)
        ]
        answers = [one.result() for one in asked]
    seconds = int(time.time()) - int(begun) + 1
    assert {answer.status_code for answer in answers} == {200}
    counts = {answer.json()[moment] for answer in answers}
    assert len({str(answer.json() | {moment: ""}) for answer in answers}) == 1
    processes = len(psutil.Process(stack.child("gunicorn")).children())
    assert len(counts) <= seconds * processes < len(answers), "or so slow that it says nothing"


# Timeline


def test_the_timeline_adds_up_to_the_results(client: httpx.Client, voted: dict[str, Any]) -> None:
    answer = client.get(path_of(voted) + "/timeline")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].startswith("public, s-maxage=5, ")
    timeline = answer.json()
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


def test_a_poll_without_votes_has_an_empty_timeline(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    assert client.get(path_of(poll) + "/timeline").json()["buckets"] == []


def test_a_timeline_goes_to_now_or_to_the_closing(
    client: httpx.Client, voted: dict[str, Any]
) -> None:
    def until(poll: dict[str, Any]) -> datetime:
        timeline = client.get(path_of(poll) + "/timeline" + uncached()).json()
        return datetime.fromisoformat(timeline["until"])

    def change(closed: bool) -> None:
        client.patch(path_of(voted), json={"closed": closed}, headers=key(voted))

    open_still = until(voted)
    assert abs(open_still - datetime.now(UTC)) < timedelta(minutes=1)
    change(closed=True)
    ended = until(voted)
    assert ended > open_still
    assert until(voted) == ended
    change(closed=False)
    assert until(voted) > ended


def test_a_timeline_ends_when_the_poll_closes_by_itself(client: httpx.Client) -> None:
    closing = datetime.now(UTC) + timedelta(seconds=1)
    poll = created(client, closes_at=closing.isoformat())
    wait_until_closed(client, poll)
    timeline = client.get(path_of(poll) + "/timeline" + uncached()).json()
    assert datetime.fromisoformat(timeline["until"]) == closing


# Export


def test_the_export_has_a_line_for_each_ballot_and_no_voter(
    client: httpx.Client, voted: dict[str, Any]
) -> None:
    answer = client.get(path_of(voted) + "/ballots.csv", headers=key(voted))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="tally-{voted["id"]}.csv"'
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    header, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert header == ["ballot", "cast_at", "Tea", "Coffee", "'=cmd|' /C calc'!A0"]
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert sorted(line[2:] for line in lines) == [
        ["0", "0", "1"],
        ["1", "0", "0"],
        ["1", "0", "1"],
    ]
    assert all(datetime.fromisoformat(line[1]).tzinfo for line in lines)


def test_an_empty_poll_exports_its_header(client: httpx.Client, poll: dict[str, Any]) -> None:
    answer = client.get(path_of(poll) + "/ballots.csv", headers=key(poll))
    assert answer.content.decode("utf-8-sig") == "ballot,cast_at,Tea,Coffee\r\n"


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1+1", "=\tx"])
def test_no_label_is_a_formula(client: httpx.Client, label: str) -> None:
    poll = created(client, options=[label, 'a "quoted", one'])
    text = client.get(path_of(poll) + "/ballots.csv", headers=key(poll)).content.decode("utf-8-sig")
    _, _, first, second = next(csv.reader(io.StringIO(text)))
    assert first == "'" + " ".join(label.split())
    assert second == 'a "quoted", one'
