"""A migration that blocks half-way, and a witness table that counts its starts and completions.

A sequence in Postgres advances even if the transaction is rolled back. So the rows show how often
the revision was completed, and their numbers how often it was started.
"""

from pathlib import Path

from demijohn.serve.release import heads

from local.steps import ROOT
from tests.support.sql import Query

VERSIONS = ROOT / "backend" / "migrations" / "versions"

# The first attempt blocks half-way.
REVISION = """
from alembic import op

revision = "slow"
down_revision = {head!r}


def upgrade() -> None:
    op.execute("CREATE TABLE first_half (id int)")
    op.execute("INSERT INTO witness.slow DEFAULT VALUES")
    op.execute("SELECT pg_sleep(600) FROM witness.slow WHERE attempt = 1")
    op.execute("CREATE TABLE second_half (id int)")
"""

IN_THE_MIDDLE = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
    AND query LIKE 'SELECT pg_sleep(600)%' AND wait_event = 'PgSleep'
"""


def add_revision(folder: Path) -> Path:
    """Write the slow revision, which follows the existing head, into a folder."""
    (head,) = heads(VERSIONS)
    path = folder / "9999_slow.py"
    path.write_text(REVISION.format(head=head))
    return path


def create_witness(query: Query) -> None:
    """Create the witness table in an empty database."""
    query("CREATE SCHEMA witness; CREATE TABLE witness.slow (attempt serial)")


def check(query: Query) -> None:
    """Assert that the revision was started twice and completed once, with all previous ones."""
    assert query("SELECT attempt FROM witness.slow") == "2"
    assert query("SELECT nextval('witness.slow_attempt_seq')") == "3"
    assert query("SELECT version_num FROM alembic_version") == "slow"
    tables = query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    assert tables.split() == ["alembic_version", "ballots", "first_half", "polls", "second_half"]
