"""What the values of new tables look like, where an app that comes later may want another type."""

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.plan import Note
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.types.datetimes import Timestamp
from demijohn.sqlite_import.types.text_types import Text
from demijohn.sqlite_import.workers.reader_pool import ReaderPool

SAMPLE_ROWS = 1_000  # rows that are looked at: it is only a hint
MIN_SHARE = 0.9  # of their values look so: one that does not fit hides nothing
HEX = "NOT GLOB '*[^0-9A-Fa-f]*'"


@dataclass(frozen=True)
class TypePattern:
    """A type that the values may be meant for, and the words for `one` such column or `more`.

    `suits` tells which columns are asked, and `test` is SQL that tells whether a value looks so.
    It has to be 0 or 1, or NULL where the value is.
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


# The first that a column looks like is told. A UUID is one by its version and variant, RFC 9562,
# or a digest would be one too.
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
        "looks like spans of time (SQLAlchemy's Interval)",
        "look like spans of time (SQLAlchemy's Interval)",
        _is_timestamp_without_zone,
        "{c} BETWEEN '1969-01-01' AND '1971-12-31'",
    ),
    TypePattern(
        "timestamptz",
        "has no time zone; if the app's has one, as Django's",
        "have no time zone; if the app's have one, as Django's",
        _is_timestamp_without_zone,
        "{c} GLOB '????-??-??*'",
    ),
)


def suggest_types(
    pool: ReaderPool, mappings: Sequence[TableMapping], asked: Collection[str]
) -> Iterator[Note]:
    """A note for each type, with all the columns that it may be meant for; but not for those that
    were `asked` for by "table.column" in lower case. Raises CommandError(65).
    """
    columns = [
        (mapping, column)
        for mapping in mappings
        for column in mapping.columns
        if f"{mapping.source.name}.{column.source.name}".lower() not in asked
    ]
    for pattern in TYPE_PATTERNS:
        suited = [(mapping, column) for mapping, column in columns if pattern.applies(column)]
        answers = pool.query(_pattern_query(pattern, mapping, column) for mapping, column in suited)
        found = [place for place, ((looks,),) in zip(suited, answers, strict=True) if looks]
        if found:
            names = [f"{mapping.source.name}.{column.source.name}" for mapping, column in found]
            words = " ".join(f"--type {shlex.quote(f'{name}={pattern.type}')}" for name in names)
            yield Note(
                ", ".join(names),
                f"{pattern.singular if len(names) == 1 else pattern.plural}: {words}",
            )
            columns = [place for place in columns if place not in found]


def _pattern_query(pattern: TypePattern, mapping: TableMapping, column: ColumnMapping) -> str:
    name, table = quote_ident(column.source.name), quote_ident(mapping.source.name)
    sample = f"SELECT {name} FROM {table} LIMIT {SAMPLE_ROWS}"  # noqa: S608
    return f"SELECT avg({pattern.test.replace('{c}', name)}) >= {MIN_SHARE} FROM ({sample})"  # noqa: S608
