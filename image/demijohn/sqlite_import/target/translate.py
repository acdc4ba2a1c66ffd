"""Translates SQLite expressions to Postgres: those that mean the same there, and no others.

A translated expression may still not match the types. Postgres reports that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.sql_text import Token, Tokens, in_parentheses
from demijohn.sqlite_import.sql_names import ascii_lower, quote_ident
from demijohn.sqlite_import.types.numbers_and_booleans import Boolean, Integer, Numeric
from demijohn.sqlite_import.types.text_types import EnumOrUnknown, Text

KEYWORDS = {
    *("AND", "OR", "NOT", "IN", "BETWEEN", "IS", "NULL", "LIKE", "ESCAPE", "TRUE", "FALSE"),
    *("CASE", "WHEN", "THEN", "ELSE", "END"),
}
FUNCTIONS = {
    name: name
    for name in ("length", "lower", "upper", "abs", "coalesce", "nullif", "trim", "replace")
} | {"ifnull": "coalesce", "instr": "strpos", "ltrim": "ltrim", "rtrim": "rtrim"}
OPERATORS = {"==": "=", "!=": "<>"} | {
    same: same
    for same in ("=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "||", "(", ")", ",")
}
COMPARISONS = ("=", "==", "!=", "<>", "IS")


class Untranslatable(Exception):
    """Postgres has no equivalent. The message is the reason."""


@dataclass(frozen=True)
class TargetName:
    """The name and the type of a column in Postgres."""

    name: str
    pg_type: PgType


def translate_generated(
    tokens: Tokens, columns: Mapping[str, TargetName], short: Callable[[], bool]
) -> str:
    """Translate the expression of a generated column, which must give exactly the same values.

    `short` returns whether all values are decimals without rounding errors. Raises Untranslatable.
    """
    types = [
        columns[ascii_lower(token.name)].pg_type
        for token in tokens
        if token.kind in ("word", "quoted") and ascii_lower(token.name) in columns
    ]
    operators = {token.text for token in tokens if token.kind == "operator"}
    fractions = any(token.kind == "number" and not token.text.isdigit() for token in tokens)
    decimals = any(isinstance(pg_type, Numeric) for pg_type in types) or (
        fractions and any(isinstance(pg_type, Integer) for pg_type in types)
    )
    if decimals and operators & {"+", "-", "*"} and not short():
        raise Untranslatable("SQLite computes with doubles, Postgres with decimals")
    if "/" in operators:
        raise Untranslatable("a division by zero is NULL in SQLite, but an error in Postgres")
    if "||" in operators and not all(
        isinstance(pg_type, Text | EnumOrUnknown | Integer) for pg_type in types
    ):
        raise Untranslatable("Postgres formats numbers and dates differently")
    return translate_expression(tokens, columns, folding='COLLATE "C"')


def translate_expression(
    tokens: Tokens, columns: Mapping[str, TargetName], folding: str = ""
) -> str:
    """Translate an expression. `columns` are keyed by SQLite name in ASCII lower case.

    `folding` is appended to the argument of lower() and upper(). Raises Untranslatable.
    """
    translated = []
    at = 0
    while at < len(tokens):
        text, used = _translate_token(tokens, at, columns)
        if text in ("lower", "upper") and used == 1 and folding and tokens[at + 1] == "(":
            inner = in_parentheses(tokens, at + 1)
            text = f"{text}(({translate_expression(inner, columns, folding)}) {folding})"
            used = len(inner) + 3
        translated.append(text)
        at += used
    return " ".join(translated)


def _translate_token(tokens: Tokens, at: int, columns: Mapping[str, TargetName]) -> tuple[str, int]:
    """The translation of the token at `at`, and how many tokens it consumes."""
    token = tokens[at]
    rest = tokens[at + 1 :]
    match token.kind:
        case "number":
            if token.text[:2].lower() == "0x":  # 64 bits, two's complement
                return str((int(token.text, 16) ^ 1 << 63) - (1 << 63)), 1
            return token.text, 1
        case "string":
            return quote_literal(token.name), 1
        case "operator":
            if token.text not in OPERATORS:
                raise Untranslatable(f"{token.text} has another meaning in Postgres")
            return OPERATORS[token.text], 1
        case "blob":
            return f"'\\x{token.text[2:-1]}'::bytea", 1
    if rest and rest[0] == "(" and token.kind == "word" and token.text.upper() not in KEYWORDS:
        return _translate_function(token, tokens, at)
    if ascii_lower(token.name) in columns and not (
        token.kind == "word" and token.text.upper() in KEYWORDS
    ):
        return _translate_column(columns[ascii_lower(token.name)], rest)
    if token.kind == "quoted" and token.text[0] == '"':
        return quote_literal(token.name), 1  # https://www.sqlite.org/quirks.html#dblquote
    return _translate_keyword(token, rest)


def _translate_function(token: Token, tokens: Tokens, at: int) -> tuple[str, int]:
    name = token.text.lower()
    arguments = in_parentheses(tokens, at + 1)
    if name in ("substr", "substring") and not any(w == "-" for w in arguments):
        return "substr", 1
    if name not in FUNCTIONS:
        raise Untranslatable(f"{token.text}() has another meaning in Postgres")
    return FUNCTIONS[name], 1


def _translate_column(column: TargetName, rest: Tokens) -> tuple[str, int]:
    """A column. A boolean compared with 0 or 1 is compared with false or true."""
    name = quote_ident(column.name)
    if isinstance(column.pg_type, Boolean) and len(rest) >= 2 and rest[1].text in ("0", "1"):
        comparison = rest[0]
        if any(comparison == one for one in COMPARISONS):
            sign = OPERATORS.get(comparison.text, "IS")
            return f"{name} {sign} {'false' if rest[1].text == '0' else 'true'}", 3
    return name, 1


def _translate_keyword(token: Token, rest: Tokens) -> tuple[str, int]:
    upper = token.text.upper()
    if upper in ("ISNULL", "NOTNULL"):
        return ("IS NULL" if upper == "ISNULL" else "IS NOT NULL"), 1
    if upper == "LIKE":
        if not any(one == "ESCAPE" for one in rest) and not (rest and _has_no_backslash(rest[0])):
            raise Untranslatable("LIKE treats a backslash differently in Postgres")
        return "ILIKE", 1  # SQLite's LIKE is case-insensitive
    if upper == "IS":
        negated = bool(rest) and rest[0] == "NOT"
        operand = rest[1:] if negated else rest
        if operand and any(operand[0] == one for one in ("NULL", "TRUE", "FALSE")):
            return "IS", 1
        if operand and operand[0] == "DISTINCT":
            raise Untranslatable("IS DISTINCT FROM has another form in Postgres")
        return ("IS DISTINCT FROM", 2) if negated else ("IS NOT DISTINCT FROM", 1)
    if token.kind != "word" or upper not in KEYWORDS:
        raise Untranslatable(f"{token.text} has no equivalent in Postgres")
    return upper, 1


def _has_no_backslash(token: Token) -> bool:
    return token.kind == "string" and "\\" not in token.text


def quote_literal(text: str) -> str:
    """A text as a Postgres literal. Raises Untranslatable if it contains a NUL byte."""
    if "\0" in text:
        raise Untranslatable("it contains a NUL byte")
    return "'" + text.replace("'", "''") + "'"
