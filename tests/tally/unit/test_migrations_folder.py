"""Tally's revisions, as the release reads them without loading Alembic."""

from alembic.script import ScriptDirectory
from demijohn.serve.release import heads

from local.steps import ROOT


def test_heads_agree_with_alembic_for_tally() -> None:
    migrations = ROOT / "backend" / "migrations"
    assert heads(migrations / "versions") == set(ScriptDirectory(str(migrations)).get_heads())
