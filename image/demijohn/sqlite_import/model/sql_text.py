"""SQLite's SQL as text, for what no PRAGMA tells: CHECKs, generated columns, index expressions.

SQLite keeps each CREATE statement as it was written and has accepted it, so this need not judge
it, only find its parts. https://www.sqlite.org/lang_createtable.html
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
    """One word of SQL; `kind` is the name of its group in TOKEN."""

    kind: str
    text: str

    def __eq__(self, other: object) -> bool:
        """A token equals its keyword or operator, in any case."""
        return (
            isinstance(other, str)
            and self.kind in ("word", "operator")
            and (self.text.upper() == other)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def name(self) -> str:
        """The name that it stands for, quotes removed."""
        if self.kind == "quoted":
            mark = self.text[-1]
            inner = self.text[1:-1]
            return inner if mark == "]" else inner.replace(mark * 2, mark)
        return self.text[1:-1].replace("''", "'") if self.kind == "string" else self.text


Tokens = list[Token]


def tokenize(sql: str) -> Tokens:
    """The words of a statement, without space and comments."""
    found = TOKEN.finditer(sql)
    return [Token(str(m.lastgroup), m[0]) for m in found if m.lastgroup != "space"]


@dataclass
class Definition:
    """What stands in a CREATE TABLE about one column, or about the table as a whole."""

    name: str = ""
    checks: list[tuple[str, Tokens]] = field(default_factory=list)  # name or "", expression
    generated: Tokens = field(default_factory=list)
    collation: str = "BINARY"
    autoincrement: bool = False
    fk_deferred: list[bool] = field(default_factory=list)  # each foreign key: initially deferred?
    fk_names: list[str] = field(default_factory=list)  # each foreign key's name or ""
    key_name: str = ""  # of the primary key
    unique_names: dict[tuple[str, ...], str] = field(default_factory=dict)  # names, by columns
    conflict_clauses: list[str] = field(default_factory=list)  # "UNIQUE ON CONFLICT REPLACE"

    def named_conflict_clauses(self) -> list[str]:
        """The same, with the column's name in front if it is about one."""
        return [f"{self.name} {one}".strip() for one in self.conflict_clauses]


# What may have an ON CONFLICT, and which of them say what Postgres does anyway.
CONFLICT_CLAUSES = {
    "NOT": "NOT NULL",
    "PRIMARY": "PRIMARY KEY",
    "UNIQUE": "UNIQUE",
    "CHECK": "CHECK",
}
PORTABLE_RESOLUTIONS = ("ABORT", "FAIL", "ROLLBACK")
TABLE_CONSTRAINT_WORDS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


def parse_create_table(sql: str) -> list[Definition]:
    """The definitions in a CREATE TABLE, in their order; table constraints have no name."""
    words = tokenize(sql)
    start = next((i for i, word in enumerate(words) if word == "("), len(words))
    return [_parse_definition(part) for part in split_at_commas(in_parentheses(words, start))]


def parse_create_index(sql: str) -> tuple[list[Tokens], Tokens]:
    """The terms of a CREATE INDEX, and the condition after WHERE."""
    words = tokenize(sql)
    start = next((i for i, word in enumerate(words) if word == "("), len(words))
    terms = in_parentheses(words, start)
    rest = words[start + len(terms) + 2 :]
    return list(split_at_commas(terms)), rest[1:] if rest and rest[0] == "WHERE" else []


def in_parentheses(words: Tokens, start: int) -> Tokens:
    """What stands between the parenthesis at `start` and its partner."""
    depth = 0
    for end in range(start, len(words)):
        depth += (words[end] == "(") - (words[end] == ")")
        if depth == 0:
            return words[start + 1 : end]
    return words[start + 1 :]


def split_at_commas(words: Tokens) -> Iterator[Tokens]:
    """The parts between commas that stand in no parentheses."""
    part: Tokens = []
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if word == "," and depth == 0:
            yield part
            part = []
        else:
            part.append(word)
    if part:
        yield part


def _parse_definition(part: Tokens) -> Definition:
    table = part[0].kind == "word" and part[0].text.upper() in TABLE_CONSTRAINT_WORDS
    found = Definition("" if table else part[0].name)
    name = clause = ""
    at = 0 if table else 1
    while at < len(part):
        word = part[at]
        following = part[at + 1] if at + 1 < len(part) else Token("operator", ";")
        if word == "CONSTRAINT":
            name = following.name
            at += 2
            continue
        if word.kind == "word" and word.text.upper() in CONFLICT_CLAUSES:
            clause = word.text.upper()
        if word == "CHECK":
            found.checks.append((name, in_parentheses(part, at + 1)))
        elif word == "COLLATE":
            found.collation = following.name.upper()
        elif word == "AS" and following == "(":
            found.generated = in_parentheses(part, at + 1)
        elif word == "AUTOINCREMENT":
            found.autoincrement = True
        elif word == "PRIMARY":
            found.key_name = name
        elif word == "UNIQUE":
            terms = split_at_commas(in_parentheses(part, at + 1)) if following == "(" else [part]
            found.unique_names.setdefault(tuple(term[0].name for term in terms), name)
        elif word == "CONFLICT" and part[at - 1] == "ON" and clause:
            if (way := following.text.upper()) not in PORTABLE_RESOLUTIONS:
                found.conflict_clauses.append(f"{CONFLICT_CLAUSES[clause]} ON CONFLICT {way}")
        elif word == "REFERENCES":
            found.fk_deferred.append(False)
            found.fk_names.append(name)
        elif word == "DEFERRED" and found.fk_deferred:
            before = [w.text.upper() for w in part[max(0, at - 3) : at] if w.kind == "word"]
            found.fk_deferred[-1] = before == ["DEFERRABLE", "INITIALLY"] or (
                before[-2:] == ["DEFERRABLE", "INITIALLY"] and before[0] != "NOT"
            )
        if word in ("CHECK", "PRIMARY", "UNIQUE", "REFERENCES", "NOT", "DEFAULT"):
            name = ""
        at += 1
        if following == "(":  # nothing in parentheses is a clause
            at += len(in_parentheses(part, at)) + 2
    return found
