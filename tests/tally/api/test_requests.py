"""Invalid requests, and requests about the API itself."""

import json
from typing import Any

import httpx
import pytest

from tests.tally.api.client import (
    QUESTION,
    check_problem,
    client,
    create_poll,
    invalid_fields,
    manage_header,
    path_of,
    poll,
)

__all__ = ["client", "poll"]

JSON = {"Content-Type": "application/json"}


def requests_with_body(poll: dict[str, Any]) -> list[tuple[str, str]]:
    """Every operation with a body: method and path."""
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
def test_body_with_another_content_type_than_json_is_415(
    client: httpx.Client, poll: dict[str, Any], content_type: str | None
) -> None:
    headers = manage_header(poll) | ({} if content_type is None else {"Content-Type": content_type})
    for method, path in requests_with_body(poll):
        body = json.dumps(QUESTION).encode()
        check_problem(client.request(method, path, content=body, headers=headers), 415, "not-json")


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
def test_body_that_is_not_json_is_400(
    client: httpx.Client, poll: dict[str, Any], body: bytes
) -> None:
    for method, path in requests_with_body(poll):
        response = client.request(method, path, content=body, headers=JSON | manage_header(poll))
        check_problem(response, 400, "malformed")


@pytest.mark.parametrize("body", [b"[]", b"null", b"0", b'""', b'"text"', b"true", b"[{}]"])
def test_body_that_is_not_an_object_is_invalid(
    client: httpx.Client, poll: dict[str, Any], body: bytes
) -> None:
    for method, path in requests_with_body(poll):
        response = client.request(method, path, content=body, headers=JSON | manage_header(poll))
        assert invalid_fields(response)


@pytest.mark.parametrize(
    "text",
    [r"\ud800", r"\udfff\ud800", r"a\u0000b", r"\uDBFF tail"],
)
def test_text_with_surrogates_or_null_is_invalid(client: httpx.Client, text: str) -> None:
    question = f'{{"question": "{text}", "options": ["a", "b"]}}'.encode()
    option = f'{{"question": "q", "options": ["a", "b{text}"]}}'.encode()
    member = f'{{"question": "q", "options": ["a", "b"], "{text}": 1}}'.encode()
    assert invalid_fields(client.post("/api/polls", content=question, headers=JSON)) == {"question"}
    assert invalid_fields(client.post("/api/polls", content=option, headers=JSON)) == {"options.1"}
    assert invalid_fields(client.post("/api/polls", content=member, headers=JSON))


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 5000, "9" * 20, "1.0", "1e0"])
def test_numbers_out_of_range_are_invalid(
    client: httpx.Client, poll: dict[str, Any], number: str
) -> None:
    body = f'{{"choices": [{number}]}}'.encode()
    response = client.put(path_of(poll) + "/ballot", content=body, headers=JSON)
    assert invalid_fields(response) == {"choices.0"}


def test_too_large_body_is_413(client: httpx.Client, poll: dict[str, Any]) -> None:
    body = json.dumps(QUESTION | {"question": "x" * 200_000}).encode()
    for method, path in requests_with_body(poll):
        response = client.request(method, path, content=body, headers=JSON | manage_header(poll))
        check_problem(response, 413, "too-large")


def test_content_type_with_a_charset_is_accepted(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    response = client.post("/api/polls", content=json.dumps(QUESTION).encode(), headers=headers)
    assert response.status_code == 201


# Paths and methods


def test_unknown_path_is_a_404_problem(client: httpx.Client) -> None:
    for path in ("/api/nothing", "/api/polls/", "/api/polls/a/b/c", "/api/status/", "/api"):
        check_problem(client.get(path), 404, "not-found")


def test_wrong_method_is_405_with_the_allowed_ones(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    path = path_of(poll)
    for method, target, allowed in [
        ("GET", "/api/polls", {"POST"}),
        ("DELETE", "/api/polls", {"POST"}),
        ("POST", path, {"GET", "PATCH", "DELETE"}),
        ("PUT", path, {"GET", "PATCH", "DELETE"}),
        ("POST", path + "/ballot", {"GET", "PUT"}),
        ("DELETE", path + "/results", {"GET"}),
        ("PATCH", "/api/status", {"GET"}),
    ]:
        response = client.request(method, target)
        check_problem(response, 405, "method-not-allowed")
        assert allowed <= {name.strip() for name in response.headers["Allow"].split(",")}


def test_head_is_like_get_without_the_body(client: httpx.Client, poll: dict[str, Any]) -> None:
    for path in (path_of(poll), path_of(poll) + "/results", "/api/status"):
        response = client.head(path)
        assert (response.status_code, response.content) == (200, b"")


# About the API


def test_status_describes_the_running_instance(client: httpx.Client) -> None:
    response = client.get("/api/status")
    assert response.headers["Cache-Control"] == "no-store"
    status = response.json()
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


def test_openapi_document_is_served_with_an_etag(client: httpx.Client) -> None:
    response = client.get("/api/openapi.json")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["openapi"].startswith("3.1.")
    unchanged = client.get("/api/openapi.json", headers={"If-None-Match": response.headers["ETag"]})
    assert unchanged.status_code == 304


def test_openapi_document_lists_every_status(client: httpx.Client, poll: dict[str, Any]) -> None:
    """The document has the statuses that the other tests provoke."""
    paths = client.get("/api/openapi.json").json()["paths"]
    body = {"400", "413", "415", "422"}
    server_errors = {"500", "503"}
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
    assert documented == {
        operation: statuses | server_errors for operation, statuses in expected.items()
    }
    for item in paths.values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"]


def test_poll_created_by_one_worker_is_found_by_all(client: httpx.Client) -> None:
    """Workers share only the database, so every worker finds the poll."""
    polls = [create_poll(client) for _ in range(4)]
    assert all(client.get(path_of(poll)).status_code == 200 for poll in polls * 4)
