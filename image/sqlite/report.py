"""What became of it: a screenful for people, and all of it as JSON for programs."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .move import TableMove
from .plan import Plan
from .proof import Proof
from .refusals import Refusals, counted, one_line
from .schema import Left

SCREEN = 12  # lines of each kind


@dataclass
class Report:
    """All that is known at the end, however it ended."""

    file: str
    database: str
    outcome: str = "failed"
    error: str = ""
    plan: Plan = field(default_factory=Plan)
    refusals: Refusals = field(default_factory=lambda: Refusals(""))
    proofs: list[Proof] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether every table is the same on both sides."""
        return all(proof.holds for proof in self.proofs)

    def write(self, path: Path) -> None:
        """Write the JSON. Raises OSError."""
        path.write_text(json.dumps(self.document(), indent=1) + "\n", encoding="utf-8")

    def document(self) -> dict[str, Any]:
        """The report as JSON's types; docs/import-sqlite.md describes it."""
        proofs = {proof.table: proof for proof in self.proofs}
        return {
            "file": self.file,
            "database": self.database,
            "outcome": self.outcome,
            "error": self.error,
            "tables": [self._table(move, proofs.get(move.name)) for move in self.plan.tables],
            "notes": self.plan.notes,
            "differences": self.plan.refusals,
            "left_behind": [_left(left) for left in self.plan.left if not left.kept],
            "changed": [_left(left) for left in self.plan.left if left.kept],
            "unfit": {
                "policy": self.refusals.policy or None,
                "total": self.refusals.total,
                "counts": [
                    {"table": table, "column": column, "reason": reason, "values": count}
                    for (table, column, reason), count in self.refusals.counts.items()
                ],
                "values": [asdict(one) for one in self.refusals.described],
            },
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }

    def _table(self, move: TableMove, proof: Proof | None) -> dict[str, Any]:
        found: dict[str, Any] = {
            "source": move.table.name,
            "target": move.name,
            "created": move.created,
            "columns": {one.column.name: [one.name, one.kind.sql] for one in move.moves},
            "skipped_rows": self.refusals.skipped[move.table.name],
        }
        if proof:
            found |= {
                "rows": {"source": proof.source.rows, "target": proof.target.rows},
                "checksum": {"source": str(proof.source), "target": str(proof.target)},
                "same": proof.holds,
                "difference": asdict(proof.difference) if proof.difference else None,
            }
        return found

    def notes(self) -> list[str]:
        """What there is to know before anything is written."""
        return cut([f"  {one_line(note)}" for note in self.plan.notes], "notes")

    def unfit(self) -> list[str]:
        """The values that do not fit: the first of them, and how many of each sort."""
        found = self.refusals
        if not found:
            return []
        one, more = {
            "null": ("became NULL", "became NULL"),
            "skip": ("had its row skipped", "had their rows skipped"),
            "text": ("made its column text", "made their columns text"),
            "": ("does not fit", "do not fit"),
        }[found.policy]
        lines = [f"{counted(found.total, 'value')} {one if found.total == 1 else more}:"]
        shown: Counter[tuple[str, str, str]] = Counter()
        for value in found.described:
            key = (value.table, value.column, value.reason)
            shown[key] += 1
            if shown[key] <= max(1, SCREEN // len(found.counts)):
                place = f"{value.table} rowid {value.rowid}, {value.column}"
                lines.append(f"  {place}: {value.value} {value.reason}")
        rest = found.total - (len(lines) - 1)
        return [*map(one_line, lines[: 2 * SCREEN])] + ([f"  and {rest:,} more"] if rest else [])

    def summary(self) -> list[str]:
        """The table of the proof, what was left behind, and how long it took."""
        wide = max([5, *(len(one_line(proof.table)) for proof in self.proofs)])
        lines = [f"  {'table':<{wide}}  {'SQLite':>12}  {'Postgres':>12}  checksum"]
        ordered = sorted(self.proofs, key=lambda one: (one.holds, -one.source.rows, one.table))
        wrong = [_line(proof, wide) for proof in ordered if not proof.holds]
        lines += cut(wrong, "tables that differ; --report has them all")
        same = [_line(proof, wide) for proof in ordered if proof.holds]
        lines += cut(same, "tables, each the same on both sides")
        for title, kept in (("not as it was:", True), ("left behind:", False)):
            found = [one for one in self.plan.left if one.kept is kept]
            told = [one_line(f"  {one.what} {one.name}: {one.reason}") for one in found]
            if told:
                lines += [title, *cut(told, "things; --report has them all")]
        return lines


def _left(one: Left) -> dict[str, str]:
    return {"what": one.what, "name": one.name, "reason": one.reason}


def _line(proof: Proof, wide: int) -> str:
    sides = f"{proof.source.rows:>12,}  {proof.target.rows:>12,}"
    sums = f"✓ {proof.source}" if proof.holds else f"✗ {proof.source} is not {proof.target}"
    found = proof.difference.lines() if proof.difference else ()
    return "\n".join(
        [
            f"  {one_line(proof.table):<{wide}}  {sides}  {sums}",
            *(f"    {one_line(one)}" for one in found),
        ]
    )


def cut(lines: list[str], what: str) -> list[str]:
    """As many lines as fit a screen, and how many more there are."""
    if len(lines) <= SCREEN + 1:
        return lines
    return [*lines[:SCREEN], f"  and {len(lines) - SCREEN:,} more {what}"]
