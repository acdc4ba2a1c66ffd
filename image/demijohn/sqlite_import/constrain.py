"""What comes after the data: keys, indexes, CHECKs, foreign keys, and where identities go on."""

import psycopg2
from psycopg2 import errors

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.sqlite_import import translate
from demijohn.sqlite_import.create import attempt, first_line, named
from demijohn.sqlite_import.grammar import Tokens
from demijohn.sqlite_import.move import TableMove
from demijohn.sqlite_import.orphans import due, examples, orphans
from demijohn.sqlite_import.plan import Names, Plan
from demijohn.sqlite_import.refusals import Refusals, one_line
from demijohn.sqlite_import.schema import ForeignKey, Index, Left, Term
from demijohn.sqlite_import.source import Source, folded, identifier
from demijohn.sqlite_import.target import Target
from demijohn.sqlite_import.texts import Text, Words
from demijohn.sqlite_import.translate import Untranslatable

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


class Constrainer:
    """Adds to the tables that were created what the SQLite file declares of them.

    What cannot be had is added to `plan.left`, with the reason; that which the data breaks,
    although it held in SQLite, raises CommandError(65).
    """

    def __init__(self, target: Target, source: Source, plan: Plan, refusals: Refusals) -> None:
        self._target = target
        self._source = source
        self._plan = plan
        self._refusals = refusals
        self._names = plan.names
        self._broken: list[str] = []  # foreign keys, and the rows that break them

    def run(self) -> None:
        """Add everything, in an order in which each finds what it needs."""
        created = [move for move in self._plan.tables if move.created]
        for move in created:
            self._primary_key(move)
            for index in sorted(move.table.indexes, key=lambda index: not index.constraint):
                self._index(move, index)
            names = Names(set())
            for name, words in move.table.checks:
                self._check(move, name, names.give(name) if name else "", words)
        for move in created:
            for key in move.table.foreign_keys:
                self._foreign_key(move, key)
        if self._broken:
            them = "the key holds" if len(self._broken) == 1 else "the keys hold"
            self._broken[-1] += (
                " Put them right in SQLite, or say --on-bad null: they come along as they are, "
                f"and {them} for new rows only."
            )
            raise CommandError(Exit.BAD_DATA, "\n".join(map(one_line, self._broken)))

    def _primary_key(self, move: TableMove) -> None:
        names = _columns(move, move.table.key)
        if not move.table.key:
            return
        what = Left("primary key", move.table.name, "")
        if not names:
            self._leave(what, "a column of it was left behind")
            return
        name = self._names.give(move.table.key_name or f"{move.name}_pkey")
        table = identifier(move.name)
        add = f"ALTER TABLE {table} ADD CONSTRAINT {identifier(name)}"
        try:
            with attempt(self._target):
                self._target.run(f"{add} PRIMARY KEY ({names})")
        except errors.NotNullViolation:
            self._leave(what, "it holds NULL, which SQLite allows: unique instead", kept=True)
            self._try(what, f"{add} UNIQUE ({names})")
        except psycopg2.Error as error:
            self._failed(what, error)
        self._fold(move, move.table.key)

    def _fold(self, move: TableMove, key: tuple[str, ...]) -> None:
        """A second, unique index where SQLite's key takes no account of case."""
        columns = [column for name in key if (column := move.table.column(name))]
        if any(column.collation != "BINARY" for column in columns):
            terms = tuple(Term(column.name, [], False, column.collation) for column in columns)
            self._index(move, Index(f"{move.name}_key", True, False, terms, []))

    def _index(self, move: TableMove, index: Index) -> None:
        what = Left("unique constraint" if index.constraint else "index", index.name, "")
        if index.constraint:
            inner = ", ".join(term.column or "" for term in index.terms)
            what = Left("unique constraint", f"{move.table.name} ({inner})", "")
        try:
            terms = ", ".join(self._term(move, term, index) for term in index.terms)
            where = translate.expression(index.where, named(move))
        except Untranslatable as reason:
            self._leave(what, str(reason))
            return
        plain = all(term.column and term.collation in ("BINARY", "") for term in index.terms)
        columns = "_".join(term.column or "expr" for term in index.terms)
        wanted = f"{move.name}_{columns}_key" if index.constraint else index.name
        name = identifier(self._names.give(index.named or wanted))
        table = identifier(move.name)
        if index.constraint and plain:
            self._try(what, f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({terms})")
            return
        unique = "UNIQUE " * index.unique
        condition = f" WHERE {where}" if where else ""
        self._try(what, f"CREATE {unique}INDEX {name} ON {table} ({terms}){condition}")

    def _term(self, move: TableMove, term: Term, index: Index) -> str:
        """One term; a collation of SQLite's becomes the function that it amounts to."""
        if term.column is None:
            words = term.expression
            if len(words) > 2 and words[-2] == "COLLATE":
                words = words[:-2]
            text = f"({translate.expression(words, named(move))})"
        else:
            column = move.move(term.column)
            if column is None:
                raise Untranslatable(f"{term.column} was left behind")
            text = identifier(column.name)
            if term.collation not in ("BINARY", "") and not isinstance(column.kind, Text | Words):
                return text
        if term.collation == "NOCASE":  # folds ASCII only, and so does lower in C
            text = f'lower({text} COLLATE "C")'
        elif term.collation == "RTRIM":
            text = f"rtrim({text}, ' ')"
        elif term.collation not in ("BINARY", ""):
            raise Untranslatable(f"the collation {term.collation} is the app's own")
        if text[0] not in '"(':
            text = f"({text})"
        return text + " DESC" * (term.descending and not index.constraint)

    def _check(self, move: TableMove, name: str, given: str, words: Tokens) -> None:
        shown = name or " ".join(word.text for word in words)
        what = Left("check", f"{move.table.name}: {shown[:60]}", "")
        try:
            condition = translate.expression(words, named(move))
        except Untranslatable as reason:
            self._leave(what, str(reason))
            return
        called = f"CONSTRAINT {identifier(given)} " if given else ""
        sql = f"ALTER TABLE {identifier(move.name)} ADD {called}CHECK ({condition})"
        try:
            with attempt(self._target):
                self._target.run(sql)
        except errors.CheckViolation:
            self._try(what, f"{sql} NOT VALID")
            against = f"FROM {identifier(move.name)} c WHERE NOT ({condition})"
            said = {folded(word.name) for word in words}
            columns = [one.name for one in move.moves if folded(one.column.name) in said]
            count, places = examples(self._target, move, columns, against)
            rows = f"{count:,} {'row is' if count == 1 else 'rows are'}"
            self._leave(what, f"holds for new rows only: {rows} against it ({places})", kept=True)
        except psycopg2.Error as error:
            self._failed(what, error)

    def _foreign_key(self, move: TableMove, key: ForeignKey) -> None:
        what = Left("foreign key", f"{move.table.name} ({', '.join(key.columns)})", "")
        parent = self._plan.find(key.table)
        columns = _columns(move, key.columns)
        parents = _columns(parent, key.parents) if parent else ""
        if parent is None or not columns or not parents:
            self._leave(what, f"{key.table} or a column was left behind")
            return
        name = self._names.give(key.name or f"{move.name}_{'_'.join(key.columns)}_fkey")
        sql = (
            f"ALTER TABLE {identifier(move.name)} ADD CONSTRAINT {identifier(name)}"
            f" FOREIGN KEY ({columns}) REFERENCES {identifier(parent.name)} ({parents})"
            f" ON UPDATE {key.on_update} ON DELETE {key.on_delete}"
            + " DEFERRABLE INITIALLY DEFERRED"
            * key.deferred
        )
        try:
            with attempt(self._target):
                self._target.run(sql)
        except errors.ForeignKeyViolation:
            self._orphans(what, move, parent, key, sql)
        except errors.DatatypeMismatch:
            self._leave(what, _unlike(move, parent, key))
        except psycopg2.Error as error:
            self._failed(what, error)

    def _orphans(
        self, what: Left, move: TableMove, parent: TableMove, key: ForeignKey, sql: str
    ) -> None:
        """Rows refer to nothing: SQLite looks at that only where it is asked to."""
        count, told = orphans(self._target, move, parent, key)
        told += _case(parent, key)
        if not self._refusals.policy:
            self._broken.append(f"{what.what} {what.name}: {told}.")
            return
        told += due(self._source, move, key, count, self._refusals)
        self._try(what, f"{sql} NOT VALID")
        self._leave(what, f"holds for new rows only: {told}", kept=True)

    def _try(self, what: Left, sql: str) -> None:
        try:
            with attempt(self._target):
                self._target.run(sql)
        except psycopg2.Error as error:
            self._failed(what, error)

    def _failed(self, what: Left, error: psycopg2.Error) -> None:
        """Leave it behind, unless it is the data that is at fault, or the connection."""
        if self._target.connection.closed or isinstance(error, errors.QueryCanceled):
            raise error
        if isinstance(error, errors.UniqueViolation):
            detail = error.diag.message_detail or first_line(error)
            raise CommandError(
                Exit.BAD_DATA,
                f"{what.what} {what.name}: {detail} Put the rows right in SQLite, or exclude them.",
            )
        self._leave(what, first_line(error))

    def _leave(self, what: Left, reason: str, *, kept: bool = False) -> None:
        self._plan.leave(what, reason, kept=kept)


def _unlike(move: TableMove, parent: TableMove, key: ForeignKey) -> str:
    """What to do about columns of types that no foreign key can compare."""
    pairs = [
        f"{move.table.name}.{one.column.name} is {one.kind.sql}, and {parent.table.name}."
        f"{other.column.name} {other.kind.sql}"
        for name, referred in zip(key.columns, key.parents, strict=True)
        if (one := move.move(name)) and (other := parent.move(referred))
        if one.kind.sql != other.kind.sql
    ]
    return f"{'; '.join(pairs)}: --type can make them the same"


def _case(parent: TableMove, key: ForeignKey) -> str:
    """What a foreign key means in Postgres where the collation of SQLite's heeds no case."""
    found = [one.column for name in key.parents if (one := parent.move(name))]
    names = [f"{parent.table.name}.{one.name}" for one in found if one.collation == "NOCASE"]
    who = ", ".join(names)
    return f"; in SQLite {who} heeds no case (NOCASE), and in Postgres it does" if names else ""


def _columns(move: TableMove, names: tuple[str, ...]) -> str:
    """The columns as they are called in Postgres; nothing if one is not there."""
    found = [move.move(name) for name in names]
    return "" if None in found else ", ".join(identifier(one.name) for one in found if one)


def restart_sequences(target: Target, plan: Plan) -> None:
    """Let identities and sequences go on after the highest value that there is, or was.

    Not by setval, which no rollback takes back.
    """
    for move in plan.tables:
        table = identifier(move.name)
        for column, sequence, schema, largest, step, counts in target.rows(SEQUENCES, (table,)):
            name = f"{identifier(schema)}.{identifier(sequence)}"
            what = Left("sequence", f"{move.name}.{column}", "")
            if not counts or step < 0:
                how = "counts downwards" if counts else "is a part of the column's default only"
                plan.leave(what, f"{name} {how}: see to it that it goes on", kept=True)
                continue
            ((highest,),) = target.rows(f"SELECT max({identifier(column)}) FROM {table}")  # noqa: S608
            ((last, called),) = target.rows(f"SELECT last_value, is_called FROM {name}")  # noqa: S608
            alias = move.move(move.table.alias or "")
            given = move.table.highest if alias and alias.name == column else 0
            wanted = max(int(highest or 0), given) + 1
            if wanted > largest:
                plan.leave(what, f"its numbers are used up: {name} ends at {largest}", kept=True)
                continue
            if wanted > (last + 1 if called else last):
                target.run(f"ALTER SEQUENCE {name} RESTART WITH {wanted}")
