"""Runs another program to its end."""

import subprocess
from collections.abc import Sequence
from typing import Any

from demijohn.common import signals


def run(
    words: Sequence[str], *, timeout: float | None = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a program as subprocess.run does, with `options` of Popen; it never outlives this call.

    A signal that arrives while Popen waits for the program to start would leave it running, since
    nothing knows of it yet. Raises OSError, subprocess.TimeoutExpired, and signals.Interrupted.
    """
    process = None
    try:
        with signals.delay():
            process = subprocess.Popen(words, **options)
        stdout, stderr = process.communicate(timeout=timeout)
    except BaseException:
        if process:
            process.kill()
            process.wait()
        raise
    return subprocess.CompletedProcess(words, process.returncode, stdout, stderr)
