"""Polls and the status through the API, for tests of the pages."""

import csv
from collections.abc import Sequence
from typing import Any

import httpx

from local.postgres import Postgres
from tests.support.stack import Stack

DATABASE = "stack_psycopg2"  # the database of the stack with psycopg2, which the browser tests use


class Poll:
    """A poll created through the API; further members as there: `Poll(stack, multiple=True)`."""

    def __init__(
        self,
        stack: Stack,
        question: str = "Tea or coffee?",
        options: Sequence[str] = ("Tea", "Coffee"),
        **members: object,
    ) -> None:
        body = {"question": question, "options": list(options)} | members
        poll: dict[str, Any] = _request("POST", f"{stack.url}/api/polls", json=body).json()
        self.id: str = poll["id"]
        self.key: str = poll["manage_key"]
        self.address = f"/p/{self.id}"
        self.manage = f"{self.address}/manage#{self.key}"
        self._api = f"{stack.url}/api/polls/{self.id}"
        self._headers = {"Authorization": f"Bearer {self.key}"}

    def vote(self, *choices: int, cookies: dict[str, str] | None = None) -> None:
        """Cast a ballot as a new voter, or as the voter with these cookies."""
        _request("PUT", f"{self._api}/ballot", json={"choices": choices}, cookies=cookies)

    def insert_votes(self, postgres: Postgres, choice: int, count: int) -> None:
        """Insert `count` votes for one answer."""
        postgres.execute(
            "INSERT INTO ballots (poll_id, voter, choices)"
            f" SELECT '{self.id}', decode(lpad(to_hex({choice} * 100000 + n), 64, '0'), 'hex'),"
            f" '{{{choice}}}' FROM generate_series(1, {count}) AS n",
            DATABASE,
        )

    def votes(self) -> list[int]:
        """The number of votes per answer."""
        table = _request("GET", f"{self._api}/ballots.csv", headers=self._headers).text
        header, *rows = csv.reader(table.splitlines())
        return [sum(int(row[column]) for row in rows) for column in range(2, len(header))]

    def change(self, **members: object) -> None:
        _request("PATCH", self._api, json=members, headers=self._headers)

    def close(self) -> None:
        self.change(closed=True)

    def reopen(self) -> None:
        self.change(closed=False)

    def delete(self) -> None:
        _request("DELETE", self._api, headers=self._headers)


def _request(method: str, url: str, **kwargs: Any) -> httpx.Response:
    return httpx.request(method, url, **kwargs).raise_for_status()


def without_database(stack: Stack) -> dict[str, Any]:
    """The app's status document while Postgres does not answer."""
    status: dict[str, Any] = httpx.get(f"{stack.url}/api/status").json()
    return status | {"database": dict.fromkeys(status["database"]) | {"available": False}}
