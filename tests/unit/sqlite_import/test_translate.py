"""SQLite expressions in Postgres: the same meaning, or a reason why there is none."""

import pytest
from demijohn.sqlite_import.model.sql_text import tokenize
from demijohn.sqlite_import.target.translate import (
    TargetName,
    Untranslatable,
    quote_literal,
    translate_expression,
    translate_generated,
)
from demijohn.sqlite_import.types.datetimes import Timestamp
from demijohn.sqlite_import.types.numbers_and_booleans import Boolean, Double, Integer, Numeric
from demijohn.sqlite_import.types.text_types import Text

COLUMNS = {
    "a": TargetName("a", Integer()),
    "b": TargetName("B!", Text()),
    "flag": TargetName("flag", Boolean()),
    "price": TargetName("price", Numeric()),
    "ratio": TargetName("ratio", Double()),
    "at": TargetName("at", Timestamp()),
    "order": TargetName("order", Integer()),
}

TRANSLATED = {
    "a > 0": '"a" > 0',
    "A == 1 AND a != 2": '"a" = 1 AND "a" <> 2',
    '[b] || `b` || "b"': '"B!" || "B!" || "B!"',
    '"order" + 1': '"order" + 1',
    "b = 'it''s'": "\"B!\" = 'it''s'",
    'b = "not a column"': "\"B!\" = 'not a column'",
    "a > 0xFFFFFFFFFFFFFFFE": '"a" > -2',
    "a > 0x10": '"a" > 16',
    "b = x'00ff'": "\"B!\" = '\\x00ff'::bytea",
    "flag = 1": '"flag" = true',
    "flag IS 0": '"flag" IS false',
    "flag <> 0 OR a = 1": '"flag" <> false OR "a" = 1',
    "a IS NULL": '"a" IS NULL',
    "a IS NOT NULL": '"a" IS NOT NULL',
    "a ISNULL OR a NOTNULL": '"a" IS NULL OR "a" IS NOT NULL',
    "a IS 5": '"a" IS NOT DISTINCT FROM 5',
    "a IS NOT 5": '"a" IS DISTINCT FROM 5',
    "b LIKE 'x%'": "\"B!\" ILIKE 'x%'",
    "b LIKE '!%' ESCAPE '!'": "\"B!\" ILIKE '!%' ESCAPE '!'",
    "ifnull(a, 1)": 'coalesce ( "a" , 1 )',
    "instr(b, 'x')": "strpos ( \"B!\" , 'x' )",
    "substr(b, 2, 3)": 'substr ( "B!" , 2 , 3 )',
    "CASE WHEN a IN (1, 2) THEN b END": 'CASE WHEN "a" IN ( 1 , 2 ) THEN "B!" END',
    "a BETWEEN 1 AND 2": '"a" BETWEEN 1 AND 2',
}

UNTRANSLATABLE = {
    "a % 2 = 0": "% has another meaning in Postgres",
    "b GLOB '*'": "GLOB has no equivalent in Postgres",
    "a & 1": "& has another meaning in Postgres",
    "b ->> '$.x'": "->> has another meaning in Postgres",
    "typeof(a) = 'integer'": "typeof() has another meaning in Postgres",
    "strftime('%Y', at)": "strftime() has another meaning in Postgres",
    "substr(b, -2)": "substr() has another meaning in Postgres",
    "b LIKE '\\%'": "LIKE treats a backslash differently in Postgres",
    "b LIKE b": "LIKE treats a backslash differently in Postgres",
    "a IS DISTINCT FROM 1": "IS DISTINCT FROM has another form in Postgres",
    "unknown > 1": "unknown has no equivalent in Postgres",
    "a COLLATE NOCASE": "COLLATE has no equivalent in Postgres",
}

GENERATED = {
    "a * 2": '"a" * 2',
    "b || a": '"B!" || "a"',
    "lower(b)": 'lower(("B!") COLLATE "C")',
    "upper(lower(b))": 'upper((lower(("B!") COLLATE "C")) COLLATE "C")',
    "ratio + 1": '"ratio" + 1',
}

# A generated column must have the same values, not only the same meaning.
NOT_GENERATED = {
    "a / 2": "a division by zero is NULL in SQLite, but an error in Postgres",
    "price * 3": "SQLite computes with doubles, Postgres with decimals",
    "a + 0.1": "SQLite computes with doubles, Postgres with decimals",
    "b || ratio": "Postgres formats numbers and dates differently",
    "at || ''": "Postgres formats numbers and dates differently",
}


@pytest.mark.parametrize("sql", TRANSLATED)
def test_expression_is_translated(sql: str) -> None:
    assert translate_expression(tokenize(sql), COLUMNS) == TRANSLATED[sql]


@pytest.mark.parametrize("sql", UNTRANSLATABLE)
def test_expression_without_equivalent_has_a_reason(sql: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        translate_expression(tokenize(sql), COLUMNS)
    assert str(caught.value) == UNTRANSLATABLE[sql]


@pytest.mark.parametrize("sql", GENERATED)
def test_generated_column_is_translated(sql: str) -> None:
    assert translate_generated(tokenize(sql), COLUMNS, lambda: False) == GENERATED[sql]


@pytest.mark.parametrize("sql", NOT_GENERATED)
def test_generated_column_with_other_values_has_a_reason(sql: str) -> None:
    with pytest.raises(Untranslatable) as caught:
        translate_generated(tokenize(sql), COLUMNS, lambda: False)
    assert str(caught.value) == NOT_GENERATED[sql]


def test_generated_column_of_short_decimals_is_translated() -> None:
    assert translate_generated(tokenize("price * 3"), COLUMNS, lambda: True) == '"price" * 3'


def test_literal_with_nul_byte_is_untranslatable() -> None:
    assert quote_literal("it's") == "'it''s'"
    with pytest.raises(Untranslatable, match="contains a NUL byte"):
        quote_literal("a\0b")
