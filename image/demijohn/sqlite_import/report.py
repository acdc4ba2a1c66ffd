"""What became of it: a screenful for people, and all of it as JSON for programs."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.plan import Plan
from demijohn.sqlite_import.proof import Proof
from demijohn.sqlite_import.refusals import KEPT, Refusal, Refusals, counted, one_line
from demijohn.sqlite_import.schema import Left
from demijohn.sqlite_import.screen import TAKEN, Screen, Section

FEW = 3  # examples, or names, on a line
WAY_OUT = 8  # rows, at most, for what is said last where values do not fit
ALL = "--report FILE has them all"
# What a database promises of its rows: who loses one of these has to know.
GUARDS = ("primary key", "unique constraint", "foreign key", "check")
UNFIT = ("does not fit", "do not fit")
DONE = {  # what became of a value, and of several
    "null": ("became NULL", "became NULL"),
    "skip": ("had its row skipped", "had their rows skipped"),
    "text": ("made its column text", "made their columns text"),
    "": UNFIT,
}
WOULD = {
    "null": ("would become NULL", "would become NULL"),
    "skip": ("would have its row skipped", "would have their rows skipped"),
    "text": ("would make its column text", "would make their columns text"),
    "": UNFIT,
}


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
            "notes": [*map(str, self.plan.notes)],
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
            "not_compared": {one.column.name: one.kind.unknown for one in move.uncompared},
            "skipped_rows": proof.skipped if proof else self.refusals.skipped[move.table.name],
        }
        if proof:
            found |= {
                "rows": {"source": proof.rows, "target": proof.target.rows},
                "checksum": {"source": str(proof.source), "target": str(proof.target)},
                "same": proof.holds,
                "difference": asdict(proof.difference) if proof.difference else None,
            }
        return found

    def notes(self) -> list[str]:
        """What there is to know before anything is written, the same of several in one line."""
        about = defaultdict(list)
        for note in self.plan.notes:
            about[note.what].append(note.about)
        few = _few if Screen.here().rows else ", ".join
        return [one_line(f"  {few(names)}: {what}") for what, names in about.items()]

    def unfit(self) -> list[str]:
        """The values that do not fit: how many of each sort, and the first of them."""
        found = self.refusals
        if not found:
            return []
        one, more = DONE[found.policy] if self.outcome == "imported" else WOULD[found.policy]
        examples: dict[tuple[str, str, str], list[Refusal]] = defaultdict(list)
        for value in found.described:
            key = (value.table, value.column, value.reason)
            if len(examples[key]) < FEW and value.value not in {v.value for v in examples[key]}:
                examples[key].append(value)
        sorts = found.counts.most_common()
        lines = [_sort(key, count, examples[key]) for key, count in sorts]

        def rest(told: int) -> str:
            values = sum(count for _, count in sorts[told:])
            columns = len({(table, column) for (table, column, _), _ in sorts[told:]})
            return f"  {counted(values, 'more value')} in {counted(columns, 'column')}"

        title = f"{counted(found.total, 'value')} {one if found.total == 1 else more}:"
        screen = Screen.here()
        # What follows is a summary, which gets the larger part, or what can be done.
        rows = screen.rows // 3 if self.proofs else screen.rows - WAY_OUT
        told = screen.fit([Section(title, lines, rest)], rows)
        if found.total > sum(map(len, examples.values())):
            kept = f"the first {KEPT:,} of them" if found.total > KEPT else "each of them"
            told.append(f"  --report FILE has {kept}")
        return told

    def summary(self) -> list[str]:
        """The table of the proof, what was not compared, and what was left behind."""
        screen = Screen.here()
        head, tables = self._tables()
        rows = screen.rows - TAKEN - screen.height([*self.unfit(), head])
        return [head, *screen.fit([*tables, *self._remarks()], rows)]

    def _tables(self) -> tuple[str, list[Section]]:
        """What stands above them, those of which there is something to tell, and those of which
        there is not.
        """
        wide = max([5, *(len(one_line(proof.table)) for proof in self.proofs)])
        skipped = any(proof.skipped for proof in self.proofs)
        head = f"  {'table':<{wide}}  {'SQLite':>12}  "
        head += f"{'skipped':>12}  " * skipped + f"{'Postgres':>12}  checksum"
        ordered = sorted(self.proofs, key=lambda one: (one.holds, -one.rows, one.table))
        partly = {move.name for move in self.plan.tables if move.uncompared}
        telling: list[Proof] = []
        plain: list[Proof] = []
        for one in ordered:
            is_plain = one.holds and not one.skipped and one.table not in partly
            (plain if is_plain else telling).append(one)

        def rest(told: int) -> str:
            rows = counted(sum(proof.rows for proof in plain[told:]), "row")
            more = "more table" if told or telling else "table"
            return f"  {counted(len(plain) - told, more)}, {rows}, all equal"

        return head, [
            Section(
                "",
                [_line(proof, wide, skipped) for proof in telling],
                lambda told: f"  {_others(telling[told:])}; {ALL}",
                first=True,
            ),
            Section("", [_line(proof, wide, skipped) for proof in plain], rest),
        ]

    def _remarks(self) -> list[Section]:
        """What was not compared, changed, or left behind."""
        left = _folded(self.plan.left)
        counted_only = [
            f"{move.table.name}.{one.column.name}: {one.kind.unknown}"
            for move in self.plan.tables
            for one in move.uncompared
        ]
        gone = [one for one in left if not one.kept]
        guards = _told(one for one in gone if one.what in GUARDS)
        others = _told(one for one in gone if one.what not in GUARDS)
        return [
            _remark("counted, not compared:", counted_only),
            _remark("not as it was:", _told(one for one in left if one.kept), whole=True),
            _remark("left behind:", guards, whole=True),
            _remark("" if guards else "left behind:", others),
        ]

    def ending(self) -> str:
        """How much it was, and how it ended."""
        columns = sum(len(move.uncompared) for move in self.plan.tables)
        but = f", but for {counted(columns, 'column')} that could only be counted" * bool(columns)
        done = {
            "imported": f"imported and proven{but}",
            "dry run": "a dry run: nothing was committed",
            "verified": f"the same on both sides{but}",
            "differs": "not the same on both sides\n"
            "If the import had --on-bad, --exclude or --type, repeat them here.",
        }[self.outcome]
        rows = counted(sum(proof.source.rows for proof in self.proofs), "row")
        skipped = sum(proof.skipped for proof in self.proofs)
        skip = f", {counted(skipped, 'row')} skipped" if skipped else ""
        tables = counted(len(self.proofs), "table")
        return f"{rows} in {tables}{skip}, {self.seconds['total']:.1f} s: {done}"


def _left(one: Left) -> dict[str, str]:
    return {"what": one.what, "name": one.name, "reason": one.reason}


def _sort(key: tuple[str, str, str], count: int, examples: Sequence[Refusal]) -> str:
    """Values of one column that do not fit for one reason."""
    table, column, reason = key
    values = ", ".join(f"{one.value} (rowid {one.rowid})" for one in examples)
    such = ", such as" if count > len(examples) else ":"
    return one_line(f"  {count:,} in {table}.{column}: {reason}{such * bool(values)} {values}")


def _others(proofs: Sequence[Proof]) -> str:
    """Tables that are not told one by one, though there would be something to tell."""
    differ = sum(not proof.holds for proof in proofs)
    skipped = sum(proof.skipped for proof in proofs)
    tables = counted(len(proofs), "more table")
    if differ == len(proofs):
        return f"{tables} that differ{'s' * (differ == 1)}"
    words = [f"{differ:,} of them not the same"] * bool(differ)
    words += [f"{counted(skipped, 'row')} skipped"] * bool(skipped)
    return ", ".join([tables, *words])


def _folded(left: Sequence[Left]) -> list[Left]:
    """With the tables that a virtual table keeps its data in as a part of its line."""
    virtual = [one for one in left if one.what == "virtual table"]
    shadows = defaultdict(list)
    rest = []
    for one in left:
        owner = next((v for v in virtual if one.name.startswith(f"{v.name}_")), None)
        if one.what == "shadow table" and owner:
            shadows[owner].append(one)
        else:
            rest.append(one)
    return [
        Left(one.what, one.name, f"{one.reason} (and its {counted(len(own), 'shadow table')})")
        if (own := shadows[one])
        else one
        for one in rest
    ]


def _told(left: Iterable[Left]) -> list[str]:
    return [f"{one.what} {one.name}: {one.reason}" for one in left]


def _remark(title: str, lines: Sequence[str], *, whole: bool = False) -> Section:
    told = [one_line(f"  {line}") for line in lines]
    return Section(title, told, lambda shown: f"  {len(told) - shown:,} more; {ALL}", whole=whole)


def _few(names: Sequence[str]) -> str:
    """The first of them, and how many more."""
    more = f" and {len(names) - FEW:,} more" if len(names) > FEW + 1 else ""
    return ", ".join(names[:FEW] if more else names) + more


def _line(proof: Proof, wide: int, skipped: bool) -> str:
    sums = f"✓ {proof.source}" if proof.holds else f"✗ {proof.source} is not {proof.target}"
    skips = f"{proof.skipped:>12,}  " * skipped
    found = proof.difference.lines() if proof.difference else ()
    sides = f"{proof.rows:>12,}  {skips}{proof.target.rows:>12,}"
    return "\n".join(
        [
            f"  {one_line(proof.table):<{wide}}  {sides}  {sums}",
            *(f"    {one_line(one)}" for one in found),
        ]
    )
