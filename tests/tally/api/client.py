"""Shared by the tests of the API: a client, polls, and checks of problem documents."""

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

QUESTION = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}


@pytest.fixture
def client(stack: Any) -> Iterator[httpx.Client]:
    """An HTTP client that keeps its cookies, as a browser does."""
    with new_client(stack.url) as client:
        yield client


def new_client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=30)


@pytest.fixture
def poll(client: httpx.Client) -> dict[str, Any]:
    return create_poll(client)


def path_of(poll: dict[str, Any]) -> str:
    return f"/api/polls/{poll['id']}"


def get_current_results(client: httpx.Client, poll: dict[str, Any]) -> dict[str, Any]:
    """The current results, past Nginx's cache."""
    return dict(client.get(path_of(poll) + "/results" + uncached()).json())


def get_votes(client: httpx.Client, poll: dict[str, Any]) -> list[int]:
    return [option["votes"] for option in get_current_results(client, poll)["options"]]


def create_poll(client: httpx.Client, **members: Any) -> dict[str, Any]:
    response = client.post("/api/polls", json=QUESTION | members)
    assert response.status_code == 201, response.text
    return dict(response.json())


def manage_header(poll: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {poll['manage_key']}"}


def uncached() -> str:
    """A query string that no cache has seen: Nginx caches results for a second."""
    return f"?{uuid.uuid4()}"


def in_one_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def wait_until_closed(client: httpx.Client, poll: dict[str, Any]) -> None:
    deadline = time.monotonic() + 60
    while not client.get(path_of(poll)).json()["closed"]:
        assert time.monotonic() < deadline, "the poll has not closed"
        time.sleep(0.1)


def check_problem(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Check a problem response; return its document."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    document = dict(response.json())
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    return document


def invalid_fields(response: httpx.Response) -> set[str]:
    document = check_problem(response, 422, "validation")
    assert all(error["message"] for error in document["errors"])
    return {error["field"] for error in document["errors"]}
