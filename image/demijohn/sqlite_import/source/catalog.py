"""Reads the schema of a SQLite file: from PRAGMAs, and from its SQL what they do not return."""

from typing import Any

from demijohn.sqlite_import.model import sql_text
from demijohn.sqlite_import.model.schema import (
    BLOB,
    INTEGER,
    NUMERIC,
    REAL,
    TEXT,
    Column,
    ForeignKey,
    Index,
    Schema,
    SchemaLoss,
    Table,
    Term,
)
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import ascii_lower, quote_ident

VIRTUAL_TABLE = "its module exists only in SQLite"
LOSS_REASONS = {
    "view": "its SQL is SQLite's; create it again in Postgres",
    "virtual": VIRTUAL_TABLE,
    "shadow": "it belongs to a virtual table",
}


def read_schema(source: Source) -> Schema:
    """The whole schema. Raises CommandError(65) if the file is damaged."""
    sql = {
        (kind, name): text or ""
        for kind, name, text in source.execute("SELECT type, name, sql FROM sqlite_schema")
    }
    highest = dict[str, int]()
    if ("table", "sqlite_sequence") in sql:
        for name, value in source.execute("SELECT name, seq FROM sqlite_sequence"):
            highest[name] = value if isinstance(value, int) else 0
    found = Schema([], [])
    listed = source.execute(
        "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'"
    )
    for name, kind, without_rowid, strict in sorted(listed):
        if name.startswith("sqlite_"):
            continue
        if kind != "table":
            found.losses.append(
                SchemaLoss(kind + " table" * (kind != "view"), name, LOSS_REASONS[kind])
            )
            continue
        found.tables.append(
            _table(source, sql, name, bool(without_rowid), bool(strict), highest.get(name, 0))
        )
    for kind, name in sql:
        if kind == "trigger":
            found.losses.append(
                SchemaLoss("trigger", name, "its SQL is SQLite's; create it again in Postgres")
            )
    for table in found.tables:
        found.losses += [
            SchemaLoss("conflict clause", f"{table.name}: {one}", "Postgres rejects such rows")
            for one in table.conflict_clauses
        ]
    _resolve_foreign_keys(found)
    return found


def _table(
    source: Source,
    sql: dict[tuple[str, str], str],
    name: str,
    without_rowid: bool,
    strict: bool,
    highest: int,
) -> Table:
    parts = sql_text.parse_create_table(sql["table", name])
    by_name = {ascii_lower(part.name): part for part in parts if part.name}
    columns = []
    for _, column, declared, not_null, default, key, hidden in source.execute(
        "SELECT * FROM pragma_table_xinfo(?)", (name,)
    ):
        part = by_name.get(ascii_lower(column), sql_text.Definition())
        columns.append(
            Column(
                name=column,
                declared=declared,
                not_null=bool(not_null) or bool(key and without_rowid),
                default=default,
                key_position=key,
                affinity=BLOB if strict and declared.upper() == "ANY" else _affinity(declared),
                collation=part.collation,
                generated=part.generated if hidden in (2, 3) else [],
                is_stored=hidden == 3,
            )
        )
    key_columns = tuple(
        c.name for c in sorted(columns, key=lambda c: c.key_position) if c.key_position
    )
    unique = {
        tuple(map(ascii_lower, columns_of)): called
        for part in reversed(parts)
        for columns_of, called in part.unique_names.items()
    }
    indexes, own_index = _indexes(source, sql, name, unique)
    alias = None
    if len(key_columns) == 1 and not without_rowid and not own_index:
        only = next(c for c in columns if c.key_position)
        alias = only.name if only.declared.upper() == "INTEGER" else None
    taken = {column.name.lower() for column in columns}
    free = [word for word in ("rowid", "_rowid_", "oid") if word not in taken]
    if without_rowid:
        rowid = " || ', ' || ".join(f"quote({quote_ident(c)})" for c in key_columns)
    else:
        rowid = quote_ident(alias) if alias else free[0] if free else "NULL"
    return Table(
        name=name,
        columns=columns,
        key=key_columns,
        rowid_alias=alias,
        rowid=rowid,
        # without it SQLite might read an index, in another order
        order_by="" if without_rowid else f" ORDER BY {rowid}",
        is_strict=strict,
        highest_rowid=highest,
        foreign_keys=_foreign_keys(source, name, parts),
        indexes=indexes,
        checks=[check for part in parts for check in part.checks],
        key_name=next((part.key_name for part in parts if part.key_name), ""),
        conflict_clauses=[one for part in parts for one in part.named_conflict_clauses()],
    )


def _affinity(declared: str) -> str:
    """SQLite's rules: https://www.sqlite.org/datatype3.html#determination_of_column_affinity"""
    words = declared.upper()
    if "INT" in words:
        return INTEGER
    if any(word in words for word in ("CHAR", "CLOB", "TEXT")):
        return TEXT
    if "BLOB" in words or not words:
        return BLOB
    if any(word in words for word in ("REAL", "FLOA", "DOUB")):
        return REAL
    return NUMERIC


def _indexes(
    source: Source,
    sql: dict[tuple[str, str], str],
    table: str,
    unique_names: dict[tuple[str, ...], str],
) -> tuple[list[Index], bool]:
    """The indexes of a table, and whether its primary key has one: then it is not the rowid."""
    found = []
    own_index = False
    for name, unique, origin in source.execute(
        'SELECT name, "unique", origin FROM pragma_index_list(?) ORDER BY seq DESC', (table,)
    ):
        if origin == "pk":
            own_index = True
            continue
        text = sql.get(("index", name), "")
        expressions, where = sql_text.parse_create_index(text) if text else ([], [])
        terms = []
        for at, column, descending, collation in source.execute(
            'SELECT seqno, name, "desc", coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno',
            (name,),
        ):
            expression = expressions[at] if column is None else []
            if expression and expression[-1].text.upper() in ("ASC", "DESC"):
                expression = expression[:-1]
            terms.append(Term(column, expression, bool(descending), (collation or "").upper()))
        columns = tuple(ascii_lower(term.column or "") for term in terms)
        called = unique_names.get(columns, "") if origin == "u" else ""
        found.append(Index(name, bool(unique), origin == "u", tuple(terms), where, called))
    return found, own_index


def _foreign_keys(source: Source, table: str, parts: list[sql_text.Definition]) -> list[ForeignKey]:
    """The foreign keys in the order of their declaration. SQLite numbers them backwards."""
    deferred = [one for part in parts for one in part.fk_deferred]
    names = [one for part in parts for one in part.fk_names]
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for number, _, parent, child, column, on_update, on_delete in source.execute(
        'SELECT id, seq, "table", "from", "to", on_update, on_delete'
        " FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq",
        (table,),
    ):
        rows.setdefault(number, []).append((parent, child, column, on_update, on_delete))
    found = []
    for at, group in enumerate(rows.values()):
        parent, _, first, on_update, on_delete = group[0]
        found.append(
            ForeignKey(
                columns=tuple(row[1] for row in group),
                parent_table=parent,
                parent_columns=tuple(row[2] for row in group) if first is not None else (),
                on_update=on_update,
                on_delete=on_delete,
                is_deferred=deferred[at] if len(deferred) == len(rows) else False,
                name=names[at] if len(names) == len(rows) else "",
            )
        )
    return found


def _resolve_foreign_keys(schema: Schema) -> None:
    """Resolve what foreign keys refer to. Those without such a table or key become losses."""
    for table in schema.tables:
        resolved = []
        for key in table.foreign_keys:
            parent = schema.find_table(key.parent_table)
            names = key.parent_columns or (parent.key if parent else ())
            columns = [parent.find_column(name) for name in names] if parent else []
            if parent is None or not columns or None in columns or len(names) != len(key.columns):
                reason = f"it refers to {key.parent_table}, which has no such key"
                name = f"{table.name} ({', '.join(key.columns)})"
                schema.losses.append(SchemaLoss("foreign key", name, reason))
                continue
            resolved.append(
                ForeignKey(
                    tuple(c.name for name in key.columns if (c := table.find_column(name))),
                    parent.name,
                    tuple(c.name for c in columns if c),
                    key.on_update,
                    key.on_delete,
                    key.is_deferred,
                    key.name,
                )
            )
        table.foreign_keys = resolved
