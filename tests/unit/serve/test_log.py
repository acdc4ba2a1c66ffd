"""The relay writes the programs' output to the log, line by line, with their names."""

import os
from collections.abc import Callable, Iterator

import pytest
from demijohn.common.log import MAX_LINE, Relay, _lost

Read = Callable[[], bytes]


@pytest.fixture
def log() -> Iterator[tuple[int, Read]]:
    """A descriptor for writing, and a function that reads what was written."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    _lost.clear()

    def read() -> bytes:
        try:
            return os.read(reader, 1 << 20)
        except BlockingIOError:
            return b""

    yield writer, read
    os.close(reader)
    os.close(writer)


def test_relay_joins_pieces_into_lines_with_the_programs_name(log: tuple[int, Read]) -> None:
    descriptor, read = log
    relay = Relay()
    for piece in (b"first li", b"ne\nsecond", b" line\n", b"third"):
        relay.feed("gunicorn", descriptor, piece)
    assert read() == b"gunicorn  first line\ngunicorn  second line\n"
    relay.flush()
    assert read() == b"gunicorn  third\n"
    relay.flush()
    assert read() == b""


def test_relay_keeps_programs_and_streams_apart(log: tuple[int, Read]) -> None:
    descriptor, read = log
    other, read_other = os.dup(descriptor), read
    relay = Relay()
    relay.feed("nginx", descriptor, b"from ")
    relay.feed("worker", descriptor, b"something else\n")
    relay.feed("nginx", other, b"another stream\n")
    relay.feed("nginx", descriptor, b"nginx\n")
    assert read_other() == (
        b"worker    something else\nnginx     another stream\nnginx     from nginx\n"
    )
    os.close(other)


def test_relay_joins_a_character_split_between_reads(log: tuple[int, Read]) -> None:
    descriptor, read = log
    relay = Relay()
    data = "grüße 漢\n".encode()
    for byte in data:
        relay.feed("app", descriptor, bytes([byte]))
    assert read() == b"app       " + data


def test_relay_passes_bytes_that_are_not_utf_8(log: tuple[int, Read]) -> None:
    descriptor, read = log
    relay = Relay()
    relay.feed("app", descriptor, b"\xff\x00\xfe\r\n\n")
    assert read() == b"app       \xff\x00\xfe\r\napp       \n"


def test_relay_limits_the_memory_of_an_endless_line(log: tuple[int, Read]) -> None:
    descriptor, _ = log
    os.set_blocking(descriptor, False)
    relay = Relay()
    for _ in range(300):
        relay.feed("app", descriptor, b"x" * 8192)
    assert sum(len(rest) for rest in relay._partial.values()) <= MAX_LINE + 8192


def test_relay_passes_json_unchanged_and_in_one_line(log: tuple[int, Read]) -> None:
    descriptor, read = log
    relay = Relay()
    line = b'{"level": "info", "text": "' + b"x" * 50_000 + b'"}\n'
    for start in range(0, len(line), 8192):
        relay.feed("gunicorn", descriptor, line[start : start + 8192])
    assert read() == line
    relay.feed("app", descriptor, b"{no json}\n{'neither': 1}\n")
    assert read() == b"app       {no json}\napp       {'neither': 1}\n"


def test_relay_reports_the_lines_lost_by_a_reader_that_paused(log: tuple[int, Read]) -> None:
    descriptor, read = log
    relay = Relay()
    for _ in range(100):
        relay.feed("app", descriptor, b"x" * 4000 + b"\n")
    before = read()
    relay.feed("app", descriptor, b"here again\n")
    after = read()
    lost = 100 - before.count(b"\n")
    assert 0 < lost < 100
    assert after.endswith(b"\napp       here again\n")
    assert f"\nlog       {lost} lines were lost".encode() in after
    relay.feed("app", descriptor, b"and on\n")
    assert read() == b"app       and on\n"


def test_relay_ignores_a_closed_log() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    relay = Relay()
    relay.feed("app", writer, b"to no reader\n")
    os.close(writer)
    relay.feed("app", writer, b"to nowhere\n")


def test_last_error_is_the_last_line_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    relay = Relay()
    relay.feed("app", 2, b"Traceback\n  ...\nValueError: why\n\n")
    relay.feed("app", 1, b"on stdout\n")
    assert relay.last_errors["app"] == "ValueError: why"
    relay.feed("app", 2, b"\xffodd\nunfinished")
    assert relay.last_errors["app"] == "�odd"
    relay.flush()
    assert relay.last_errors["app"] == "unfinished"
    captured = capfd.readouterr()
    assert captured.out == "app       on stdout\n"
    assert captured.err.endswith("app       unfinished\n")
