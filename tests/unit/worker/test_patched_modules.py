"""What eventlet.monkey_patch takes out of the standard library."""

import select

import pytest
from demijohn.common import log
from demijohn.worker import abandoned_streams


def test_log_and_streams_need_no_poll_in_its_module(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(select, "poll")
    log.log_info("app", "a line")
    assert "a line" in capfd.readouterr().out
    assert abandoned_streams.count() == 0
