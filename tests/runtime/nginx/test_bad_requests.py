"""No request, however malformed, hangs, ends in a 5xx or reaches the app as something else.

Each case of malformed_framing and malformed_headers is sent as it is to the real front door. The
recorder behind it keeps a journal of what it got, which shows what did not arrive, and that nothing
arrived altered. A good request follows on the same connection, and must get an answer of its own.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.postgres import Postgres
from tests.support import malformed_framing, malformed_headers
from tests.support.front_door import Answer, door, said_properly
from tests.support.raw_http import ADDRESS, HIDDEN, Case, Front, request

CASES = [*malformed_framing.CASES, *malformed_headers.CASES]


@pytest.fixture(scope="module")
def front(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    journal = tmp_path_factory.mktemp("recorder") / "journal"
    with door(
        postgres, APP_MODULE="recorder:app", JOURNAL=str(journal), DEMIJOHN_RATE_LIMIT="0"
    ) as running:
        front = Front("127.0.0.1", running.port, journal.read_text)
        assert running.get("/api/first")[0] == 200  # so that no journal without words is a good one
        yield front
        check_journal(front)
        assert "Traceback" not in running.log


def check_journal(front: Front) -> None:
    """Whatever arrived late arrived too, and nothing that was hidden in something else."""
    found = front.journal()
    assert found
    assert [each for each in found if "admin" in each["path"]] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_refused_or_taken_for_what_it_is(front: Front, case: Case) -> None:
    exchange(front, case, at_once=False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_follows_at_once_is_not_taken_for_a_part_of_it(front: Front, case: Case) -> None:
    exchange(front, case, at_once=True)


def exchange(front: Front, case: Case, *, at_once: bool) -> None:
    """Send a case and a good request, on one connection; hold both answers against the journal."""
    token, next_token = next(front.tokens), next(front.tokens)
    sent, following = marked(case.sent, token), marked(request(), next_token)
    method = re.match(rb"\s*(\w*)", sent)
    with front.dial() as line:
        line.send(sent + (following if at_once else b""))
        answer = line.read(method[1].decode("latin-1") if method else "GET")
        assert answer, "hung up on without a word"
        judge(front, case, token, answer)
        if answer.one("Connection") == "close":
            line.finish()
            assert line.read_all() == b""
            assert front.arrived(next_token) == []
            return
        if not at_once:
            line.send(following)
        answer = line.read()
        assert answer, "hung up on, in spite of keep-alive"
        if case.rest:
            judge(front, Case("the rest", b"", [400]), next_token, answer)
        else:
            judge(front, Case("the next", b"", [200], f"GET {ADDRESS}"), next_token, answer)


def marked(sent: bytes, token: str) -> bytes:
    return sent.replace(b"TOKEN", token.encode())


def judge(front: Front, case: Case, token: str, answer: Answer) -> None:
    """An answer is the one that the case deserves, and the app got what it then should have got."""
    assert answer.status in case.statuses
    arrived = front.arrived(token)
    if answer.status >= 400:
        assert arrived == []
        said_properly(answer)
    elif not case.seen:
        assert arrived == []
        assert answer.status == 206 or answer.body.startswith(b"<!doctype html>")
    else:
        (found,) = arrived
        assert f"{found['method']} {found['path']}" == case.seen.replace("TOKEN", token)
        assert found["body"].encode("latin-1") == marked(case.body, token)
        told_by_nginx(found, case.host)
        if found["method"] != "HEAD":
            assert answer.json() == found  # and nobody else's
        assert answer.one("X-Request-Id") == found["headers"]["x-request-id"]


def told_by_nginx(found: dict[str, Any], host: str) -> None:
    """What the app knows of the client is what Nginx knows, whatever the client says."""
    headers = found["headers"]
    assert found["address"] == headers["x-forwarded-for"]
    assert found["address"] not in ("6.6.6.6", "7.7.7.7", "")
    assert found["scheme"] == headers["x-forwarded-proto"] == "http"
    assert found["script"] == ""
    assert headers.get("host", "") == headers.get("x-forwarded-host", "") == host
    assert re.fullmatch(r"[0-9a-f]{32}", headers["x-request-id"])
    assert headers["connection"] == "close"
    assert not headers.keys() & {
        "forwarded", "front-end-https", "proxy", "transfer-encoding", "upgrade",
        "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-protocol", "x-forwarded-scheme",
        "x-forwarded-server", "x-forwarded-ssl", "x-real-ip", "x-url-scheme",
    }  # fmt: skip


def test_what_is_never_finished_is_ended_by_us(front: Front) -> None:
    """By the 10 s of the timeouts for headers and bodies; all at once, so that this takes 10 s."""

    def wait(sent: bytes) -> list[dict[str, Any]]:
        token = next(front.tokens)
        with front.dial() as line:
            line.send(marked(sent, token))
            answer = line.read()
            assert answer is None or 400 <= answer.status < 500
            assert line.read_all() == b""
        return front.arrived(token)

    with ThreadPoolExecutor(len(malformed_framing.UNFINISHED)) as waiting:
        arrived = waiting.map(wait, malformed_framing.UNFINISHED.values())
        assert [
            name for name, found in zip(malformed_framing.UNFINISHED, arrived, strict=True) if found
        ] == []


def test_http_0_9_is_answered_in_its_own_way_and_not_twice(front: Front) -> None:
    token = next(front.tokens)
    with front.dial() as line:
        line.send(marked(f"GET {ADDRESS}\r\n".encode() + HIDDEN + HIDDEN, token))
        answer = line.read_all()
    (found,) = front.arrived(token)
    assert answer.startswith(b'{"method": "GET"')  # no status, no headers: there were none yet
    assert (found["path"], found["body"]) == (f"/api/{token}", "")


def test_requests_in_one_piece_are_answered_each_and_in_order(front: Front) -> None:
    tokens = [next(front.tokens) for _ in range(50)]
    with front.dial() as line:
        line.send(b"".join(marked(request(), token) for token in tokens))
        answers = [line.read() for _ in tokens]
    paths = [answer.json()["path"] for answer in answers if answer]
    assert paths == [f"/api/{token}" for token in tokens]
