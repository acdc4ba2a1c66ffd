"""Runs a program in only one of several containers: `… NAME INSTANCE SIGNAL GROUP COMMAND`.

supervisord starts this instead of a program with `demijohn_single_instance=true`. It waits for the
program's lock, runs the program as long as it holds the lock, and exits as the program exits.

    RENEW + ANSWER seconds  after the database's last answer, the lock counts as lost: TERM
    GRACE seconds later     KILL
    LEASE seconds           after the last query, the server frees the lock
    HANDOVER seconds        after it got the lock, the next instance starts the program

So the program has ended in one container before another container starts it. If the server frees
the lock early, for instance because it restarts, the holder notices the end of its connection at
once, and has HANDOVER seconds.
"""

import ctypes
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from demijohn.common.exit_codes import Exit
from demijohn.config import database_url
from demijohn.database.program_lock import (
    RENEW_SECONDS,
    DatabaseUnavailable,
    LockLost,
    ProgramLock,
)

LOCK_PAUSE = 0.5  # seconds between two tries for a lock that another instance has
DATABASE_PAUSE = 1.0  # seconds between two tries to connect to the database
GRACE_SECONDS = 1.0
HANDOVER_SECONDS = 2.0

# The URL of the lock's database; on the command line, every user of the machine could read it.
DATABASE_VARIABLE = "DEMIJOHN_LOCK_DATABASE_URL"

FORWARDED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
)

# https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
PR_SET_PDEATHSIG = 1


def main() -> int:
    """Wait for the lock, then run the program. Returns its exit status.

    SIGNAL is the number of the signal that stops the program; with GROUP 1, supervisord sends it to
    the whole process group.
    """
    name, instance, stop_signal, stop_as_group, *words = sys.argv[1:]
    lock = ProgramLock(database_url.parse(os.environ.pop(DATABASE_VARIABLE)), name, instance)
    _wait_for(lock)
    try:
        program = Program(words, signal.Signals(int(stop_signal)), stop_as_group == "1")
    except OSError as error:
        text = f"{name} cannot be run: {error.strerror}: {words[0]}"
        print(f"{text}. Correct its command in programs.d.", file=sys.stderr)
        return Exit.CONFIGURATION
    try:
        status = program.wait_while(lock)
    except LockLost as loss:
        _log(f"the lock may be lost, stopping ({loss})")
        program.stop()
        # Kill the group with this process and the program's children; supervisord restarts it.
        os.killpg(0, signal.SIGKILL)
        raise
    lock.release()
    return status


def command(
    program: str, name: str, instance: str, stop_signal: int, *, stop_as_group: bool
) -> str:
    """The command line, in supervisord's syntax, that runs `program` under the lock `name`."""
    # -P: a module in the app's folder must not shadow one of ours.
    words = [sys.executable, "-P", "-m", "demijohn.serve.single_instance", name, instance]
    return f"{shlex.join(words)} {int(stop_signal)} {int(stop_as_group)} {program}"


def _wait_for(lock: ProgramLock) -> None:
    """Return once the lock is ours and the program of an earlier holder has ended.

    Signals have their default action here: the program is not running yet.
    """
    logged = ""
    while True:
        try:
            if lock.try_acquire():
                time.sleep(HANDOVER_SECONDS)
                lock.renew()
                _log("runs on this instance")
                return
            line, pause = _describe_holder(lock), LOCK_PAUSE
        except (DatabaseUnavailable, LockLost) as error:
            line, pause = f"waiting: {error}", DATABASE_PAUSE
        if line and line != logged:
            _log(line)
            logged = line
        time.sleep(pause)


def _describe_holder(lock: ProgramLock) -> str:
    holder = lock.holder()
    return f"runs on instance {holder}; waiting" if holder else ""


class Program:
    """The program, as a child in this process's group. It gets the signals of this process too."""

    def __init__(
        self, words: Sequence[str], stop_signal: signal.Signals, stop_as_group: bool
    ) -> None:
        self._stop_signal = stop_signal
        self._forward = not stop_as_group
        self._wakeup = _wake_on_signals()
        # A signal that arrives before the child exists would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
        try:
            self._child = subprocess.Popen(words, preexec_fn=_prepare_child(os.getpid()))  # noqa: PLW1509  no threads here
            for number in FORWARDED:
                signal.signal(number, self._on_signal)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)

    def wait_while(self, lock: ProgramLock) -> int:
        """Wait for the program to exit while renewing the lock. Returns its exit status.

        Raises LockLost. Kills this process by the same signal if a signal ended the program.
        """
        renewed = time.monotonic()
        while (status := self._child.poll()) is None:
            due = renewed + RENEW_SECONDS - time.monotonic()
            watched: list[Any] = [self._wakeup, lock.fileno()]
            ready, _, _ = select.select(watched, [], [], max(due, 0))
            if self._wakeup in ready:
                self._wakeup.recv(4096)
            if lock.fileno() in ready or time.monotonic() >= renewed + RENEW_SECONDS:
                renewed = time.monotonic()
                lock.renew()
        if status < 0:
            lock.release()
            _end_by(signal.Signals(-status))
        return status

    def stop(self) -> None:
        """Stop the program; kill it after GRACE_SECONDS."""
        if self._forward:
            self._child.send_signal(self._stop_signal)
        else:
            os.killpg(0, self._stop_signal)  # this process has a handler for it
        try:
            self._child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()

    def _on_signal(self, number: int, _: object) -> None:
        if self._forward:
            self._child.send_signal(number)


def _wake_on_signals() -> socket.socket:
    """A socket that becomes readable at each signal, including SIGCHLD."""
    read, write = socket.socketpair()
    read.setblocking(False)
    write.setblocking(False)
    signal.set_wakeup_fd(write.detach(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return read


def _prepare_child(parent: int) -> Callable[[], None]:
    """A preexec_fn that ties the life of the child to that of this process."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        with suppress(AttributeError):  # Linux only; elsewhere supervisord kills the group
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _end_by(number: signal.Signals) -> None:
    """Kill this process by the signal that ended the program."""
    with suppress(OSError):  # SIGKILL has no handler
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _log(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
