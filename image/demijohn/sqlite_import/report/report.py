"""The result: a summary for the terminal, and the full report as JSON."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.plan import Plan
from demijohn.sqlite_import.model.rejects import MAX_DESCRIBED, RejectedValue, Rejects
from demijohn.sqlite_import.model.schema import SchemaLoss
from demijohn.sqlite_import.report.terminal_layout import RESERVED_ROWS, Screen, Section
from demijohn.sqlite_import.text import counted, one_line
from demijohn.sqlite_import.verify.compare import TableComparison

MAX_EXAMPLES = 3  # examples or names per line
REMEDY_ROWS = 8  # for the error message that follows the rejects
SEE_REPORT = "--report FILE lists them all"
# Constraints: losing one affects the integrity of the data.
INTEGRITY_LOSSES = ("primary key", "unique constraint", "foreign key", "check")
REJECTED = ("does not fit", "do not fit")
OUTCOMES = {  # what happened to one value, and to several
    "null": ("became NULL", "became NULL"),
    "skip": ("had its row skipped", "had their rows skipped"),
    "text": ("made its column text", "made their columns text"),
    "": REJECTED,
}
DRY_RUN_OUTCOMES = {
    "null": ("would become NULL", "would become NULL"),
    "skip": ("would have its row skipped", "would have their rows skipped"),
    "text": ("would make its column text", "would make their columns text"),
    "": REJECTED,
}


@dataclass
class Report:
    """Everything known at the end, whatever the outcome."""

    file: str
    database: str
    outcome: str = "failed"
    error: str = ""
    plan: Plan = field(default_factory=Plan)
    rejects: Rejects = field(default_factory=lambda: Rejects(""))
    comparisons: list[TableComparison] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def is_equal(self) -> bool:
        """Whether every table is equal on both sides."""
        return all(comparison.is_equal for comparison in self.comparisons)

    def write(self, path: Path) -> None:
        """Write the JSON. Raises OSError."""
        path.write_text(json.dumps(self.document(), indent=1) + "\n", encoding="utf-8")

    def document(self) -> dict[str, Any]:
        """The report as JSON types; docs/import-sqlite-reference.md describes it."""
        comparisons = {comparison.table: comparison for comparison in self.comparisons}
        return {
            "file": self.file,
            "database": self.database,
            "outcome": self.outcome,
            "error": self.error,
            "tables": [
                self._table(mapping, comparisons.get(mapping.name)) for mapping in self.plan.tables
            ],
            "notes": [*map(str, self.plan.notes)],
            "differences": self.plan.errors,
            "left_behind": [
                _loss_document(loss) for loss in self.plan.losses if not loss.is_changed
            ],
            "changed": [_loss_document(loss) for loss in self.plan.losses if loss.is_changed],
            "unfit": {
                "policy": self.rejects.policy or None,
                "total": self.rejects.total,
                "counts": [
                    {"table": table, "column": column, "reason": reason, "values": count}
                    for (table, column, reason), count in self.rejects.counts.items()
                ],
                "values": [asdict(one) for one in self.rejects.described],
            },
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }

    def _table(self, mapping: TableMapping, comparison: TableComparison | None) -> dict[str, Any]:
        found: dict[str, Any] = {
            "source": mapping.source.name,
            "target": mapping.name,
            "created": mapping.created,
            "columns": {
                column.source.name: [column.name, column.pg_type.sql] for column in mapping.columns
            },
            "not_compared": {
                column.source.name: column.pg_type.not_comparable for column in mapping.uncompared
            },
            "skipped_rows": comparison.skipped
            if comparison
            else self.rejects.skipped_rows[mapping.source.name],
        }
        if comparison:
            found |= {
                "rows": {"source": comparison.rows, "target": comparison.target.rows},
                "checksum": {"source": str(comparison.source), "target": str(comparison.target)},
                "same": comparison.is_equal,
                "difference": asdict(comparison.difference) if comparison.difference else None,
            }
        return found

    def notes(self) -> list[str]:
        """The notes of the plan. Equal ones share a line."""
        subjects = defaultdict(list)
        for note in self.plan.notes:
            subjects[note.text].append(note.subject)
        join = _first_names if Screen.here().rows else ", ".join
        return [one_line(f"  {join(names)}: {text}") for text, names in subjects.items()]

    def rejected_values(self) -> list[str]:
        """Rejected values: the number of each kind, with examples."""
        rejects = self.rejects
        if not rejects:
            return []
        singular, plural = (
            OUTCOMES[rejects.policy]
            if self.outcome == "imported"
            else DRY_RUN_OUTCOMES[rejects.policy]
        )
        examples: dict[tuple[str, str, str], list[RejectedValue]] = defaultdict(list)
        for value in rejects.described:
            key = (value.table, value.column, value.reason)
            if len(examples[key]) < MAX_EXAMPLES and value.value not in {
                v.value for v in examples[key]
            }:
                examples[key].append(value)
        groups = rejects.counts.most_common()
        lines = [_format_rejects(key, count, examples[key]) for key, count in groups]

        def rest(shown: int) -> str:
            values = sum(count for _, count in groups[shown:])
            columns = len({(table, column) for (table, column, _), _ in groups[shown:]})
            return f"  {counted(values, 'more value')} in {counted(columns, 'column')}"

        title = f"{counted(rejects.total, 'value')} {singular if rejects.total == 1 else plural}:"
        screen = Screen.here()
        # The larger part is for what follows: the summary, or the error message.
        rows = screen.rows // 3 if self.comparisons else screen.rows - REMEDY_ROWS
        text = screen.fit([Section(title, lines, rest)], rows)
        if rejects.total > sum(map(len, examples.values())):
            listed = (
                f"the first {MAX_DESCRIBED:,} of them"
                if rejects.total > MAX_DESCRIBED
                else "each of them"
            )
            text.append(f"  --report FILE lists {listed}")
        return text

    def summary(self) -> list[str]:
        """The comparison of all tables, and the losses."""
        screen = Screen.here()
        head, tables = self._comparison_sections()
        rows = screen.rows - RESERVED_ROWS - screen.height([*self.rejected_values(), head])
        return [head, *screen.fit([*tables, *self._losses()], rows)]

    def _comparison_sections(self) -> tuple[str, list[Section]]:
        """The heading; the tables with something to report, and those without."""
        width = max([5, *(len(one_line(comparison.table)) for comparison in self.comparisons)])
        skipped = any(comparison.skipped for comparison in self.comparisons)
        head = f"  {'table':<{width}}  {'SQLite':>12}  "
        head += f"{'skipped':>12}  " * skipped + f"{'Postgres':>12}  checksum"
        ordered = sorted(
            self.comparisons,
            key=lambda comparison: (comparison.is_equal, -comparison.rows, comparison.table),
        )
        partial = {mapping.name for mapping in self.plan.tables if mapping.uncompared}
        notable: list[TableComparison] = []
        plain: list[TableComparison] = []
        for comparison in ordered:
            is_plain = (
                comparison.is_equal and not comparison.skipped and comparison.table not in partial
            )
            (plain if is_plain else notable).append(comparison)

        def rest(shown: int) -> str:
            rows = counted(sum(comparison.rows for comparison in plain[shown:]), "row")
            more = "more table" if shown or notable else "table"
            return f"  {counted(len(plain) - shown, more)}, {rows}, all equal"

        return head, [
            Section(
                "",
                [_format_comparison(comparison, width, skipped) for comparison in notable],
                lambda shown: f"  {_count_others(notable[shown:])}; {SEE_REPORT}",
                first=True,
            ),
            Section(
                "", [_format_comparison(comparison, width, skipped) for comparison in plain], rest
            ),
        ]

    def _losses(self) -> list[Section]:
        """What was not compared, changed, or not imported."""
        losses = _fold_shadow_tables(self.plan.losses)
        counted_only = [
            f"{mapping.source.name}.{column.source.name}: {column.pg_type.not_comparable}"
            for mapping in self.plan.tables
            for column in mapping.uncompared
        ]
        lost = [loss for loss in losses if not loss.is_changed]
        constraints = _format_losses(loss for loss in lost if loss.kind in INTEGRITY_LOSSES)
        others = _format_losses(loss for loss in lost if loss.kind not in INTEGRITY_LOSSES)
        return [
            _section("counted, not compared:", counted_only),
            _section(
                "changed:",
                _format_losses(loss for loss in losses if loss.is_changed),
                whole=True,
            ),
            _section("not imported:", constraints, whole=True),
            _section("" if constraints else "not imported:", others),
        ]

    def ending(self) -> str:
        """The last line: totals and outcome."""
        columns = sum(len(mapping.uncompared) for mapping in self.plan.tables)
        exception = f", except {counted(columns, 'column')} that could only be counted" * bool(
            columns
        )
        done = {
            "imported": f"imported and verified{exception}",
            "dry run": "dry run, nothing was committed",
            "verified": f"equal on both sides{exception}",
            "differs": "different on both sides\n"
            "If the import used --on-bad, --exclude or --type, repeat them here.",
        }[self.outcome]
        rows = counted(sum(comparison.source.rows for comparison in self.comparisons), "row")
        skipped = sum(comparison.skipped for comparison in self.comparisons)
        skip = f", {counted(skipped, 'row')} skipped" if skipped else ""
        tables = counted(len(self.comparisons), "table")
        return f"{rows} in {tables}{skip}, {self.seconds['total']:.1f} s: {done}"


def _loss_document(loss: SchemaLoss) -> dict[str, str]:
    return {"what": loss.kind, "name": loss.name, "reason": loss.reason}


def _format_rejects(
    key: tuple[str, str, str], count: int, examples: Sequence[RejectedValue]
) -> str:
    """The rejects of one column and reason."""
    table, column, reason = key
    values = ", ".join(f"{one.value} (rowid {one.rowid})" for one in examples)
    such = ", such as" if count > len(examples) else ":"
    rows = counted(count, "row")
    return one_line(f"  in {rows}, {table}.{column} {reason}{such * bool(values)} {values}")


def _count_others(comparisons: Sequence[TableComparison]) -> str:
    """A count of tables that are not listed, though there is something to report."""
    differ = sum(not comparison.is_equal for comparison in comparisons)
    skipped = sum(comparison.skipped for comparison in comparisons)
    tables = counted(len(comparisons), "more table")
    if differ == len(comparisons):
        return f"{tables} that differ{'s' * (differ == 1)}"
    words = [f"{differ:,} of them different"] * bool(differ)
    words += [f"{counted(skipped, 'row')} skipped"] * bool(skipped)
    return ", ".join([tables, *words])


def _fold_shadow_tables(losses: Sequence[SchemaLoss]) -> list[SchemaLoss]:
    """Merge the shadow tables of each virtual table into its line."""
    virtual = [loss for loss in losses if loss.kind == "virtual table"]
    shadows = defaultdict(list)
    rest = []
    for loss in losses:
        owner = next((v for v in virtual if loss.name.startswith(f"{v.name}_")), None)
        if loss.kind == "shadow table" and owner:
            shadows[owner].append(loss)
        else:
            rest.append(loss)
    return [
        SchemaLoss(
            loss.kind, loss.name, f"{loss.reason} (and its {counted(len(own), 'shadow table')})"
        )
        if (own := shadows[loss])
        else loss
        for loss in rest
    ]


def _format_losses(losses: Iterable[SchemaLoss]) -> list[str]:
    return [f"{loss.kind} {loss.name}: {loss.reason}" for loss in losses]


def _section(title: str, lines: Sequence[str], *, whole: bool = False) -> Section:
    text = [one_line(f"  {line}") for line in lines]
    return Section(
        title, text, lambda shown: f"  {len(text) - shown:,} more; {SEE_REPORT}", whole=whole
    )


def _first_names(names: Sequence[str]) -> str:
    """The first names, and how many more."""
    more = f" and {len(names) - MAX_EXAMPLES:,} more" if len(names) > MAX_EXAMPLES + 1 else ""
    return ", ".join(names[:MAX_EXAMPLES] if more else names) + more


def _format_comparison(comparison: TableComparison, width: int, skipped: bool) -> str:
    sums = (
        f"✓ {comparison.source}"
        if comparison.is_equal
        else f"✗ {comparison.source} is not {comparison.target}"
    )
    skips = f"{comparison.skipped:>12,}  " * skipped
    found = comparison.difference.lines() if comparison.difference else ()
    sides = f"{comparison.rows:>12,}  {skips}{comparison.target.rows:>12,}"
    return "\n".join(
        [
            f"  {one_line(comparison.table):<{width}}  {sides}  {sums}",
            *(f"    {one_line(one)}" for one in found),
        ]
    )
