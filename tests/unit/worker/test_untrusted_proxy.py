"""The report about a proxy that is missing in TRUSTED_PROXIES."""

from pathlib import Path

import pytest
from demijohn.commands import doctor
from demijohn.common.run_dir import UNTRUSTED_PROXIES
from demijohn.config.settings import load
from demijohn.worker import untrusted_proxy


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMIJOHN_RUN_DIR", str(tmp_path))
    monkeypatch.setenv("DEMIJOHN_TRUSTED_PROXIES", "")
    monkeypatch.setattr(untrusted_proxy, "_reported", set())


def reported(capsys: pytest.CaptureFixture[str], *reports: str) -> list[str]:
    for words in reports:
        untrusted_proxy.report(words)
    return capsys.readouterr().out.splitlines()


def test_private_proxy_is_reported_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    line = (
        "172.17.0.1 sends X-Forwarded-For but is not a trusted proxy, so every client has its "
        "address. If it is your proxy, set TRUSTED_PROXIES=private."
    )
    reports = ["172.17.0.1 X-Forwarded-For", "172.17.0.1 X-Forwarded-For", "10.0.0.1 Forwarded"]
    assert reported(capsys, *reports) == [f"warning: {line}"]
    assert (tmp_path / UNTRUSTED_PROXIES["private"]).read_text() == line
    monkeypatch.setattr(untrusted_proxy, "_reported", set())  # another worker
    assert reported(capsys, *reports) == []


def test_private_proxy_is_reported_after_a_public_client(
    capsys: pytest.CaptureFixture[str],
) -> None:
    public, private = reported(capsys, "203.0.113.9 Forwarded", "10.0.0.1 X-Forwarded-Proto")
    assert "TRUSTED_PROXIES=203.0.113.9; if it is a client, ignore this." in public
    assert private.startswith("warning: 10.0.0.1 sends X-Forwarded-Proto ")


@pytest.mark.parametrize(
    ("trusted", "advice"),
    [
        ("cloudflare", "cloudflare,private"),
        ("none", "private"),
        ("1.2.3.4/32", "1.2.3.4/32,private"),
    ],
)
def test_advice_includes_the_proxies_that_are_already_trusted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, trusted: str, advice: str
) -> None:
    monkeypatch.setenv("DEMIJOHN_TRUSTED_PROXIES", trusted)
    (line,) = reported(capsys, "10.0.0.1 X-Forwarded-For")
    assert line.endswith(f"set TRUSTED_PROXIES={advice}.")


def test_closed_output_does_not_fail_the_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "output").open("w") as output:
        pass
    monkeypatch.setattr("sys.stdout", output)
    untrusted_proxy.report("10.0.0.1 X-Forwarded-For")


def test_doctor_finds_the_report_of_another_users_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    marker = UNTRUSTED_PROXIES["private"]
    for user, port in ((10001, 8080), (10001, 9000)):
        folder = tmp_path / f"demijohn-{user}-{port}"
        folder.mkdir()
        (folder / marker).write_text(f"the report of port {port}")
    config = load({"DATABASE_URL": "postgres://h/d", "DEMIJOHN_DOTENV": ""})
    assert doctor.read_markers(config, marker) == {"the report of port 8080"}
