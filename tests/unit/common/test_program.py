"""A program that a command runs does not outlive it."""

import subprocess
import sys
from pathlib import Path

import psutil

# Popen is still waiting for the program to start when the signal arrives.
SCRIPT = """
import os, signal, subprocess, sys, time
from demijohn.common import program, signals
from demijohn.common.exit_codes import Exit, Interrupted

def start():
    open(sys.argv[1], "w").write(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(0.2)

signals.listen(Exit.SOFTWARE, "")
try:
    program.run(["sleep", "10"], stdout=subprocess.DEVNULL, preexec_fn=start)
except Interrupted as interrupted:
    print(interrupted.reason)
"""


def test_program_ends_if_a_signal_arrives_while_it_starts(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    command = [sys.executable, "-c", SCRIPT, str(pid_file)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stdout == "stopped by SIGTERM\n"
    assert not psutil.pid_exists(int(pid_file.read_text()))
