"""What voters asked for and what was acknowledged, held against the database afterwards."""

import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from backend.keys import digest
from tests.support.sql import Query


@dataclass
class Ballot:
    """One voter's vote, the same in every attempt; the cookie is the voter."""

    choice: int
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    attempts: int = 0
    acknowledged: bool = False


@dataclass
class Ledger:
    """All ballots of one poll, and the other polls whose creation was acknowledged."""

    poll: str
    ballots: list[Ballot] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return sum(ballot.acknowledged for ballot in self.ballots)

    def check(self, query: Query) -> None:
        """Every acknowledged ballot is there once, none twice, none altered, none of nobody's."""
        rows = self._rows(query)
        there = dict(rows)
        assert len(there) == len(rows), "a voter has two ballots"

        cast = {digest(self.poll, ballot.cookie).hex(): ballot for ballot in self.ballots}
        assert there.keys() <= cast.keys(), "a ballot of nobody's"
        lost = [b for voter, b in cast.items() if b.acknowledged and voter not in there]
        assert not lost, f"acknowledged and lost: {lost}"
        altered = [cast[voter] for voter, made in there.items() if made != str(cast[voter].choice)]
        assert not altered, f"not as they were cast: {altered}"

        known = query("SELECT id FROM polls").split()
        assert set(self.polls) <= set(known), "a poll that was acknowledged and lost"

    def check_counts(self, query: Query, results: dict[str, Any]) -> None:
        """What the API counts is what the rows say."""
        counted = {str(option["id"]): option["votes"] for option in results["options"]}
        rows = Counter(choices for _, choices in self._rows(query))
        assert results["ballots"] == rows.total()
        assert {option: votes for option, votes in counted.items() if votes} == rows

    def _rows(self, query: Query) -> list[tuple[str, str]]:
        """Each ballot's voter and choices."""
        told = query(
            "SELECT encode(voter, 'hex'), array_to_string(choices, ',') FROM ballots"
            f" WHERE poll_id = '{self.poll}'"
        )
        return [(voter, choices) for voter, choices in (r.split("|") for r in told.splitlines())]
