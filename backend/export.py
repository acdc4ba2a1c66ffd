"""Exports the ballots of a poll as CSV, for its owner: times and choices, without the voters."""

import csv
import io
import unicodedata
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from flask import Blueprint, stream_with_context
from sqlalchemy import select

from . import deadline
from .api import Reply, operation
from .models import ballots, polls
from .polls import managed, no_such_poll

BATCH = 1000  # ballots fetched and sent at a time
BATCH_SECONDS = 5.0
BYTE_ORDER_MARK = "\ufeff"  # without it, Excel reads the labels as Latin-1

routes = Blueprint("export", __name__, url_prefix="/api/polls")


@routes.get("/<poll_id>/ballots.csv")
@operation(
    "exportBallots",
    Reply({200: None}, 401, 403, 404, media="text/csv"),
    managed=True,
)
def export(poll_id: str) -> tuple[Iterator[str], dict[str, str]]:
    """Export every ballot: its number, when it was cast, and 1 or 0 for each option."""
    chunks = stream_with_context(_chunks(poll_id))
    return _prepend(next(chunks), chunks), {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="tally-{poll_id}.csv"',
    }


def _prepend(first: str, chunks: Iterator[str]) -> Iterator[str]:
    """All chunks; the first is produced before the response begins, so that errors are possible."""
    yield first
    yield from chunks


def _chunks(poll_id: str) -> Iterator[str]:
    """CSV in batches from a server-side cursor, so that memory does not limit the number."""
    labels_of = select(polls.c.options).where(polls.c.id == poll_id)
    all_ballots = (
        select(ballots.c.cast_at, ballots.c.choices)
        .where(ballots.c.poll_id == poll_id)
        .order_by(ballots.c.cast_at, ballots.c.voter)
    )
    with managed(poll_id) as connection:
        labels = connection.execute(labels_of).scalar_one_or_none()
        if labels is None:
            raise no_such_poll()
        cursor = connection.execution_options(stream_results=True).execute(all_ballots)
        yield BYTE_ORDER_MARK + _csv([["ballot", "cast_at", *map(escape_formula, labels)]])
        number = 0
        while True:
            deadline.start(BATCH_SECONDS)  # per batch: the time for a slow client does not count
            batch = cursor.fetchmany(BATCH)
            if not batch:
                break
            yield _csv(
                _line(place, ballot, len(labels)) for place, ballot in enumerate(batch, number + 1)
            )
            number += len(batch)


def _line(number: int, ballot: Any, options: int) -> list[str | int]:
    moment = ballot.cast_at.astimezone(UTC).isoformat(timespec="seconds")
    return [number, moment, *(int(n in ballot.choices) for n in range(1, options + 1))]


def escape_formula(label: str) -> str:
    """A label that a spreadsheet shows as text, not as a formula."""
    first = unicodedata.normalize("NFKC", label)[:1]
    return f"'{label}" if first in "=+-@" else label


def _csv(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
