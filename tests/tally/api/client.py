"""What the tests of the API share: a client, polls of their own, what every problem promises."""

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
    """A browser: it keeps its cookies."""
    with new_client(stack.url) as client:
        yield client


def new_client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=30)


@pytest.fixture
def poll(client: httpx.Client) -> dict[str, Any]:
    return created(client)


def path_of(poll: dict[str, Any]) -> str:
    return f"/api/polls/{poll['id']}"


def results_of(client: httpx.Client, poll: dict[str, Any]) -> dict[str, Any]:
    """The count right now, past the front door's cache."""
    return dict(client.get(path_of(poll) + "/results" + uncached()).json())


def votes_of(client: httpx.Client, poll: dict[str, Any]) -> list[int]:
    return [option["votes"] for option in results_of(client, poll)["options"]]


def created(client: httpx.Client, **members: Any) -> dict[str, Any]:
    answer = client.post("/api/polls", json=QUESTION | members)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def key(poll: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {poll['manage_key']}"}


def uncached() -> str:
    """A query string that no cache has seen: the front door keeps results for a second."""
    return f"?{uuid.uuid4()}"


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def wait_until_closed(client: httpx.Client, poll: dict[str, Any]) -> None:
    give_up = time.monotonic() + 60
    while not client.get(path_of(poll)).json()["closed"]:
        assert time.monotonic() < give_up, "it never closed"
        time.sleep(0.1)


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem document of an answer, held against what every problem promises."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    document = dict(answer.json())
    assert document["type"] == f"/problems/{slug}"
    assert document["status"] == status
    assert document["title"]
    return document


def fields(answer: httpx.Response) -> set[str]:
    document = problem(answer, 422, "validation")
    assert all(error["message"] for error in document["errors"])
    return {error["field"] for error in document["errors"]}
