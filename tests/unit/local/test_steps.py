"""Steps run when their inputs have changed, and only then."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import steps
from local.steps import ROOT, StepError, call, digest, step


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "ROOT", tmp_path)


def test_a_step_is_due_until_it_has_succeeded(
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


def test_a_digest_follows_names_and_contents_but_not_what_is_built(tmp_path: Path) -> None:
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


def test_a_failing_program_shows_all_that_it_said() -> None:
    with pytest.raises(StepError, match=r"(?s)out.*err.*exit 3"):
        call(
            sys.executable,
            "-c",
            "import sys; print('out', flush=True); sys.exit(print('err', file=sys.stderr) or 3)",
            cwd=Path.cwd(),
        )


def test_an_old_python_is_told_what_is_needed() -> None:
    # The message must come even where the rest of our syntax is not understood.
    code = (
        "import sys; sys.version_info = (3, 8, 0); sys.argv = ['local', 'run'];"
        "import local.__main__ as m; m.NEWER = (); m.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python >= 3.11 is needed" in done.stderr
