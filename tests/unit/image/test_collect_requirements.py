"""The copy of the app's requirements that its packages are installed from."""

import codecs
from pathlib import Path

import pytest

from image.collect_requirements import Mistake, collect, main


def copied(folder: Path, target: Path) -> dict[str, str]:
    collect(folder, target)
    files = (path for path in sorted(target.rglob("*")) if path.is_file())
    return {str(path.relative_to(target)): path.read_text() for path in files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return tmp_path / "app"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "copy"


def requirements(folder: Path, text: str) -> Path:
    (folder / "requirements.txt").write_text(text)
    return folder


def test_code_is_not_copied(folder: Path, target: Path) -> None:
    requirements(folder, "flask==3.1.2  # the framework\n")
    (folder / "app.py").write_text("code")
    assert copied(folder, target) == {"requirements.txt": "flask==3.1.2  # the framework\n"}


@pytest.mark.parametrize(
    "line",
    [
        "-r base.txt",
        "-rbase.txt",
        "--requirement base.txt",
        "--requirement=base.txt",
        "-c base.txt",
    ],
)
def test_lists_that_a_list_names_are_copied(folder: Path, target: Path, line: str) -> None:
    requirements(folder, f"{line}  # more\nflask\n")
    (folder / "base.txt").write_text("redis\n")
    assert copied(folder, target) == {
        "base.txt": "redis\n",
        "requirements.txt": f"{line}  # more\nflask\n",
    }


def test_lists_are_found_relative_to_the_list_that_names_them(folder: Path, target: Path) -> None:
    requirements(folder, "-r requirements/prod.txt\n")
    (folder / "requirements").mkdir()
    (folder / "requirements" / "prod.txt").write_text("-r base.txt\n-r ../requirements.txt\n")
    (folder / "requirements" / "base.txt").write_text("redis")
    names = set(copied(folder, target))
    assert names == {"requirements.txt", "requirements/prod.txt", "requirements/base.txt"}


@pytest.mark.parametrize(
    "line",
    [
        "./libs/lib.whl",
        "libs/lib.whl",
        "libs/lib.whl ; python_version > '3'",
        "lib @ file:libs/lib.whl",
        "--find-links libs",
        "-f libs",
    ],
)
def test_local_files_are_copied(folder: Path, target: Path, line: str) -> None:
    requirements(folder, f"{line}\n")
    (folder / "libs").mkdir()
    (folder / "libs" / "lib.whl").write_text("wheel")
    assert copied(folder, target) == {"libs/lib.whl": "wheel", "requirements.txt": f"{line}\n"}


@pytest.mark.parametrize("option", ["-e ", "--editable ", "--editable=", ""])
def test_local_packages_are_copied_and_not_editable(
    folder: Path, target: Path, option: str
) -> None:
    requirements(folder, f"{option}./lib[postgres]\n")
    (folder / "lib" / "__pycache__").mkdir(parents=True)
    (folder / "lib" / "__pycache__" / "lib.pyc").write_text("bytecode")
    (folder / "lib" / "pyproject.toml").write_text("[project]")
    assert copied(folder, target) == {
        "lib/pyproject.toml": "[project]",
        "requirements.txt": "./lib[postgres]\n",
    }


def test_project_itself_can_be_installed(folder: Path, target: Path) -> None:
    requirements(folder, "-r more.txt\n-e .\n")
    (folder / "more.txt").write_text("-e .[dev]\n")
    (folder / "pyproject.toml").write_text("[project]")
    assert copied(folder, target) == {
        "more.txt": ".[dev]\n",
        "pyproject.toml": "[project]",
        "requirements.txt": "-r more.txt\n.\n",
    }


@pytest.mark.parametrize(
    "line",
    [
        "flask[async]>=3,<4",
        "--index-url https://index.example/simple",
        "-e git+https://example.com/lib.git#egg=lib",
        "https://example.com/lib-1.0-py3-none-any.whl",
        "lib @ https://example.com/lib.zip",
        "flask==3.1.2 \\\n    --hash=sha256:aa/bb",
        "-r https://example.com/requirements.txt",
        "--only-binary=:all:",
    ],
)
def test_other_lines_stay_as_they_are(folder: Path, target: Path, line: str) -> None:
    requirements(folder, f"{line}\n")
    assert copied(folder, target) == {"requirements.txt": f"{line}\n"}


def test_list_that_powershell_wrote_is_read(folder: Path, target: Path) -> None:
    data = codecs.BOM_UTF16_LE + "flask\r\nredis\r\n".encode("utf-16-le")
    (folder / "requirements.txt").write_bytes(data)
    assert copied(folder, target) == {"requirements.txt": "flask\nredis\n"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-r base.txt", "requirements.txt names base.txt, which does not exist"),
        ("./lib.whl", "requirements.txt names lib.whl, which does not exist"),
        ("-r ../base.txt", r"outside the folder of the backend.*BACKEND=\."),
        ("certifi @ file:///croot/certifi/work", "a path of the machine.*Write the package's"),
    ],
)
def test_missing_file_is_named_with_a_remedy(
    folder: Path, target: Path, line: str, expected: str
) -> None:
    requirements(folder, f"{line}\n")
    with pytest.raises(Mistake, match=expected):
        collect(folder, target)


def test_folder_without_requirements_ends_with_a_remedy(
    folder: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(str(folder), str(target)) == 1
    assert "the backend has no requirements.txt" in capsys.readouterr().out
