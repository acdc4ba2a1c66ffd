"""Finds words and phrases that this repository avoids, each with what to write instead."""

import re
import subprocess
from collections.abc import Iterator

from .steps import ROOT, StepError

# Patterns, in any case, and what to write instead.
AVOIDED = {
    r"\b(?:is|are|be|was|were) told\b": "reports, prints, lists, or the message says",
    r"\bsaid of\b": "reported about",
    r"\bheed(?:s|ed|ing)?\b": "respects, honours",
    r"\bnobody(?:'s business)?\b": "no one, none, or name the subject",
    r"\bwho(?:m|so)?ever\b": "anyone who, each",
    r"\bbeyond help\b": "failed",
    r"\bcom(?:e|es|ing) along\b": "is imported, is included",
    r"\bsta(?:y|ys|yed|ying) behind\b": "is skipped, remains",
    r"\bleft behind\b": "not imported, remains",
    r"\bways? out\b": "options, remedies",
    r"\blast words\b": "last output",
    r"\bwork(?:s|ed|ing)? out\b": "computes",
    r"\bin vain\b": "without success",
    r"\ba character too many\b": "an invalid character",
    r"\bas it was\b": "unchanged",
    r"\bail(?:s|ed|ing|ments?)?\b": "fails, errors",
    r"\bmeanwhile\b": "while",
}
# What has another meaning, by file: the text that may stand there.
ALLOWED: dict[str, tuple[str, ...]] = {
    # the system's user of that name
    "local/postgres_programs.py": ("`nobody`", '"nobody"', "nobody =", "nobody.pw_"),
}
UNREAD = re.compile(
    r"LICENSE|local/prose\.py|tests/fixtures/samples/|.*(lock\.json|\.lock|\.txt|\.svg|\.png)$"
)
# A phrase may be broken over two lines, of a comment perhaps.
PATTERN = re.compile(
    "|".join(f"({each})" for each in AVOIDED).replace(" ", r"[\s#*/]+"), re.IGNORECASE
)


def check() -> None:
    """Raise StepError with a line for each place."""
    if found := list(_found()):
        raise StepError("\n".join(found))


def _found() -> Iterator[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        path = ROOT / name
        if UNREAD.match(name) or not path.is_file():
            continue
        try:
            yield from _in_text(name, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue  # a picture, a database


def _in_text(name: str, text: str) -> Iterator[str]:
    for allowed in ALLOWED.get(name, ()):
        text = text.replace(allowed, "")
    for match in PATTERN.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        advice = list(AVOIDED.values())[(match.lastindex or 1) - 1]
        yield f"{name}:{line}: {match[0]!r}: write {advice}"
