"""The last step of the frontend's build: compressed files, or a line that says what is wrong."""

import subprocess
from pathlib import Path

import pytest

from local import tools
from local.steps import ROOT


def precompress(folder: Path, output: str) -> subprocess.CompletedProcess[str]:
    command = [tools.node().program, ROOT / "image" / "precompress.mjs", output]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def write_build(folder: Path) -> None:
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html>" + "<p>many words</p>" * 100)
    (folder / "small.css").write_text("p {}")


def test_compressed_files_are_written_beside_large_ones(tmp_path: Path) -> None:
    write_build(tmp_path / "dist")
    assert precompress(tmp_path, "dist").returncode == 0
    names = {path.name for path in (tmp_path / "dist").iterdir()}
    assert names == {"index.html", "index.html.br", "index.html.gz", "small.css"}


@pytest.mark.parametrize("exists", [True, False])
def test_wrong_output_folder_names_the_right_one(tmp_path: Path, *, exists: bool) -> None:
    for name in ("build", "public"):
        write_build(tmp_path / name)
    if exists:
        (tmp_path / "dist").mkdir()
    done = precompress(tmp_path, "dist")
    assert done.returncode == 1
    assert done.stderr == (
        "The build of the frontend has written no dist/index.html. "
        "build has one: --build-arg FRONTEND_OUTPUT=build.\n"
    )


def test_missing_output_folder_names_the_build_argument(tmp_path: Path) -> None:
    done = precompress(tmp_path, "dist")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Set --build-arg FRONTEND_OUTPUT= to the folder" in done.stderr
