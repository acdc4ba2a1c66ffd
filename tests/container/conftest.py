"""Fixtures of the container tests that hold for any app."""

from tests.support.container_fixtures import database, launch, postgres, query

__all__ = ["database", "launch", "postgres", "query"]
