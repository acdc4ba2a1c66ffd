"""Tests in containers of the image: Tally's."""

from tests.support.container_fixtures import database, launch, postgres, query

__all__ = ["database", "launch", "postgres", "query"]
