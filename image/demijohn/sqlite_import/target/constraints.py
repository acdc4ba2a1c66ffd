"""Creates primary keys, indexes, CHECKs and foreign keys after the load, and restarts sequences."""

import psycopg2
from psycopg2 import errors

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import.model.mapping import TableMapping
from demijohn.sqlite_import.model.plan import NameAllocator, Plan
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.model.schema import ForeignKey, Index, SchemaLoss, Term
from demijohn.sqlite_import.model.sql_text import Tokens
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.sql_names import ascii_lower, quote_ident
from demijohn.sqlite_import.target import translate
from demijohn.sqlite_import.target.catalog import Target
from demijohn.sqlite_import.target.create_tables import target_columns
from demijohn.sqlite_import.target.orphans import (
    count_with_examples,
    describe_cause,
    describe_orphans,
)
from demijohn.sqlite_import.target.savepoint import primary_message, savepoint
from demijohn.sqlite_import.target.translate import Untranslatable
from demijohn.sqlite_import.text import one_line
from demijohn.sqlite_import.types.text_types import EnumOrUnknown, Text

SEQUENCES = """
SELECT a.attname, s.relname, n.nspname, q.seqmax, q.seqincrement,
       a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
  FROM pg_catalog.pg_attribute a
  JOIN (SELECT d.refobjid AS owner, d.refobjsubid AS number, d.objid AS sequence
          FROM pg_catalog.pg_depend d
         WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
           AND d.deptype IN ('a', 'i')
        UNION
        SELECT f.adrelid, f.adnum, d.refobjid
          FROM pg_catalog.pg_attrdef f
          JOIN pg_catalog.pg_depend d ON d.objid = f.oid AND d.classid = 'pg_attrdef'::regclass
         WHERE d.refclassid = 'pg_class'::regclass) found
    ON found.owner = a.attrelid AND found.number = a.attnum
  JOIN pg_catalog.pg_class s ON s.oid = found.sequence AND s.relkind = 'S'
  JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
 WHERE a.attrelid = %s::regclass AND NOT a.attisdropped"""


class ConstraintCreator:
    """Adds the constraints and indexes of the SQLite file to the created tables.

    What Postgres cannot have is added to `plan.losses` with the reason. Data that violates a
    constraint raises CommandError(65).
    """

    def __init__(self, target: Target, source: Source, plan: Plan, rejects: Rejects) -> None:
        self._target = target
        self._source = source
        self._plan = plan
        self._rejects = rejects
        self._names = plan.names
        self._fk_errors: list[str] = []  # foreign keys, and the rows that violate them

    def run(self) -> None:
        """Create everything, in the order of dependencies."""
        created = [mapping for mapping in self._plan.tables if mapping.created]
        for mapping in created:
            self._add_primary_key(mapping)
            for index in sorted(mapping.source.indexes, key=lambda index: not index.is_constraint):
                self._add_index(mapping, index)
            names = NameAllocator(set())
            for name, tokens in mapping.source.checks:
                self._add_check(mapping, name, names.allocate(name) if name else "", tokens)
        for mapping in created:
            for key in mapping.source.foreign_keys:
                self._add_foreign_key(mapping, key)
        if self._fk_errors:
            keys_check = "the key checks" if len(self._fk_errors) == 1 else "the keys check"
            self._fk_errors[-1] += (
                " Fix them in SQLite, or use --on-bad null: the rows are imported unchanged, "
                f"and {keys_check} new rows only."
            )
            raise CommandError(Exit.BAD_DATA, "\n".join(map(one_line, self._fk_errors)))

    def _add_primary_key(self, mapping: TableMapping) -> None:
        names = _target_names(mapping, mapping.source.key)
        if not mapping.source.key:
            return
        loss = SchemaLoss("primary key", mapping.source.name, "")
        if not names:
            self._add_loss(loss, "one of its columns is not imported")
            return
        name = self._names.allocate(mapping.source.key_name or f"{mapping.name}_pkey")
        table = quote_ident(mapping.name)
        add = f"ALTER TABLE {table} ADD CONSTRAINT {quote_ident(name)}"
        try:
            with savepoint(self._target):
                self._target.run(f"{add} PRIMARY KEY ({names})")
        except errors.NotNullViolation:
            self._add_loss(
                loss, "it contains NULL, which SQLite allows: unique instead", is_changed=True
            )
            self._try(loss, f"{add} UNIQUE ({names})")
        except psycopg2.Error as error:
            self._handle_error(loss, error)
        self._add_nocase_index(mapping, mapping.source.key)

    def _add_nocase_index(self, mapping: TableMapping, key: tuple[str, ...]) -> None:
        """Add a unique index on the folded key if SQLite compares the key case-insensitively."""
        columns = [column for name in key if (column := mapping.source.find_column(name))]
        if any(column.collation != "BINARY" for column in columns):
            terms = tuple(Term(column.name, [], False, column.collation) for column in columns)
            self._add_index(mapping, Index(f"{mapping.name}_key", True, False, terms, []))

    def _add_index(self, mapping: TableMapping, index: Index) -> None:
        loss = SchemaLoss("unique constraint" if index.is_constraint else "index", index.name, "")
        if index.is_constraint:
            inner = ", ".join(term.column or "" for term in index.terms)
            loss = SchemaLoss("unique constraint", f"{mapping.source.name} ({inner})", "")
        try:
            terms = ", ".join(self._index_term(mapping, term, index) for term in index.terms)
            where = translate.translate_expression(index.where, target_columns(mapping))
        except Untranslatable as reason:
            self._add_loss(loss, str(reason))
            return
        plain = all(term.column and term.collation in ("BINARY", "") for term in index.terms)
        columns = "_".join(term.column or "expr" for term in index.terms)
        wanted = f"{mapping.name}_{columns}_key" if index.is_constraint else index.name
        name = quote_ident(self._names.allocate(index.constraint_name or wanted))
        table = quote_ident(mapping.name)
        if index.is_constraint and plain:
            self._try(loss, f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({terms})")
            return
        unique = "UNIQUE " * index.is_unique
        condition = f" WHERE {where}" if where else ""
        self._try(loss, f"CREATE {unique}INDEX {name} ON {table} ({terms}){condition}")

    def _index_term(self, mapping: TableMapping, term: Term, index: Index) -> str:
        """SQL for one term. A collation becomes the function that is equivalent to it."""
        if term.column is None:
            tokens = term.expression
            if len(tokens) > 2 and tokens[-2] == "COLLATE":
                tokens = tokens[:-2]
            text = f"({translate.translate_expression(tokens, target_columns(mapping))})"
        else:
            column = mapping.find_column(term.column)
            if column is None:
                raise Untranslatable(f"{term.column} is not imported")
            text = quote_ident(column.name)
            if term.collation not in ("BINARY", "") and not isinstance(
                column.pg_type, Text | EnumOrUnknown
            ):
                return text
        # NOCASE folds ASCII only, as does lower() with the collation C
        if term.collation == "NOCASE":
            text = f'lower({text} COLLATE "C")'
        elif term.collation == "RTRIM":
            text = f"rtrim({text}, ' ')"
        elif term.collation not in ("BINARY", ""):
            raise Untranslatable(f"the collation {term.collation} is defined by the app")
        if text[0] not in '"(':
            text = f"({text})"
        return text + " DESC" * (term.descending and not index.is_constraint)

    def _add_check(
        self, mapping: TableMapping, name: str, constraint_name: str, tokens: Tokens
    ) -> None:
        label = name or " ".join(token.text for token in tokens)
        loss = SchemaLoss("check", f"{mapping.source.name}: {label[:60]}", "")
        try:
            condition = translate.translate_expression(tokens, target_columns(mapping))
        except Untranslatable as reason:
            self._add_loss(loss, str(reason))
            return
        constraint = f"CONSTRAINT {quote_ident(constraint_name)} " if constraint_name else ""
        sql = f"ALTER TABLE {quote_ident(mapping.name)} ADD {constraint}CHECK ({condition})"
        try:
            with savepoint(self._target):
                self._target.run(sql)
        except errors.CheckViolation:
            self._try(loss, f"{sql} NOT VALID")
            violating = f"FROM {quote_ident(mapping.name)} c WHERE NOT ({condition})"
            mentioned = {ascii_lower(token.name) for token in tokens}
            columns = [
                column.name
                for column in mapping.columns
                if ascii_lower(column.source.name) in mentioned
            ]
            count, keys = count_with_examples(self._target, mapping, columns, violating)
            rows = f"{count:,} {'row violates' if count == 1 else 'rows violate'}"
            self._add_loss(loss, f"checks new rows only: {rows} it ({keys})", is_changed=True)
        except psycopg2.Error as error:
            self._handle_error(loss, error)

    def _add_foreign_key(self, mapping: TableMapping, key: ForeignKey) -> None:
        loss = SchemaLoss("foreign key", f"{mapping.source.name} ({', '.join(key.columns)})", "")
        parent = self._plan.find_table(key.parent_table)
        columns = _target_names(mapping, key.columns)
        parents = _target_names(parent, key.parent_columns) if parent else ""
        if parent is None or not columns or not parents:
            self._add_loss(loss, f"{key.parent_table} or a column is not imported")
            return
        name = self._names.allocate(key.name or f"{mapping.name}_{'_'.join(key.columns)}_fkey")
        sql = (
            f"ALTER TABLE {quote_ident(mapping.name)} ADD CONSTRAINT {quote_ident(name)}"
            f" FOREIGN KEY ({columns}) REFERENCES {quote_ident(parent.name)} ({parents})"
            f" ON UPDATE {key.on_update} ON DELETE {key.on_delete}"
            + " DEFERRABLE INITIALLY DEFERRED"
            * key.is_deferred
        )
        try:
            with savepoint(self._target):
                self._target.run(sql)
        except errors.ForeignKeyViolation:
            self._add_invalid_foreign_key(loss, mapping, parent, key, sql)
        except errors.DatatypeMismatch:
            self._add_loss(loss, _describe_type_mismatch(mapping, parent, key))
        except psycopg2.Error as error:
            self._handle_error(loss, error)

    def _add_invalid_foreign_key(
        self,
        loss: SchemaLoss,
        mapping: TableMapping,
        parent: TableMapping,
        key: ForeignKey,
        sql: str,
    ) -> None:
        """The key for rows without a parent row: SQLite enforces foreign keys only if asked."""
        count, description = describe_orphans(self._target, mapping, parent, key)
        description += _describe_case_sensitivity(parent, key)
        if not self._rejects.policy:
            self._fk_errors.append(f"{loss.kind} {loss.name}: {description}.")
            return
        description += describe_cause(self._source, mapping, key, count, self._rejects)
        self._try(loss, f"{sql} NOT VALID")
        self._add_loss(loss, f"checks new rows only: {description}", is_changed=True)

    def _try(self, loss: SchemaLoss, sql: str) -> None:
        try:
            with savepoint(self._target):
                self._target.run(sql)
        except psycopg2.Error as error:
            self._handle_error(loss, error)

    def _handle_error(self, loss: SchemaLoss, error: psycopg2.Error) -> None:
        """Record it as a loss, unless the data or the connection caused the error."""
        if self._target.connection.closed or isinstance(error, errors.QueryCanceled):
            raise error
        if isinstance(error, errors.UniqueViolation):
            detail = error.diag.message_detail or primary_message(error)
            raise CommandError(
                Exit.BAD_DATA,
                f"{loss.kind} {loss.name}: {detail} Fix the rows in SQLite, or exclude them.",
            )
        self._add_loss(loss, primary_message(error))

    def _add_loss(self, loss: SchemaLoss, reason: str, *, is_changed: bool = False) -> None:
        self._plan.add_loss(loss, reason, is_changed=is_changed)


def _describe_type_mismatch(mapping: TableMapping, parent: TableMapping, key: ForeignKey) -> str:
    """Why Postgres cannot compare the columns of a foreign key, and what to do."""
    pairs = [
        f"{mapping.source.name}.{column.source.name} is {column.pg_type.sql}, but "
        f"{parent.source.name}.{other.source.name} is {other.pg_type.sql}"
        for name, referred in zip(key.columns, key.parent_columns, strict=True)
        if (column := mapping.find_column(name)) and (other := parent.find_column(referred))
        if column.pg_type.sql != other.pg_type.sql
    ]
    return f"{'; '.join(pairs)}: use --type to make them equal"


def _describe_case_sensitivity(parent: TableMapping, key: ForeignKey) -> str:
    """A remark if the parent columns are case-insensitive in SQLite, else ""."""
    found = [column.source for name in key.parent_columns if (column := parent.find_column(name))]
    names = [f"{parent.source.name}.{one.name}" for one in found if one.collation == "NOCASE"]
    who = ", ".join(names)
    return (
        f"; {who} is case-insensitive in SQLite (NOCASE), case-sensitive in Postgres"
        if names
        else ""
    )


def _target_names(mapping: TableMapping, names: tuple[str, ...]) -> str:
    """The quoted Postgres names of columns, or "" if one is not imported."""
    found = [mapping.find_column(name) for name in names]
    return (
        "" if None in found else ", ".join(quote_ident(column.name) for column in found if column)
    )


def restart_sequences(target: Target, plan: Plan) -> None:
    """Restart identities and sequences after the highest value that exists or was given.

    Not with setval, which a rollback does not undo.
    """
    for mapping in plan.tables:
        table = quote_ident(mapping.name)
        for column, sequence, schema, largest, step, counts in target.rows(SEQUENCES, (table,)):
            name = f"{quote_ident(schema)}.{quote_ident(sequence)}"
            loss = SchemaLoss("sequence", f"{mapping.name}.{column}", "")
            if not counts or step < 0:
                how = "counts downwards" if counts else "is only a part of the column's default"
                plan.add_loss(loss, f"{name} {how}: set its next value yourself", is_changed=True)
                continue
            ((highest,),) = target.rows(f"SELECT max({quote_ident(column)}) FROM {table}")  # noqa: S608
            ((last, constraint),) = target.rows(f"SELECT last_value, is_called FROM {name}")  # noqa: S608
            alias = mapping.find_column(mapping.source.rowid_alias or "")
            constraint_name = mapping.source.highest_rowid if alias and alias.name == column else 0
            wanted = max(int(highest or 0), constraint_name) + 1
            if wanted > largest:
                plan.add_loss(
                    loss, f"no numbers are left: {name} ends at {largest}", is_changed=True
                )
                continue
            if wanted > (last + 1 if constraint else last):
                target.run(f"ALTER SEQUENCE {name} RESTART WITH {wanted}")
