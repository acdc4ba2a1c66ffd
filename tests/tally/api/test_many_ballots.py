"""Polls with many ballots, inserted by SQL: timelines of months, exports of thousands."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from backend import create_app
from backend.database import engine_for_migrations, transaction
from backend.export import BATCH
from backend.models import metadata
from backend.settings import load

CAST = text(
    """
    INSERT INTO ballots (poll_id, voter, choices, cast_at)
    SELECT :poll, int4send(n), ARRAY[1 + mod(n, 2)]::smallint[],
        cast(:first AS timestamptz) + n * cast(:step AS interval)
    FROM generate_series(0, cast(:count AS integer) - 1) AS n
    """
)


@pytest.fixture(params=["psycopg2", "pg8000"])
def app(request: pytest.FixtureRequest, database: str) -> Iterator[Flask]:
    environ = {"DATABASE_URL": database, "DATABASE_DRIVER": request.param}
    metadata.create_all(engine_for_migrations(load(environ)))
    app = create_app(environ | {"DATABASE_POOL_SIZE": "1"})
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def poll(app: Flask) -> dict[str, Any]:
    response = app.test_client().post("/api/polls", json={"question": "?", "options": ["a", "b"]})
    return dict(response.json)


def insert_ballots(app: Flask, poll: dict[str, Any], count: int, step: timedelta) -> None:
    first = datetime.fromisoformat("2026-03-01T12:00:00.25+00:00")
    values = {"poll": poll["id"], "first": first, "count": count, "step": step}
    with app.app_context(), transaction() as connection:
        connection.execute(CAST, values)


@pytest.mark.parametrize(
    ("count", "step", "width"),
    [
        (1, timedelta(0), 1),
        (120, timedelta(seconds=1), 1),
        (1000, timedelta(milliseconds=100), 1),
        (3000, timedelta(minutes=1), 900),
        (400, timedelta(days=1), 5 * 86400),
        (3, timedelta(days=3000), 30 * 86400 + 30 * 86400),
    ],
)
def test_timeline_covers_all_ballots_with_at_most_200_buckets(
    app: Flask, poll: dict[str, Any], count: int, step: timedelta, width: int
) -> None:
    insert_ballots(app, poll, count, step)
    timeline = app.test_client().get(f"/api/polls/{poll['id']}/timeline").json
    buckets = timeline["buckets"]
    assert timeline["bucket_seconds"] == width
    assert 1 <= len(buckets) <= 200
    assert sum(bucket["ballots"] for bucket in buckets) == count
    assert sum(bucket["votes"][0] for bucket in buckets) == (count + 1) // 2
    assert sum(bucket["votes"][1] for bucket in buckets) == count // 2
    assert buckets[0]["ballots"] > 0
    assert buckets[-1]["ballots"] > 0


def test_export_is_streamed_completely_in_batches(app: Flask, poll: dict[str, Any]) -> None:
    count = 3 * BATCH + 7
    insert_ballots(app, poll, count, timedelta(seconds=1))
    statements: list[str] = []
    event.listen(
        app.extensions["engine"],
        "before_cursor_execute",
        lambda _c, cursor, statement, *_: statements.append(
            "streamed" if getattr(cursor, "name", None) or hasattr(cursor, "ident") else statement
        ),
    )
    response = app.test_client().get(
        f"/api/polls/{poll['id']}/ballots.csv",
        headers={"Authorization": f"Bearer {poll['manage_key']}"},
    )
    chunks = list(response.iter_encoded())
    assert len(chunks) == 1 + 4  # the header, then the batches
    header, *lines = csv.reader(io.StringIO(b"".join(chunks).decode("utf-8-sig"), newline=""))
    assert header == ["ballot", "cast_at", "a", "b"]
    assert [int(line[0]) for line in lines] == list(range(1, count + 1))
    assert [line[2:] for line in lines[:2]] == [["1", "0"], ["0", "1"]]
    assert statements.count("streamed") == 1


def test_aborted_export_returns_its_connection_to_the_pool(
    app: Flask, poll: dict[str, Any]
) -> None:
    """The pool has one connection: if the export kept it, the next request would fail."""
    insert_ballots(app, poll, 3 * BATCH, timedelta(seconds=1))
    client = app.test_client()
    path = f"/api/polls/{poll['id']}"
    for _ in range(3):
        response = client.get(
            path + "/ballots.csv", headers={"Authorization": f"Bearer {poll['manage_key']}"}
        )
        chunks = response.iter_encoded()
        next(chunks)
        next(chunks)
        response.close()
        assert client.get(path).status_code == 200


def test_results_of_20_000_ballots_are_correct(app: Flask, poll: dict[str, Any]) -> None:
    insert_ballots(app, poll, 20_001, timedelta(0))
    results = app.test_client().get(f"/api/polls/{poll['id']}/results").json
    assert results["ballots"] == 20_001
    assert [option["votes"] for option in results["options"]] == [10_001, 10_000]
