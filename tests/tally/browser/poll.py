"""What the API is asked and tells, for tests of what pages make of it: a poll, and the status."""

import csv
from collections.abc import Sequence
from typing import Any

import httpx

from local.postgres import Postgres
from tests.support.stack import Stack

DATABASE = "stack_psycopg2"  # of the stack of that driver, which the tests of pages use


class Poll:
    """Further members are those of the API: `Poll(stack, multiple=True)`."""

    def __init__(
        self,
        stack: Stack,
        question: str = "Tea or coffee?",
        options: Sequence[str] = ("Tea", "Coffee"),
        **members: object,
    ) -> None:
        body = {"question": question, "options": list(options)} | members
        poll: dict[str, Any] = _sent("POST", f"{stack.url}/api/polls", json=body).json()
        self.id: str = poll["id"]
        self.key: str = poll["manage_key"]
        self.address = f"/p/{self.id}"
        self.manage = f"{self.address}/manage#{self.key}"
        self._api = f"{stack.url}/api/polls/{self.id}"
        self._headers = {"Authorization": f"Bearer {self.key}"}

    def vote(self, *choices: int, cookies: dict[str, str] | None = None) -> None:
        """Cast a ballot, as a voter who is new or has these cookies."""
        _sent("PUT", f"{self._api}/ballot", json={"choices": choices}, cookies=cookies)

    def cast(self, postgres: Postgres, choice: int, count: int) -> None:
        """Add so many votes for one answer at once."""
        postgres.execute(
            "INSERT INTO ballots (poll_id, voter, choices)"
            f" SELECT '{self.id}', decode(lpad(to_hex({choice} * 100000 + n), 64, '0'), 'hex'),"
            f" '{{{choice}}}' FROM generate_series(1, {count}) AS n",
            DATABASE,
        )

    def votes(self) -> list[int]:
        """The votes for each answer."""
        table = _sent("GET", f"{self._api}/ballots.csv", headers=self._headers).text
        header, *rows = csv.reader(table.splitlines())
        return [sum(int(row[column]) for row in rows) for column in range(2, len(header))]

    def change(self, **members: object) -> None:
        _sent("PATCH", self._api, json=members, headers=self._headers)

    def close(self) -> None:
        self.change(closed=True)

    def reopen(self) -> None:
        self.change(closed=False)

    def delete(self) -> None:
        _sent("DELETE", self._api, headers=self._headers)


def _sent(method: str, url: str, **kwargs: Any) -> httpx.Response:
    return httpx.request(method, url, **kwargs).raise_for_status()


def without_database(stack: Stack) -> dict[str, Any]:
    """The status as the app tells it while Postgres does not answer."""
    status: dict[str, Any] = httpx.get(f"{stack.url}/api/status").json()
    return status | {"database": dict.fromkeys(status["database"]) | {"available": False}}
