"""Fixtures of Tally's container tests."""

from tests.support.container_fixtures import database, launch, postgres, query

__all__ = ["database", "launch", "postgres", "query"]
