"""The checksum of a Postgres table, computed in SQL in the same canonical form.

See `source_checksum`: the order of rows does not matter, and no code is shared with the encoders.
"""

from collections.abc import Sequence

from demijohn.sqlite_import.checksum.source_checksum import SEPARATOR, TableChecksum
from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.sql_names import quote_ident
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.types.datetimes import Interval
from demijohn.sqlite_import.types.numbers_and_booleans import Double, Numeric
from demijohn.sqlite_import.types.text_types import Bytes, EnumOrUnknown, Json, Text

FIRST_64_BITS = "('x' || left({}, 16))::bit(64)::bigint"  # of an MD5 in hexadecimal, as a bigint


def target_checksum(target: Target, mapping: TableMapping, where: str = "") -> TableChecksum:
    """Postgres's checksum of a table, or of the rows that `where`, a SQL clause, selects."""
    row = FIRST_64_BITS.format(row_hash_sql(target, mapping))
    ((rows, total),) = target.rows(
        f"SELECT count(*), sum({row}) FROM {quote_ident(mapping.name)}{where}"  # noqa: S608
    )
    return TableChecksum(rows, int(total or 0))


def row_hash_sql(
    target: Target, mapping: TableMapping, columns: Sequence[ColumnMapping] = ()
) -> str:
    """SQL: the MD5 of a row in canonical form, or of some of its columns."""
    each = (
        canonical_column_sql(column, large=mapping.has_large_rows)
        for column in columns or mapping.columns
    )
    terms = f" || '{SEPARATOR}' || ".join(each)
    # The database may have another encoding. Hash UTF-8.
    return f"md5({terms})" if _is_utf8(target) else f"md5(convert_to({terms}, 'UTF8'))"


def _is_utf8(target: Target) -> bool:
    return bool(target.rows("SHOW server_encoding")[0][0] == "UTF8")


def canonical_column_sql(column: ColumnMapping, *, large: bool) -> str:
    """SQL: one column in canonical form. `large` says whether rows of the table may be large."""
    name = quote_ident(column.name)
    match column.pg_type:
        case pg_type if pg_type.not_comparable:
            text = f"left({name}::text, 0) || '?'"  # only NULL or not
        case Text() | EnumOrUnknown() | Json() if large:
            text = f"length({name}::text) || ':' || {name}::text"
        case Text() | EnumOrUnknown() | Json():
            text = f"quote_literal({name}::text)"
        case Bytes():
            text = f"md5({name})"
        case Double():
            text = f"encode(float{'4' if column.pg_type.sql == 'real' else '8'}send({name}), 'hex')"
        case Numeric():
            text = f"trim_scale({name}::numeric)::text"
        case Interval():
            text = f"encode(interval_send({name}), 'hex')"  # a month is not 30 days
        case _:
            text = f"{name}::text"
    return f"coalesce({text}, '')"
