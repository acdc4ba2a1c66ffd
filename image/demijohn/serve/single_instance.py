"""Runs a program in one container of the fleet: `… NAME INSTANCE SIGNAL GROUP COMMAND`.

supervisord starts this in the place of a program with `demijohn_single_instance=true`. It waits for
the program's lock, runs the program for as long as it has the lock, and ends as the program ends.

    RENEW + ANSWER seconds  after the last answer of the database the lock counts as lost: TERM
    GRACE seconds later     KILL
    LEASE seconds           after the last question the server frees the lock
    HANDOVER seconds        after it got the lock, the next instance starts the program

So the program has ended in one container before another one starts it. If the server frees the lock
early, because it restarts for instance, the holder sees the end of its connection at once, and has
HANDOVER seconds.
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
from demijohn.database.program_lock import RENEW_SECONDS, DatabaseAway, LockLost, ProgramLock

ASK_SECONDS = 0.5  # between two tries for a lock that another instance has
AWAY_SECONDS = 1.0  # between two tries to reach the database
GRACE_SECONDS = 1.0
HANDOVER_SECONDS = 2.0

# Where the database of the lock is: on the command line, everybody on the machine could read it.
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
    """Wait for the lock, run the program; its exit status.

    SIGNAL is what stops the program; with GROUP 1, supervisord sends it to the program too.
    """
    name, instance, stop_signal, stop_as_group, *words = sys.argv[1:]
    lock = ProgramLock(database_url.parse(os.environ.pop(DATABASE_VARIABLE)), name, instance)
    _wait_for(lock)
    try:
        program = Program(words, signal.Signals(int(stop_signal)), stop_as_group == "1")
    except OSError as error:
        what = f"{name} cannot be run: {error.strerror}: {words[0]}"
        print(f"{what}. Correct its command in programs.d.", file=sys.stderr)
        return Exit.CONFIGURATION
    try:
        status = program.wait_while(lock)
    except LockLost as loss:
        _say(f"the lock may be lost, stopping ({loss})")
        program.stop()
        # This process too, and whatever the program has left: supervisord starts all anew.
        os.killpg(0, signal.SIGKILL)
        raise
    lock.give_back()
    return status


def command(
    program: str, name: str, instance: str, stop_signal: int, *, stop_as_group: bool
) -> str:
    """The command line, as supervisord splits it, that runs `program` under the lock `name`."""
    # -P: no module of the app is to stand in for one of ours.
    words = [sys.executable, "-P", "-m", "demijohn.serve.single_instance", name, instance]
    return f"{shlex.join(words)} {int(stop_signal)} {int(stop_as_group)} {program}"


def _wait_for(lock: ProgramLock) -> None:
    """Return once the lock is ours, and what another holder may have run is over.

    Signals have their default action here: nothing is running yet.
    """
    told = ""
    while True:
        try:
            if lock.try_to_take():
                time.sleep(HANDOVER_SECONDS)
                lock.renew()
                _say("runs on this instance")
                return
            line, pause = _held_elsewhere(lock), ASK_SECONDS
        except (DatabaseAway, LockLost) as away:
            line, pause = f"waiting: {away}", AWAY_SECONDS
        if line and line != told:
            _say(line)
            told = line
        time.sleep(pause)


def _held_elsewhere(lock: ProgramLock) -> str:
    holder = lock.holder()
    return f"runs on instance {holder}; waiting" if holder else ""


class Program:
    """The program, as a child in this process's group. Signals to this process reach it too."""

    def __init__(
        self, words: Sequence[str], stop_signal: signal.Signals, stop_as_group: bool
    ) -> None:
        self._stop_signal = stop_signal
        self._forward = not stop_as_group
        self._awake = _wake_on_signals()
        # A signal that comes before there is a child would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
        try:
            self._child = subprocess.Popen(words, preexec_fn=_as_child(os.getpid()))  # noqa: PLW1509  no threads here
            for number in FORWARDED:
                signal.signal(number, self._on_signal)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)

    def wait_while(self, lock: ProgramLock) -> int:
        """The exit status of the program, which runs for as long as the lock is ours.

        Raises LockLost. Ends this process if the program was ended by a signal.
        """
        renewed = time.monotonic()
        while (status := self._child.poll()) is None:
            due = renewed + RENEW_SECONDS - time.monotonic()
            watched: list[Any] = [self._awake, lock.fileno()]
            ready, _, _ = select.select(watched, [], [], max(due, 0))
            if self._awake in ready:
                self._awake.recv(4096)
            if lock.fileno() in ready or time.monotonic() >= renewed + RENEW_SECONDS:
                renewed = time.monotonic()
                lock.renew()
        if status < 0:
            lock.give_back()
            _end_by(signal.Signals(-status))
        return status

    def stop(self) -> None:
        """End the program, in GRACE_SECONDS at most."""
        if self._forward:
            self._child.send_signal(self._stop_signal)
        else:
            os.killpg(0, self._stop_signal)  # ours is caught
        try:
            self._child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()

    def _on_signal(self, number: int, _: object) -> None:
        if self._forward:
            self._child.send_signal(number)


def _wake_on_signals() -> socket.socket:
    """A socket that is readable after each signal, the end of a child included."""
    read, write = socket.socketpair()
    read.setblocking(False)
    write.setblocking(False)
    signal.set_wakeup_fd(write.detach(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return read


def _as_child(parent: int) -> Callable[[], None]:
    """What the child does before it becomes the program: it is not to outlive this process."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        with suppress(AttributeError):  # elsewhere than on Linux supervisord sees to it alone
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _end_by(number: signal.Signals) -> None:
    """End this process by a signal, as the program has ended."""
    with suppress(OSError):  # SIGKILL has no handler
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
