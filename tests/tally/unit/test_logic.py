"""The pure parts of the backend: buckets, ids, texts, deadlines."""

import socket
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from backend import deadline, dns, timeline_buckets
from backend.schemas import one_line
from backend.secret_keys import ALPHABET, canonical_poll_id, digest, new_poll_id, new_secret

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

# Buckets


def bucket_count(first: datetime, last: datetime) -> int:
    width = timeline_buckets.width_for(first, last)
    return timeline_buckets.number_of(last, width) - timeline_buckets.number_of(first, width) + 1


@pytest.mark.parametrize(
    ("span", "width"),
    [
        (timedelta(0), 1),
        (timedelta(seconds=199), 1),
        (timedelta(seconds=200), 2),
        (timedelta(minutes=10), 5),
        (timedelta(hours=1), 30),
        (timedelta(hours=24), 600),
        (timedelta(days=7), 3600),
        (timedelta(days=365), 2 * 86400),
        (timedelta(days=36500), 210 * 86400),
    ],
)
def test_bucket_width_is_round_and_minimal(span: timedelta, width: int) -> None:
    assert timeline_buckets.width_for(START, START + span) == width


def test_bucket_count_is_at_most_200() -> None:
    for seconds in [*range(0, 4000, 7), *range(0, 10**9, 1_234_567)]:
        for shift in (0, 1, 59, 3599, 86399):
            first = START + timedelta(seconds=shift)
            assert 1 <= bucket_count(first, first + timedelta(seconds=seconds)) <= 200


def test_time_lies_in_its_bucket() -> None:
    for width in timeline_buckets.WIDTHS:
        for microseconds in (0, 1, 499_999, 999_999):
            moment = START.replace(microsecond=microseconds)
            start = timeline_buckets.start_of(timeline_buckets.number_of(moment, width), width)
            assert start <= moment < start + timedelta(seconds=width)


def test_bucket_widths_increase() -> None:
    assert all(narrow < wide for narrow, wide in pairwise(timeline_buckets.WIDTHS))


# Ids and secrets


def test_poll_ids_have_unambiguous_characters() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("ilou") & set(ALPHABET)
    ids = {new_poll_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert set("".join(ids)) == set(ALPHABET)
    assert {len(poll_id) for poll_id in ids} == {8}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("abcd2345", "abcd2345"),
        ("ABCD2345", "abcd2345"),
        ("oOiIlL00", "00111100"),
        ("abcd234", None),
        ("abcd23456", None),
        ("abcd234u", None),
        ("abcd234\n", None),
        ("abcd 234", None),
        ("abcd234\u0131", None),
        ("", None),
        ("\0" * 8, None),
    ],
)
def test_typed_poll_id_is_normalised(typed: str, expected: str | None) -> None:
    assert canonical_poll_id(typed) == expected


def test_secrets_are_long_and_their_digests_differ() -> None:
    assert len(new_secret()) == 32
    assert new_secret() != new_secret()
    assert len(digest("a")) == 32
    assert digest("a", "b") != digest("ab") != digest("b", "a")
    assert digest("\udcff")  # the decoding of header bytes that are not text


# Texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  a  b ", "a b"),
        ("a\r\n\tb", "a b"),
        ("e\u0301", "\u00e9"),
        ("\u3000", ""),
        (7, 7),
        (None, None),
    ],
)
def test_text_becomes_one_normalised_line(text: Any, expected: Any) -> None:
    assert one_line(text) == expected


# Deadlines


def test_deadline_is_the_earliest_of_all_in_effect() -> None:
    assert deadline.seconds_left() is None
    with deadline.within(100):
        with deadline.within(1):
            assert 0 < (deadline.seconds_left() or 0) <= 1
        assert 1 < (deadline.seconds_left() or 0) <= 100
        with deadline.within(1000):
            assert 1 < (deadline.seconds_left() or 0) <= 100
        with deadline.within(0):
            assert deadline.seconds_left() == 0
    assert deadline.seconds_left() is None


def test_name_resolution_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: time.sleep(30) or [])
    started_at = time.monotonic()
    with deadline.within(0.1), pytest.raises(TimeoutError, match="not resolved in time"):
        dns.resolve("db.example", 5432)
    assert time.monotonic() - started_at < 10


def test_name_resolves_to_distinct_addresses() -> None:
    resolved = dns.resolve("localhost", 5432)
    assert set(resolved) & {"127.0.0.1", "::1"}
    assert len(resolved) == len(set(resolved))
