"""Rows as CSV for COPY, and what happens to rejected values under each policy."""

import csv
from io import StringIO
from typing import Any

import pytest
from demijohn.sqlite_import.load.csv_encoder import CsvEncoder
from demijohn.sqlite_import.model.mapping import ColumnMapping, TableMapping
from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.model.schema import Column, Table
from demijohn.sqlite_import.source import database
from demijohn.sqlite_import.types.numbers_and_booleans import Integer
from demijohn.sqlite_import.types.text_types import Bytes, Text

Row = tuple[Any, ...]


def mapping(*types: PgType, not_null: bool = False) -> TableMapping:
    """A table `t` with the columns `c0`, `c1` and so on."""
    columns = [
        Column(f"c{n}", "", not_null=False, default=None, key_position=0, affinity="")
        for n in range(len(types))
    ]
    table = Table("t", columns, (), None, "rowid", "", False, 0, [], [], [])
    return TableMapping(
        table,
        "t",
        True,
        [
            ColumnMapping(column, column.name, pg_type, not_null)
            for column, pg_type in zip(columns, types, strict=True)
        ],
    )


def encode(table: TableMapping, rows: list[Row], rejects: Rejects) -> str:
    """The CSV of rows, whose rowids are 1, 2 and so on."""
    with_ids = [(number, *row) for number, row in enumerate(rows, 1)]
    return "".join(CsvEncoder(table, rejects).encode(with_ids))


@pytest.mark.parametrize(
    "texts",
    [
        ["plain", "é🍷"],
        ["", "x"],
        ["a,b", 'a"b', "a\nb", "a\rb", "\\.", "\\N", " "],
    ],
)
def test_texts_are_read_back_from_the_csv(texts: list[str]) -> None:
    rejects = Rejects("")
    text = encode(mapping(Integer(), Text()), list(enumerate(texts)), rejects)
    assert [row[1] for row in csv.reader(StringIO(text, newline=""))] == texts
    assert not rejects


def test_null_is_empty_and_an_empty_text_is_quoted() -> None:
    assert encode(mapping(Text(), Bytes()), [(None, None), ("", b"")], Rejects("")) == ',\n"",\\x\n'


ROWS: list[Row] = [(1, "a"), ("x", "b"), (3, "c\0"), (None, "d")]


@pytest.mark.parametrize(
    ("policy", "text", "skipped"),
    [
        ("", None, 0),
        ("null", '1,"a"\n,"b"\n3,\n,"d"\n', 0),
        ("skip", '1,"a"\n,"d"\n', 2),
    ],
)
def test_rejected_values_follow_the_policy(policy: str, text: str | None, skipped: int) -> None:
    rejects = Rejects(policy)
    found = encode(mapping(Integer(), Text()), ROWS, rejects)
    assert text is None or found == text
    assert rejects.is_fatal is (policy == "")
    assert rejects.skipped_rows["t"] == skipped
    assert [(one.rowid, one.column, one.value) for one in rejects.described] == [
        ("2", "c0", "'x'"),
        ("3", "c1", r"'c\x00'"),
    ]
    assert rejects.counts == {
        ("t", "c0", "is a text, not a whole number"): 1,
        ("t", "c1", "contains a NUL byte, which Postgres does not allow in texts"): 1,
    }


NULL = "is NULL, and the column is NOT NULL"


@pytest.mark.parametrize(
    ("rows", "reasons"),
    [
        ([(1,), (None,)], [NULL]),
        (
            [(None,), ("x",)],
            [NULL, "is a text, not a whole number, and the column is NOT NULL"],
        ),
    ],
)
def test_null_in_a_not_null_column_is_rejected(rows: list[Row], reasons: list[str]) -> None:
    rejects = Rejects("null")
    encode(mapping(Integer(), not_null=True), rows, rejects)
    assert [one.reason for one in rejects.described] == reasons


@pytest.mark.parametrize("row", [(1, "a,b"), (None, ""), ("x", "b"), (2, "c\0")])
@pytest.mark.parametrize("policy", ["null", "skip"])
def test_large_row_is_encoded_as_a_small_one(
    monkeypatch: pytest.MonkeyPatch, row: Row, policy: str
) -> None:
    table = mapping(Integer(), Text())
    expected, found = Rejects(policy), Rejects(policy)
    small = encode(table, [row], expected)
    monkeypatch.setattr(database, "BATCH_BYTES", -1)
    large = encode(table, [row], found)
    assert list(csv.reader(StringIO(large))) == list(csv.reader(StringIO(small)))
    assert found.described == expected.described
    assert found.skipped_rows == expected.skipped_rows
