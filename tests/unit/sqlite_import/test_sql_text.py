"""SQLite's CREATE statements, parsed for what no PRAGMA returns."""

import pytest
from demijohn.sqlite_import.model.sql_text import (
    Definition,
    Tokens,
    parse_create_index,
    parse_create_table,
    tokenize,
)

TABLE = '''
CREATE TABLE "a ""table""" ( -- a comment, with a comma
  id INTEGER CONSTRAINT "the key" PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT,
  [a b] TEXT COLLATE nocase CONSTRAINT once UNIQUE ON CONFLICT IGNORE,
  n DECIMAL(10, 2) NOT NULL ON CONFLICT ABORT CHECK (n > 0 AND n IN (1, 2)) DEFAULT (1, 'x)'),
  g INT GENERATED ALWAYS AS (n * (2 + 1)) STORED, /* CHECK (false), */
  up INT CONSTRAINT "up key" REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED,
  `away` INT REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT both UNIQUE ("a b", n), CONSTRAINT "positive" CHECK (id > 0),
  FOREIGN KEY (n) REFERENCES q
)'''


def text(tokens: Tokens) -> str:
    return " ".join(token.text for token in tokens)


def by_name() -> dict[str, Definition]:
    return {part.name: part for part in parse_create_table(TABLE) if part.name}


def test_definitions_of_a_table_are_found_in_order() -> None:
    names = [part.name for part in parse_create_table(TABLE)]
    assert names == ["id", "a b", "n", "g", "up", "away", "", "", ""]


def test_checks_and_generated_columns_keep_their_expressions() -> None:
    parts = by_name()
    assert [(name, text(tokens)) for name, tokens in parts["n"].checks] == [
        ("", "n > 0 AND n IN ( 1 , 2 )")
    ]
    assert text(parts["g"].generated) == "n * ( 2 + 1 )"
    assert parts["g"].checks == []
    named = [(name, text(t)) for part in parse_create_table(TABLE)[6:] for name, t in part.checks]
    assert named == [("positive", "id > 0")]


def test_names_of_constraints_are_found() -> None:
    parts = parse_create_table(TABLE)
    assert parts[0].key_name == "the key"
    assert parts[0].autoincrement
    assert parts[1].unique_names == {("a b",): "once"}
    assert parts[6].unique_names == {("a b", "n"): "both"}
    assert [name for part in parts for name in part.fk_names] == ["up key", "", ""]


def test_collations_and_deferred_keys_are_found() -> None:
    parts = by_name()
    assert [part.collation for part in (parts["a b"], parts["n"])] == ["NOCASE", "BINARY"]
    deferred = [one for part in parse_create_table(TABLE) for one in part.fk_deferred]
    assert deferred == [True, False, False]


def test_conflict_clauses_that_postgres_lacks_are_found() -> None:
    clauses = [one for part in parse_create_table(TABLE) for one in part.named_conflict_clauses()]
    assert clauses == ["id PRIMARY KEY ON CONFLICT REPLACE", "a b UNIQUE ON CONFLICT IGNORE"]


@pytest.mark.parametrize(
    ("sql", "terms", "where"),
    [
        ("CREATE INDEX i ON t (a, b DESC)", ["a", "b DESC"], ""),
        ("CREATE INDEX i ON t (lower(a, 1), b) WHERE b > 0", ["lower ( a , 1 )", "b"], "b > 0"),
        ('CREATE UNIQUE INDEX "i (x)" ON t("a,b")', ['"a,b"'], ""),
    ],
)
def test_terms_and_condition_of_an_index_are_found(sql: str, terms: list[str], where: str) -> None:
    found, condition = parse_create_index(sql)
    assert [text(term) for term in found] == terms
    assert text(condition) == where


@pytest.mark.parametrize(
    ("sql", "kind", "name"),
    [
        ('"a ""b"""', "quoted", 'a "b"'),
        ("`a``b`", "quoted", "a`b"),
        ("[a]", "quoted", "a"),
        ("'it''s'", "string", "it's"),
        ("x'00FF'", "blob", "x'00FF'"),
        ("1.5e-3", "number", "1.5e-3"),
        ("0xFF", "number", "0xFF"),
        ("été$1", "word", "été$1"),
        ("->>", "operator", "->>"),
    ],
)
def test_token_has_its_kind_and_name(sql: str, kind: str, name: str) -> None:
    (token,) = tokenize(f" {sql} -- comment")
    assert (token.kind, token.name) == (kind, name)


def test_token_equals_its_keyword_but_a_string_does_not() -> None:
    word, string = tokenize("check 'CHECK'")
    assert word == "CHECK"
    assert string != "CHECK"
