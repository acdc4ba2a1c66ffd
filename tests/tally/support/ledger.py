"""The votes that were sent and acknowledged, to compare with the database afterwards."""

import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from backend.secret_keys import digest
from tests.support.sql import Query


@dataclass
class Ballot:
    """A voter's vote, the same in every attempt; the cookie identifies the voter."""

    choice: int
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    attempts: int = 0
    acknowledged: bool = False


@dataclass
class Ledger:
    """All ballots of a poll, and the other polls whose creation was acknowledged."""

    poll: str
    ballots: list[Ballot] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return sum(ballot.acknowledged for ballot in self.ballots)

    def check(self, query: Query) -> None:
        """Assert that every acknowledged ballot is stored once and unchanged, and no others."""
        rows = self._rows(query)
        stored = dict(rows)
        assert len(stored) == len(rows), "a voter has two ballots"

        cast = {digest(self.poll, ballot.cookie).hex(): ballot for ballot in self.ballots}
        assert stored.keys() <= cast.keys(), "an unknown ballot"
        lost = [b for voter, b in cast.items() if b.acknowledged and voter not in stored]
        assert not lost, f"acknowledged and lost: {lost}"
        altered = [
            cast[voter] for voter, choice in stored.items() if choice != str(cast[voter].choice)
        ]
        assert not altered, f"changed: {altered}"

        stored_polls = query("SELECT id FROM polls").split()
        assert set(self.polls) <= set(stored_polls), "an acknowledged poll is lost"

    def check_counts(self, query: Query, results: dict[str, Any]) -> None:
        """Assert that the API's counts match the rows."""
        counted = {str(option["id"]): option["votes"] for option in results["options"]}
        rows = Counter(choices for _, choices in self._rows(query))
        assert results["ballots"] == rows.total()
        assert {option: votes for option, votes in counted.items() if votes} == rows

    def _rows(self, query: Query) -> list[tuple[str, str]]:
        """The voter and choices of each ballot."""
        rows = query(
            "SELECT encode(voter, 'hex'), array_to_string(choices, ',') FROM ballots"
            f" WHERE poll_id = '{self.poll}'"
        )
        return [(voter, choices) for voter, choices in (r.split("|") for r in rows.splitlines())]
