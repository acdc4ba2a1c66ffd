"""The heads of the migrations, read as text from Alembic's revision files."""

from pathlib import Path

import pytest
from demijohn.serve.release import heads


def write(folder: Path, *revisions: tuple[str, str]) -> Path:
    for number, (revision, down) in enumerate(revisions):
        (folder / f"{number}.py").write_text(
            f'"""A revision.\n\nRevises: nothing\n"""\n\nfrom alembic import op\n\n'
            f"revision = {revision!r}\ndown_revision = {down}\nbranch_labels = None\n\n\n"
            "def upgrade():\n    op.execute(\"revision = 'x'\")\n"
        )
    return folder


@pytest.mark.parametrize(
    ("revisions", "expected"),
    [
        ([], set()),
        ([("a", "None")], {"a"}),
        ([("a", "None"), ("b", "'a'")], {"b"}),
        ([("b", '"a"'), ("c", '"b"'), ("a", "None")], {"c"}),
        ([("a", "None"), ("b", "'a'"), ("c", "'a'")], {"b", "c"}),
        ([("a", "None"), ("b", "'a'"), ("c", "'a'"), ("d", "('b', 'c')")], {"d"}),
        ([("a", "None"), ("b", "'a'"), ("c", "'a'"), ("d", "(\n    'b',\n    'c',\n)")], {"d"}),
        ([("a", "None"), ("x", "None")], {"a", "x"}),
    ],
)
def test_heads_are_the_revisions_without_a_successor(
    tmp_path: Path, revisions: list[tuple[str, str]], expected: set[str]
) -> None:
    assert heads(write(tmp_path, *revisions)) == expected


def test_heads_are_found_in_any_syntax(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("revision: str = 'a'\ndown_revision: str | None = None\n")
    (tmp_path / "b.py").write_text(
        'revision: str = "b"\ndown_revision: Union[str, Sequence[str], None] = "a"\n'
    )
    (tmp_path / "c.py").write_text("revision='c'\r\ndown_revision='b'\r\n")
    (tmp_path / "last.py").write_text("revision = 'd'\ndown_revision = 'c'")
    assert heads(tmp_path) == {"d"}


def test_files_that_are_not_revisions_are_ignored(tmp_path: Path) -> None:
    write(tmp_path, ("a", "None"))
    (tmp_path / "__init__.py").touch()
    (tmp_path / "notes.txt").write_text("revision = 'z'\n")
    (tmp_path / "helpers.py").write_text("old_revision = 'q'\ndef f():\n    revision = 'r'\n")
    assert heads(tmp_path) == {"a"}
    assert heads(tmp_path / "missing") == frozenset()
