"""What the API says to requests that are no good, and to those that ask about the API."""

import json
from typing import Any

import httpx
import pytest

from tests.tally.api.client import (
    QUESTION,
    client,
    created,
    fields,
    key,
    path_of,
    poll,
    problem,
)

__all__ = ["client", "poll"]

JSON = {"Content-Type": "application/json"}


def with_body(poll: dict[str, Any]) -> list[tuple[str, str]]:
    """Every operation that takes a body."""
    path = path_of(poll)
    return [("POST", "/api/polls"), ("PUT", path + "/ballot"), ("PATCH", path)]


# Bodies


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "nonsense",
    ],
)
def test_a_body_that_is_not_called_json_is_refused(
    client: httpx.Client, poll: dict[str, Any], content_type: str | None
) -> None:
    headers = key(poll) | ({} if content_type is None else {"Content-Type": content_type})
    for method, path in with_body(poll):
        body = json.dumps(QUESTION).encode()
        problem(client.request(method, path, content=body, headers=headers), 415, "not-json")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"{'question': 1}",
        b'{"question": NaN}',
        b'{"question": -Infinity}',
        b'{"question": "\xff\xfe"}',
        b'{"question": "a\nb"}',
        b"\x00",
        b"[" * 20_000,
        b'{"a":' * 10_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_is_refused(
    client: httpx.Client, poll: dict[str, Any], body: bytes
) -> None:
    for method, path in with_body(poll):
        answer = client.request(method, path, content=body, headers=JSON | key(poll))
        problem(answer, 400, "malformed")


@pytest.mark.parametrize("body", [b"[]", b"null", b"0", b'""', b'"text"', b"true", b"[{}]"])
def test_a_body_that_is_no_object_is_invalid(
    client: httpx.Client, poll: dict[str, Any], body: bytes
) -> None:
    for method, path in with_body(poll):
        answer = client.request(method, path, content=body, headers=JSON | key(poll))
        assert fields(answer)


@pytest.mark.parametrize(
    "text",
    [r"\ud800", r"\udfff\ud800", r"a\u0000b", r"\uDBFF tail"],
)
def test_text_that_is_no_unicode_is_invalid(client: httpx.Client, text: str) -> None:
    question = f'{{"question": "{text}", "options": ["a", "b"]}}'.encode()
    option = f'{{"question": "q", "options": ["a", "b{text}"]}}'.encode()
    member = f'{{"question": "q", "options": ["a", "b"], "{text}": 1}}'.encode()
    assert fields(client.post("/api/polls", content=question, headers=JSON)) == {"question"}
    assert fields(client.post("/api/polls", content=option, headers=JSON)) == {"options.1"}
    assert fields(client.post("/api/polls", content=member, headers=JSON))


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 5000, "9" * 20, "1.0", "1e0"])
def test_numbers_beyond_reach_are_invalid(
    client: httpx.Client, poll: dict[str, Any], number: str
) -> None:
    body = f'{{"choices": [{number}]}}'.encode()
    answer = client.put(path_of(poll) + "/ballot", content=body, headers=JSON)
    assert fields(answer) == {"choices.0"}


def test_a_body_that_is_too_large_is_refused(client: httpx.Client, poll: dict[str, Any]) -> None:
    body = json.dumps(QUESTION | {"question": "x" * 200_000}).encode()
    for method, path in with_body(poll):
        answer = client.request(method, path, content=body, headers=JSON | key(poll))
        problem(answer, 413, "too-large")


def test_a_charset_in_the_content_type_is_fine(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = client.post("/api/polls", content=json.dumps(QUESTION).encode(), headers=headers)
    assert answer.status_code == 201


# Paths and methods


def test_an_unknown_path_is_a_problem(client: httpx.Client) -> None:
    for path in ("/api/nothing", "/api/polls/", "/api/polls/a/b/c", "/api/status/", "/api"):
        problem(client.get(path), 404, "not-found")


def test_a_method_that_does_not_fit_is_told_what_does(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    path = path_of(poll)
    for method, where, allowed in [
        ("GET", "/api/polls", {"POST"}),
        ("DELETE", "/api/polls", {"POST"}),
        ("POST", path, {"GET", "PATCH", "DELETE"}),
        ("PUT", path, {"GET", "PATCH", "DELETE"}),
        ("POST", path + "/ballot", {"GET", "PUT"}),
        ("DELETE", path + "/results", {"GET"}),
        ("PATCH", "/api/status", {"GET"}),
    ]:
        answer = client.request(method, where)
        problem(answer, 405, "method-not-allowed")
        assert allowed <= {name.strip() for name in answer.headers["Allow"].split(",")}


def test_head_is_get_without_the_body(client: httpx.Client, poll: dict[str, Any]) -> None:
    for path in (path_of(poll), path_of(poll) + "/results", "/api/status"):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


# About the API


def test_the_status_tells_what_runs(client: httpx.Client) -> None:
    answer = client.get("/api/status")
    assert answer.headers["Cache-Control"] == "no-store"
    status = answer.json()
    assert status["driver"] in {"psycopg2", "pg8000"}
    assert status["started_at"].endswith("Z")
    assert status["started_at"] < status["as_of"]
    assert len(status["traffic"]["buckets"]) == 60
    assert {"release", "region", "instance"} <= status.keys()
    database = status["database"]
    assert database["available"] is True
    assert int(database["version"].split(".")[0]) >= 12
    assert database["latency_ms"] > 0
    assert database["schema_revision"] == "0003"


def test_the_openapi_document_is_served(client: httpx.Client) -> None:
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1.")
    again = client.get("/api/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_every_answer_seen_here_is_documented(client: httpx.Client, poll: dict[str, Any]) -> None:
    """The statuses that the other tests provoke, against the document."""
    paths = client.get("/api/openapi.json").json()["paths"]
    body = {"400", "413", "415", "422"}
    down = {"500", "503"}
    expected = {
        ("/api/polls", "post"): {"201"} | body,
        ("/api/polls/{poll_id}", "get"): {"200", "404"},
        ("/api/polls/{poll_id}", "patch"): {"200", "401", "403", "404"} | body,
        ("/api/polls/{poll_id}", "delete"): {"204", "401", "403", "404"},
        ("/api/polls/{poll_id}/results", "get"): {"200", "304", "404"},
        ("/api/polls/{poll_id}/viewing-key", "get"): {"200", "401", "403", "404"},
        ("/api/polls/{poll_id}/timeline", "get"): {"200", "404"},
        ("/api/polls/{poll_id}/ballot", "get"): {"200", "404"},
        ("/api/polls/{poll_id}/ballot", "put"): {"200", "404", "409"} | body,
        ("/api/polls/{poll_id}/ballots.csv", "get"): {"200", "401", "403", "404"},
        ("/api/status", "get"): {"200"},
    }
    documented = {
        (path, method): set(operation["responses"])
        for path, item in paths.items()
        for method, operation in item.items()
    }
    assert documented == {place: statuses | down for place, statuses in expected.items()}
    for item in paths.values():
        for operation in item.values():
            for status, reply in operation["responses"].items():
                if int(status) >= 400:
                    assert list(reply["content"]) == ["application/problem+json"]


def test_created_elsewhere_is_seen_here(client: httpx.Client) -> None:
    """Workers share nothing but the database: whichever answers, the poll is there."""
    polls = [created(client) for _ in range(4)]
    assert all(client.get(path_of(poll)).status_code == 200 for poll in polls * 4)
