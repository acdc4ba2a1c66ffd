"""Statistics of column values, computed by SQLite: one pass over each table, and a second for the
columns that the first leaves open.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from demijohn.sqlite_import.model.schema import BLOB, INTEGER, REAL, TEXT, Column, Table
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.workers.reader_pool import ReaderPool

Stats = dict[str, Any]

IS_NUMBER = "typeof({c}) IN ('integer', 'real')"
MAX_EXACT = 1 << 53  # larger integers are not all exact as doubles

# In alphabetical order: blob, integer, null, real, text.
FIRST_PASS = {"low": "min(typeof({c}))", "high": "max(typeof({c}))"}
# SQLite sorts numbers before texts before blobs. In a column whose affinity turns all numbers into
# texts, or into reals, the greatest value decides whether all are alike; in others the least and
# the greatest do, if they are texts.
INTEGERS = {"low": "max(typeof(coalesce({c}, 0)))", "high": "max(typeof(coalesce({c}, 0)))"}
GREATEST = {"low": "typeof(max({c}))", "high": "typeof(max({c}))"}
LEAST_AND_GREATEST = {"low": "typeof(min({c}))", "high": "typeof(max({c}))"}
LONGEST = {"longest": "max(length({c}))"}
# Most values have one of these forms. Testing for them takes half the time of the test for a zone.
WITHOUT_ZONE = "{c} GLOB '????-??-??' OR {c} GLOB '????-??-?? ??:??:??'"
HAS_ZONE = {
    "zoned": f"max(CASE WHEN {WITHOUT_ZONE} THEN 0 ELSE {{c}} GLOB '????-??-??*[-+Zz]*' END)",
}
HAS_TIME = {"timed": "max({c} GLOB '????-??-??[ T][0-9][0-9]:*')"}
# For columns that are intervals in Postgres: whether all values are dates.
ALL_DATES = {"dated": "min({c} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*')"}
SECOND_PASS = {
    "integers": "sum(typeof({c}) = 'integer')",
    "reals": "sum(typeof({c}) = 'real')",
    "texts": "sum(typeof({c}) = 'text')",
    "blobs": "sum(typeof({c}) = 'blob')",
    "large": f"max(typeof({{c}}) = 'integer' AND {{c}} NOT BETWEEN -{MAX_EXACT} AND {MAX_EXACT})",
    "least": f"min(CASE WHEN {IS_NUMBER} THEN {{c}} END)",
    "most": f"max(CASE WHEN {IS_NUMBER} THEN {{c}} END)",
    # Whether there are numbers as large as current dates in seconds since 1970, and in
    # milliseconds.
    "seconds": "max(abs(1.0 * {c}) BETWEEN 1e8 AND 1e11 AND " + IS_NUMBER + ")",
    "thousandths": "max(abs(1.0 * {c}) BETWEEN 1e11 AND 1e14 AND " + IS_NUMBER + ")",
    **LONGEST,
}
# For columns that are dates or times in Postgres, and may be numbers in SQLite.
DATETIME_STATS = SECOND_PASS | HAS_ZONE | {"zoneless": "min({c} GLOB '????-??-??*[-+Zz]*') = 0"}

DECIMAL = re.compile(
    r"(?:DECIMAL|NUMERIC|DEC|NUMBER|MONEY|SMALLMONEY|CURRENCY)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?"
)
DECIDING_DECLARATION = re.compile(r"BOOL|BOOLEAN|UUID|GUID|UNIQUEIDENTIFIER|JSON|JSONB")
DATETIME = re.compile(r"(?:DATETIME|TIMESTAMP|TIMESTAMPTZ)\b.*")


def column_stats(
    pool: ReaderPool, table: Table, extra: Mapping[str, Mapping[str, str]]
) -> dict[str, Stats]:
    """The statistics of each column by name, with the `extra` ones by column, name and SQL."""
    wanted = {
        column.name: {
            **({} if column.name == table.rowid_alias else _first_pass(column)),
            **(LONGEST if is_datetime(column) or column.affinity in (TEXT, BLOB) else {}),
            **(HAS_ZONE if is_datetime(column) else {}),
            **(HAS_TIME if column.declared.upper().strip() == "DATE" else {}),
            **_decimal_stats(column),
        }
        for column in table.columns
    }
    found = _query_stats(pool, table, wanted)
    for name, more in _query_stats(pool, table, dict(_second_pass(table, found, extra))).items():
        found[name] |= more
    return found


def _second_pass(
    table: Table, found: dict[str, Stats], extra: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, dict[str, str]]]:
    """The columns of the second pass, with the statistics that are still needed."""
    for column in table.columns:
        wanted = dict(extra.get(column.name, {}))
        if _needs_second_pass(column, found[column.name]):
            wanted |= LONGEST if _is_decided_by_declaration(column) else SECOND_PASS
        yield column.name, {n: sql for n, sql in wanted.items() if n not in found[column.name]}


def _first_pass(column: Column) -> dict[str, str]:
    if is_datetime(column):
        return LEAST_AND_GREATEST
    if column.affinity == INTEGER:
        return INTEGERS
    return (
        GREATEST
        if column.affinity in (TEXT, REAL) or _is_decided_by_declaration(column)
        else FIRST_PASS
    )


def is_datetime(column: Column) -> bool:
    """Whether the declared type is a date, with or without a time."""
    declared = column.declared.upper().strip()
    return declared == "DATE" or bool(DATETIME.fullmatch(declared))


def _is_decided_by_declaration(column: Column) -> bool:
    """Whether the declared type decides, whatever the values are."""
    declared = column.declared.upper().strip()
    return bool(DECIDING_DECLARATION.fullmatch(declared) or DECIMAL.fullmatch(declared))


def _needs_second_pass(column: Column, stats: Stats) -> bool:
    seen = {stats.get("low"), stats.get("high")} - {None, "null"}
    if not seen:
        return False
    if _is_decided_by_declaration(column):
        return bool(seen & {"text", "blob"})
    if is_datetime(column):
        return seen != {"text"}
    return seen != {column.affinity} or column.affinity == BLOB


def _decimal_stats(column: Column) -> dict[str, str]:
    decimal = DECIMAL.fullmatch(column.declared.upper().strip())
    if not decimal or not decimal[1]:
        return {}
    precision, scale = int(decimal[1]), int(decimal[2] or 0)
    ten, limit = f"1e{scale}", f"1e{max(precision - scale, 0)}"
    # Not by abs(), which fails for the smallest integer. CASE evaluates only what is needed.
    return {
        "misfit": f"max(CASE WHEN {{c}} >= {limit} OR {{c}} <= -{limit}"
        f" OR CAST(round({{c}} * {ten}) AS INTEGER) / {ten} != {{c}} THEN {IS_NUMBER} END)"
    }


def _query_stats(
    pool: ReaderPool, table: Table, wanted: dict[str, dict[str, str]]
) -> dict[str, Stats]:
    """Query the statistics of all columns, one query per reader. SQLite allows 2000 terms."""
    found: dict[str, Stats] = {column: {} for column in wanted}
    shares = list(_shares(wanted, pool.size))
    queries = [
        f"SELECT {', '.join(sql for _, _, sql in share)} FROM {quote_ident(table.name)}"  # noqa: S608
        for share in shares
    ]
    for share, (row,) in zip(shares, pool.query(queries), strict=True):
        for (column, name, _), value in zip(share, row, strict=True):
            found[column][name] = value
    return found


def _shares(wanted: dict[str, dict[str, str]], number: int) -> Iterator[list[tuple[str, str, str]]]:
    """The terms in `number` equal shares of at most 1000. Those of one column stay together."""
    shares: list[list[tuple[str, str, str]]] = [[] for _ in range(number)]
    for column, names in sorted(wanted.items(), key=lambda one: -len(one[1])):
        least = min(shares, key=len)
        least += [
            (column, name, sql.replace("{c}", quote_ident(column))) for name, sql in names.items()
        ]
    for share in shares:
        yield from (share[at : at + 1000] for at in range(0, len(share), 1000))
