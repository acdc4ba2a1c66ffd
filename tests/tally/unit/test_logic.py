"""The backend's pure parts: buckets, ids, texts, waiting."""

import socket
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from backend import addresses, buckets, patience
from backend.keys import ALPHABET, canonical_poll_id, digest, new_poll_id, new_secret
from backend.schemas import one_line

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

# Buckets


def how_many(first: datetime, last: datetime) -> int:
    width = buckets.width_for(first, last)
    return buckets.number_of(last, width) - buckets.number_of(first, width) + 1


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
def test_the_width_is_round_and_as_narrow_as_can_be(span: timedelta, width: int) -> None:
    assert buckets.width_for(START, START + span) == width


def test_there_are_never_more_than_200_buckets() -> None:
    for seconds in [*range(0, 4000, 7), *range(0, 10**9, 1_234_567)]:
        for shift in (0, 1, 59, 3599, 86399):
            first = START + timedelta(seconds=shift)
            assert 1 <= how_many(first, first + timedelta(seconds=seconds)) <= 200


def test_every_moment_lies_in_its_bucket() -> None:
    for width in buckets.WIDTHS:
        for microseconds in (0, 1, 499_999, 999_999):
            moment = START.replace(microsecond=microseconds)
            start = buckets.start_of(buckets.number_of(moment, width), width)
            assert start <= moment < start + timedelta(seconds=width)


def test_widths_grow() -> None:
    assert all(narrow < wide for narrow, wide in pairwise(buckets.WIDTHS))


# Ids and secrets


def test_ids_are_of_letters_that_nobody_mistakes() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("ilou") & set(ALPHABET)
    ids = {new_poll_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert set("".join(ids)) == set(ALPHABET)
    assert {len(poll_id) for poll_id in ids} == {8}


@pytest.mark.parametrize(
    ("typed", "meant"),
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
def test_an_id_is_read_as_it_was_meant(typed: str, meant: str | None) -> None:
    assert canonical_poll_id(typed) == meant


def test_secrets_are_long_and_kept_as_hashes_that_tell_nothing() -> None:
    assert len(new_secret()) == 32
    assert new_secret() != new_secret()
    assert len(digest("a")) == 32
    assert digest("a", "b") != digest("ab") != digest("b", "a")
    assert digest("\udcff")  # what a header of bytes that are no text is decoded to


# Texts


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  a  b ", "a b"),
        ("a\r\n\tb", "a b"),
        ("e\u0301", "\u00e9"),
        ("\u3000", ""),
        (7, 7),
        (None, None),
    ],
)
def test_text_is_kept_as_one_line(given: Any, kept: Any) -> None:
    assert one_line(given) == kept


# Waiting


def test_patience_is_the_shortest_of_all_that_hold() -> None:
    assert patience.left() is None
    with patience.at_most(100):
        with patience.at_most(1):
            assert 0 < (patience.left() or 0) <= 1
        assert 1 < (patience.left() or 0) <= 100
        with patience.at_most(1000):
            assert 1 < (patience.left() or 0) <= 100
        with patience.at_most(0):
            assert patience.left() == 0
    assert patience.left() is None


def test_a_name_that_is_not_resolved_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: time.sleep(30) or [])
    begin = time.monotonic()
    with patience.at_most(0.1), pytest.raises(TimeoutError, match="not resolved in time"):
        addresses.resolve("db.example", 5432)
    assert time.monotonic() - begin < 10


def test_a_name_has_its_addresses_each_once() -> None:
    found = addresses.resolve("localhost", 5432)
    assert set(found) & {"127.0.0.1", "::1"}
    assert len(found) == len(set(found))
