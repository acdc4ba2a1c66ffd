"""Steps run only when their inputs have changed."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import steps
from local.steps import ROOT, StepError, call, digest, step


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "ROOT", tmp_path)


def test_step_is_due_until_it_has_succeeded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stamp, output = tmp_path / "stamps" / "one", tmp_path / "output"
    with pytest.raises(StepError), step("one", stamp, "key", output) as due:
        assert due
        raise StepError("broken")
    with step("one", stamp, "key", output) as due:
        assert due
        output.touch()
    assert " s\n" in capsys.readouterr().out
    with step("one", stamp, "key", output) as due:
        assert not due
    assert capsys.readouterr().out == ""
    output.unlink()
    with step("one", stamp, "key", output) as due:
        assert due
    with step("one", stamp, "another key") as due:
        assert due


def test_digest_covers_names_and_contents_but_no_build_output(tmp_path: Path) -> None:
    source = tmp_path / "frontend" / "src" / "a.ts"
    source.parent.mkdir(parents=True)
    source.write_text("1")
    first = digest(tmp_path / "frontend")
    (tmp_path / "frontend" / "dist").mkdir()
    (tmp_path / "frontend" / "dist" / "a.js").write_text("1")
    assert digest(tmp_path / "frontend") == first
    source.write_text("2")
    second = digest(tmp_path / "frontend")
    source.rename(source.with_name("b.ts"))
    assert len({first, second, digest(tmp_path / "frontend")}) == 3


def test_failed_program_shows_its_whole_output() -> None:
    with pytest.raises(StepError, match=r"(?s)out.*err.*exit 3"):
        call(
            sys.executable,
            "-c",
            "import sys; print('out', flush=True); sys.exit(print('err', file=sys.stderr) or 3)",
            cwd=Path.cwd(),
        )


def test_old_python_gets_a_one_line_error() -> None:
    # The message must appear even if this Python cannot parse the rest of the code.
    code = (
        "import sys; sys.version_info = (3, 8, 0); sys.argv = ['local', 'run'];"
        "import local.__main__ as m; m.NEWER = (); m.main()"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "Python >= 3.11 is required" in result.stderr
