"""Tally's revisions of Alembic."""

from local.steps import ROOT

REVISIONS = list((ROOT / "backend" / "migrations" / "versions").glob("*.py"))
