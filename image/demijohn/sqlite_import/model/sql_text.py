"""Parses SQLite's CREATE statements for what no PRAGMA returns: CHECKs, generated columns, index
expressions.

SQLite stores each CREATE statement as written, and has accepted it. This parser therefore
does not validate; it only finds the parts. https://www.sqlite.org/lang_createtable.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
      | (?P<blob>[xX]'[0-9a-fA-F]*')
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
      | (?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<word>[^\W0-9][\w$]*)
      | (?P<operator>\|\||<<|>>|<=|>=|<>|==|!=|->>|->|.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One token of SQL; `kind` is the name of its group in TOKEN."""

    kind: str
    text: str

    def __eq__(self, other: object) -> bool:
        """A token equals its keyword or operator, case-insensitively."""
        return (
            isinstance(other, str)
            and self.kind in ("word", "operator")
            and (self.text.upper() == other)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def name(self) -> str:
        """The name that it stands for, without quotes."""
        if self.kind == "quoted":
            mark = self.text[-1]
            inner = self.text[1:-1]
            return inner if mark == "]" else inner.replace(mark * 2, mark)
        return self.text[1:-1].replace("''", "'") if self.kind == "string" else self.text


Tokens = list[Token]


def tokenize(sql: str) -> Tokens:
    """The tokens of a statement, without whitespace and comments."""
    found = TOKEN.finditer(sql)
    return [Token(str(m.lastgroup), m[0]) for m in found if m.lastgroup != "space"]


@dataclass
class Definition:
    """The part of a CREATE TABLE about one column, or one table constraint."""

    name: str = ""
    checks: list[tuple[str, Tokens]] = field(default_factory=list)  # name or "", expression
    generated: Tokens = field(default_factory=list)
    collation: str = "BINARY"
    autoincrement: bool = False
    # for each foreign key: is it INITIALLY DEFERRED?
    fk_deferred: list[bool] = field(default_factory=list)
    fk_names: list[str] = field(default_factory=list)  # for each foreign key: its name or ""
    key_name: str = ""  # of the primary key
    unique_names: dict[tuple[str, ...], str] = field(default_factory=dict)  # name by columns
    conflict_clauses: list[str] = field(default_factory=list)  # "UNIQUE ON CONFLICT REPLACE"

    def named_conflict_clauses(self) -> list[str]:
        """The conflict clauses, prefixed with the name of the column."""
        return [f"{self.name} {one}".strip() for one in self.conflict_clauses]


# The clauses that take ON CONFLICT, and the resolutions that Postgres has too.
CONFLICT_CLAUSES = {
    "NOT": "NOT NULL",
    "PRIMARY": "PRIMARY KEY",
    "UNIQUE": "UNIQUE",
    "CHECK": "CHECK",
}
PORTABLE_RESOLUTIONS = ("ABORT", "FAIL", "ROLLBACK")
TABLE_CONSTRAINT_WORDS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


def parse_create_table(sql: str) -> list[Definition]:
    """The definitions of a CREATE TABLE in order. Table constraints have no name."""
    tokens = tokenize(sql)
    start = next((i for i, token in enumerate(tokens) if token == "("), len(tokens))
    return [_parse_definition(part) for part in split_at_commas(in_parentheses(tokens, start))]


def parse_create_index(sql: str) -> tuple[list[Tokens], Tokens]:
    """The terms of a CREATE INDEX, and its WHERE condition."""
    tokens = tokenize(sql)
    start = next((i for i, token in enumerate(tokens) if token == "("), len(tokens))
    terms = in_parentheses(tokens, start)
    rest = tokens[start + len(terms) + 2 :]
    return list(split_at_commas(terms)), rest[1:] if rest and rest[0] == "WHERE" else []


def in_parentheses(tokens: Tokens, start: int) -> Tokens:
    """The tokens between the parenthesis at `start` and its closing one."""
    depth = 0
    for end in range(start, len(tokens)):
        depth += (tokens[end] == "(") - (tokens[end] == ")")
        if depth == 0:
            return tokens[start + 1 : end]
    return tokens[start + 1 :]


def split_at_commas(tokens: Tokens) -> Iterator[Tokens]:
    """The parts between top-level commas."""
    part: Tokens = []
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == "," and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _parse_definition(part: Tokens) -> Definition:
    table = part[0].kind == "word" and part[0].text.upper() in TABLE_CONSTRAINT_WORDS
    found = Definition("" if table else part[0].name)
    name = clause = ""
    at = 0 if table else 1
    while at < len(part):
        token = part[at]
        following = part[at + 1] if at + 1 < len(part) else Token("operator", ";")
        if token == "CONSTRAINT":
            name = following.name
            at += 2
            continue
        if token.kind == "word" and token.text.upper() in CONFLICT_CLAUSES:
            clause = token.text.upper()
        if token == "CHECK":
            found.checks.append((name, in_parentheses(part, at + 1)))
        elif token == "COLLATE":
            found.collation = following.name.upper()
        elif token == "AS" and following == "(":
            found.generated = in_parentheses(part, at + 1)
        elif token == "AUTOINCREMENT":
            found.autoincrement = True
        elif token == "PRIMARY":
            found.key_name = name
        elif token == "UNIQUE":
            terms = split_at_commas(in_parentheses(part, at + 1)) if following == "(" else [part]
            found.unique_names.setdefault(tuple(term[0].name for term in terms), name)
        elif token == "CONFLICT" and part[at - 1] == "ON" and clause:
            if (resolution := following.text.upper()) not in PORTABLE_RESOLUTIONS:
                found.conflict_clauses.append(
                    f"{CONFLICT_CLAUSES[clause]} ON CONFLICT {resolution}"
                )
        elif token == "REFERENCES":
            found.fk_deferred.append(False)
            found.fk_names.append(name)
        elif token == "DEFERRED" and found.fk_deferred:
            before = [t.text.upper() for t in part[max(0, at - 3) : at] if t.kind == "word"]
            found.fk_deferred[-1] = before == ["DEFERRABLE", "INITIALLY"] or (
                before[-2:] == ["DEFERRABLE", "INITIALLY"] and before[0] != "NOT"
            )
        if token in ("CHECK", "PRIMARY", "UNIQUE", "REFERENCES", "NOT", "DEFAULT"):
            name = ""
        at += 1
        if following == "(":  # parentheses contain no clauses
            at += len(in_parentheses(part, at)) + 2
    return found
