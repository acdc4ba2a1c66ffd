"""SQLite's expressions in Postgres's words: what means the same there, and nothing else.

What passes here may still not suit the types; Postgres has the last word on it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from demijohn.sqlite_import.model.pg_type import PgType
from demijohn.sqlite_import.model.sql_text import Token, Tokens, in_parentheses
from demijohn.sqlite_import.sql_names import ascii_lower, quote_ident
from demijohn.sqlite_import.types.postgres_types import Boolean, Integer, Numeric
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
    """The expression has something that Postgres has not; the message says what."""


@dataclass(frozen=True)
class TargetName:
    """A column as it is called in Postgres, and its type there."""

    name: str
    pg_type: PgType


def translate_generated(
    words: Tokens, columns: Mapping[str, TargetName], short: Callable[[], bool]
) -> str:
    """expression() of a generated column: each value has to be the same, not only to mean it.

    `short` tells whether all its values are decimals that SQLite's doubles hold as they are
    written. Raises Untranslatable.
    """
    kinds = [
        columns[ascii_lower(word.name)].pg_type
        for word in words
        if word.kind in ("word", "quoted") and ascii_lower(word.name) in columns
    ]
    signs = {word.text for word in words if word.kind == "operator"}
    fractions = any(word.kind == "number" and not word.text.isdigit() for word in words)
    decimals = any(isinstance(pg_type, Numeric) for pg_type in kinds) or (
        fractions and any(isinstance(pg_type, Integer) for pg_type in kinds)
    )
    if decimals and signs & {"+", "-", "*"} and not short():
        raise Untranslatable("SQLite reckons with doubles, Postgres with decimals")
    if "/" in signs:
        raise Untranslatable("a division by zero is NULL in SQLite, and an error in Postgres")
    if "||" in signs and not all(
        isinstance(pg_type, Text | EnumOrUnknown | Integer) for pg_type in kinds
    ):
        raise Untranslatable("Postgres writes numbers and dates out otherwise")
    return translate_expression(words, columns, folding='COLLATE "C"')


def translate_expression(
    words: Tokens, columns: Mapping[str, TargetName], folding: str = ""
) -> str:
    """The expression for Postgres; `columns` by their SQLite names, `folded`.

    `folding` comes after what lower() and upper() are given.

    Raises Untranslatable.
    """
    said = []
    at = 0
    while at < len(words):
        text, used = _translate_token(words, at, columns)
        if text in ("lower", "upper") and used == 1 and folding and words[at + 1] == "(":
            inner = in_parentheses(words, at + 1)
            text = f"{text}(({translate_expression(inner, columns, folding)}) {folding})"
            used = len(inner) + 3
        said.append(text)
        at += used
    return " ".join(said)


def _translate_token(words: Tokens, at: int, columns: Mapping[str, TargetName]) -> tuple[str, int]:
    """What stands at `at`, translated, and how many words of SQLite's it takes."""
    word = words[at]
    rest = words[at + 1 :]
    match word.kind:
        case "number":
            if word.text[:2].lower() == "0x":  # 64 bits, of which the first is the sign
                return str((int(word.text, 16) ^ 1 << 63) - (1 << 63)), 1
            return word.text, 1
        case "string":
            return quote_literal(word.name), 1
        case "operator":
            if word.text not in OPERATORS:
                raise Untranslatable(f"{word.text} is not the same in Postgres")
            return OPERATORS[word.text], 1
        case "blob":
            return f"'\\x{word.text[2:-1]}'::bytea", 1
    if rest and rest[0] == "(" and word.kind == "word" and word.text.upper() not in KEYWORDS:
        return _translate_function(word, words, at)
    if ascii_lower(word.name) in columns and not (
        word.kind == "word" and word.text.upper() in KEYWORDS
    ):
        return _translate_column(columns[ascii_lower(word.name)], rest)
    if word.kind == "quoted" and word.text[0] == '"':
        return quote_literal(word.name), 1  # https://www.sqlite.org/quirks.html#dblquote
    return _translate_keyword(word, rest)


def _translate_function(word: Token, words: Tokens, at: int) -> tuple[str, int]:
    name = word.text.lower()
    arguments = in_parentheses(words, at + 1)
    if name in ("substr", "substring") and not any(w == "-" for w in arguments):
        return "substr", 1
    if name not in FUNCTIONS:
        raise Untranslatable(f"{word.text}() is not the same in Postgres")
    return FUNCTIONS[name], 1


def _translate_column(column: TargetName, rest: Tokens) -> tuple[str, int]:
    """A column; a boolean that is compared to 0 or 1 is compared to false or true."""
    name = quote_ident(column.name)
    if isinstance(column.pg_type, Boolean) and len(rest) >= 2 and rest[1].text in ("0", "1"):
        comparison = rest[0]
        if any(comparison == one for one in COMPARISONS):
            sign = OPERATORS.get(comparison.text, "IS")
            return f"{name} {sign} {'false' if rest[1].text == '0' else 'true'}", 3
    return name, 1


def _translate_keyword(word: Token, rest: Tokens) -> tuple[str, int]:
    upper = word.text.upper()
    if upper in ("ISNULL", "NOTNULL"):
        return ("IS NULL" if upper == "ISNULL" else "IS NOT NULL"), 1
    if upper == "LIKE":
        if not any(one == "ESCAPE" for one in rest) and not (rest and _has_no_backslash(rest[0])):
            raise Untranslatable("LIKE takes a backslash otherwise in Postgres")
        return "ILIKE", 1  # SQLite's LIKE takes no account of case
    if upper == "IS":
        negated = bool(rest) and rest[0] == "NOT"
        operand = rest[1:] if negated else rest
        if operand and any(operand[0] == one for one in ("NULL", "TRUE", "FALSE")):
            return "IS", 1
        if operand and operand[0] == "DISTINCT":
            raise Untranslatable("IS DISTINCT FROM is written otherwise")
        return ("IS DISTINCT FROM", 2) if negated else ("IS NOT DISTINCT FROM", 1)
    if word.kind != "word" or upper not in KEYWORDS:
        raise Untranslatable(f"{word.text} has no counterpart in Postgres")
    return upper, 1


def _has_no_backslash(word: Token) -> bool:
    return word.kind == "string" and "\\" not in word.text


def quote_literal(text: str) -> str:
    """A text as it stands in Postgres's SQL. Raises Untranslatable where it cannot stand there."""
    if "\0" in text:
        raise Untranslatable("it has a NUL byte")
    return "'" + text.replace("'", "''") + "'"
