"""Suggests types for new tables that the app may expect instead of the inferred ones."""

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.plan import Note
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.types.datetimes import Timestamp
from demijohn.sqlite_import.types.text_types import Text
from demijohn.sqlite_import.workers.reader_pool import ReaderPool

SAMPLE_ROWS = 1_000  # for a suggestion a sample is enough
MIN_SHARE = 0.9  # of the sampled values; a single exception does not hide the pattern
HEX = "NOT GLOB '*[^0-9A-Fa-f]*'"


@dataclass(frozen=True)
class TypePattern:
    """A type that values may be meant for, and the text for a `singular` or `plural` subject.

    `applies` selects the columns. `test` is SQL that returns 1 for a match, 0 for none, and NULL
    for NULL.
    """

    type: str
    singular: str
    plural: str
    applies: Callable[[ColumnMapping], bool]
    test: str


def _is_short_text(column: ColumnMapping) -> bool:
    return isinstance(column.pg_type, Text) and column.pg_type.limit in (32, 36)


def _is_timestamp_without_zone(column: ColumnMapping) -> bool:
    return column.pg_type == Timestamp("timestamp without time zone")


# The first match wins. A UUID is recognized by its version and variant (RFC 9562), so that digests
# are not.
TYPE_PATTERNS = (
    TypePattern(
        "uuid",
        "looks like UUIDs",
        "look like UUIDs",
        _is_short_text,
        "length({c}) IN (32, 36) AND replace({c}, '-', '') GLOB '????????????[1-8]???[89ABab]*'"
        " AND length(replace({c}, '-', '')) = 32 AND replace({c}, '-', '') " + HEX,
    ),
    TypePattern(
        "interval",
        "looks like intervals (SQLAlchemy's Interval)",
        "look like intervals (SQLAlchemy's Interval)",
        _is_timestamp_without_zone,
        "{c} BETWEEN '1969-01-01' AND '1971-12-31'",
    ),
    TypePattern(
        "timestamptz",
        "has no time zone; if the app expects one, as Django does",
        "have no time zone; if the app expects one, as Django does",
        _is_timestamp_without_zone,
        "{c} GLOB '????-??-??*'",
    ),
)


def suggest_types(
    pool: ReaderPool, mappings: Sequence[TableMapping], requested: Collection[str]
) -> Iterator[Note]:
    """One note per type, with all columns that may be meant for it, except those in `requested`:
    "table.column" in lower case, from --type. Raises CommandError(65).
    """
    columns = [
        (mapping, column)
        for mapping in mappings
        for column in mapping.columns
        if f"{mapping.source.name}.{column.source.name}".lower() not in requested
    ]
    for pattern in TYPE_PATTERNS:
        candidates = [(mapping, column) for mapping, column in columns if pattern.applies(column)]
        answers = pool.query(
            _pattern_query(pattern, mapping, column) for mapping, column in candidates
        )
        found = [
            candidate
            for candidate, ((matches,),) in zip(candidates, answers, strict=True)
            if matches
        ]
        if found:
            names = [f"{mapping.source.name}.{column.source.name}" for mapping, column in found]
            options = " ".join(f"--type {shlex.quote(f'{name}={pattern.type}')}" for name in names)
            yield Note(
                ", ".join(names),
                f"{pattern.singular if len(names) == 1 else pattern.plural}: {options}",
            )
            columns = [candidate for candidate in columns if candidate not in found]


def _pattern_query(pattern: TypePattern, mapping: TableMapping, column: ColumnMapping) -> str:
    name, table = quote_ident(column.source.name), quote_ident(mapping.source.name)
    sample = f"SELECT {name} FROM {table} LIMIT {SAMPLE_ROWS}"  # noqa: S608
    return f"SELECT avg({pattern.test.replace('{c}', name)}) >= {MIN_SHARE} FROM ({sample})"  # noqa: S608
