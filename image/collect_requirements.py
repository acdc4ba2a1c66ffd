"""Copies requirements.txt and the files that it names: collect_requirements.py FOLDER TARGET.

The app's packages are installed from the copy, so that they are installed again only if one of
these files changes, and not with every change of the code.
"""

import codecs
import re
import shutil
import sys
from pathlib import Path

# https://pip.pypa.io/en/stable/reference/requirements-file-format/
OPTION = re.compile(
    r"(?P<name>-[rcef]|--(?:requirement|constraint|editable|find-links))\s*=?\s*(?P<value>\S.*)"
)
LISTS = ("-r", "--requirement", "-c", "--constraint")
COMMENT = re.compile(r"(^|\s+)#.*$")
LOCAL = re.compile(r"\.{1,2}|.*/.*|.*\.(whl|zip|tar\.gz)")
EXTRAS = re.compile(r"\[[\w,. -]*\]$")  # ./lib[postgres]
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "venv")


class Mistake(Exception):
    """A file is missing; the message says which, and what to do."""


def main(folder: str, target: str) -> int:
    """Copy the files. Returns 1, after a line that says what to do, if one is missing."""
    try:
        collect(Path(folder).resolve(), Path(target))
    except Mistake as mistake:
        print(mistake)
        return 1
    return 0


def collect(folder: Path, target: Path) -> None:
    """Copy requirements.txt of `folder`, and what it names, to the same places in `target`.

    Raises Mistake.
    """
    if not (folder / "requirements.txt").is_file():
        raise Mistake(
            "the backend has no requirements.txt. Write one with the packages of the app, such as "
            "flask; or set --build-arg BACKEND= to the folder that has it."
        )
    lists: dict[Path, str] = {}
    _read(folder, Path("requirements.txt"), lists, target)
    for file, text in lists.items():
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        (target / file).write_text(text, encoding="utf-8")


def _read(folder: Path, file: Path, lists: dict[Path, str], target: Path) -> None:
    """Add a list of requirements, and those that it names, to `lists`; copy other files at once.

    `file` is relative to `folder`, as are the keys of `lists`.
    """
    if file in lists:
        return
    lists[file] = ""  # for lists that name each other
    kept = []
    for text in _decode((folder / file).read_bytes()).replace("\\\n", "\\\0").splitlines():
        line = text
        words = COMMENT.sub("", line.replace("\\\0", " ")).strip()
        option = OPTION.fullmatch(words)
        if option and option["name"] in LISTS:
            if "://" not in option["value"]:
                named = file.parent / option["value"].strip("\"'")
                _read(folder, _existing(folder, named, file), lists, target)
        elif path := _local_path(option["value"] if option else words, is_path=bool(option)):
            _copy(folder, _existing(folder, Path(path), file), target)
            # Where an editable package is now, the running app would not find it.
            line = re.sub(r"^\s*(-e|--editable)\s*=?\s*", "", line)
        kept.append(line.replace("\\\0", "\\\n"))
    lists[file] = "\n".join(kept) + "\n"


def _decode(data: bytes) -> str:
    """Text as pip reads it; `pip freeze > requirements.txt` in PowerShell writes UTF-16."""
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf16 else "utf-8-sig", "replace").replace("\r\n", "\n")


def _local_path(words: str, is_path: bool) -> str:
    """The path in a requirement, empty for a name or a URL. `is_path`: it cannot be a name."""
    # Options such as --hash, or a marker, may follow.
    words = words.partition(" --")[0].partition(";")[0].strip().strip("\"'")
    _, at, address = words.partition(" @ ")
    words = (address if at else words).strip().removeprefix("file://").removeprefix("file:")
    path = EXTRAS.sub("", words)
    is_local = is_path or bool(LOCAL.fullmatch(path))
    return path if is_local and "://" not in path and not path.startswith("-") else ""


def _existing(folder: Path, path: Path, file: Path) -> Path:
    """`path` relative to `folder`. Raises Mistake if it is not there."""
    if path.is_absolute():  # as conda writes them
        raise Mistake(
            f"{file} names {path}, a path of the machine on which it was written. "
            "Write the package's version instead, such as flask==3.1.2."
        )
    found = (folder / path).resolve()
    if not found.is_relative_to(folder):
        raise Mistake(
            f"{file} names {path}, which is outside the folder of the backend. "
            "Move it there, or set --build-arg BACKEND=. for the whole repository."
        )
    if not found.exists():
        raise Mistake(f"{file} names {path}, which does not exist or is in .dockerignore.")
    return found.relative_to(folder)


def _copy(folder: Path, path: Path, target: Path) -> None:
    source, copy = folder / path, target / path
    copy.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, copy, ignore=NOT_SOURCE, dirs_exist_ok=True)
    else:
        shutil.copy(source, copy)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
