"""supervisord, run inside this process: what it lacks as a container's PID 1.

It exits 0 whatever happened (https://github.com/Supervisor/supervisor/issues/712), looks at its
children once a second, and knows no drain. All of that is its loop's doing, so the loop is ours.
"""

import ctypes
import os
import re
import signal
import socket
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from supervisor import events
from supervisor.datatypes import RestartWhenExitUnexpected, boolean
from supervisor.medusa import asyncore_25 as asyncore
from supervisor.options import ServerOptions, decode_wait_status
from supervisor.process import Subprocess
from supervisor.states import ProcessStates, SupervisorStates
from supervisor.supervisord import Supervisor

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.log import Relay, log_error, log_info
from demijohn.config.database_url import DatabaseUrl
from demijohn.serve import single_instance
from demijohn.serve.cache_clock import WallClock, forget_answers

# A program that ends by itself so often, within so many seconds, will not be better next time.
# One that was killed, by a person or for its memory, gets more patience.
WINDOW_SECONDS = 60
MOST_ENDS = 3
MOST_KILLS = 30

# What it says of a command that is not there or may not be run, now or later; whatever else keeps
# a program from starting may pass.
NO_COMMAND = ("can't find command", "command at", "no permission to run command")

GROUP_SECONDS = 0.5  # what is killed goes within milliseconds, unless a disk hangs

# https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html
PR_SET_CHILD_SUBREAPER = 36

# Keys of a [program:x] section that are ours, with their defaults.
KEYS = {"demijohn_essential": "true", "demijohn_single_instance": "false"}

MEANT_AS_OURS = re.compile(r"demij|essential$|single[_-]?instance$")

GOODBYE = "Nginx lets requests end, then Gunicorn goes"

PAUSE_SECONDS = 15  # before a program that keeps ending, and is not essential, is started again


def load(
    conf: Path, lock_database: DatabaseUrl, instance: str, only: str | None = None
) -> "Programs":
    """Read `conf`; with `only`, keep that program alone.

    `lock_database` has the locks of programs that have one instance; others name us `instance`.
    Raises CommandError(78) if a file is wrong, CommandError(64) if there is no program `only`.
    """
    options = _Options(lock_database, instance)
    options.realize(["-c", str(conf)])
    options.first, options.test = True, False  # what supervisord's own main() sets
    if only is not None:
        options.keep_only(only)
    return Programs(options, only)


class Programs:
    """What supervisord is to run: all programs, or the one named `only`."""

    def __init__(self, options: "_Options", only: str | None) -> None:
        self._options = options
        self._only = only

    def run(self, drain_marker: Path, drain_seconds: int) -> Exit:
        """Run them until told to stop or until one fails for good.

        SIGTERM creates `drain_marker` (readiness then says 503), and stops the programs
        `drain_seconds` later; SIGINT stops them now; a second signal does not wait for them.
        """
        _adopt_orphans()
        supervisor = Lifecycle(self._options, drain_marker, drain_seconds, self._only)
        try:
            supervisor.main()
        except asyncore.ExitNow:
            pass
        finally:
            supervisor.sweep()
        if supervisor.reason:
            log_error(supervisor.reason)
        return supervisor.verdict


class _Options(ServerOptions):  # type: ignore[misc]
    """Remembers how each child ended, and the process groups that may still have members."""

    process_group_configs: list[Any]

    def __init__(self, lock_database: DatabaseUrl, instance: str) -> None:
        super().__init__()
        self.ends: dict[int, int] = {}
        self.groups: set[int] = set()
        self.nonessential: set[str] = set()
        self._lock_database = lock_database
        self._instance = instance

    def processes_from_section(
        self, parser: Any, section: str, group_name: str, klass: Any = None
    ) -> list[Any]:
        """Read our own keys of a program's section, which supervisord leaves alone."""
        configs: list[Any] = super().processes_from_section(parser, section, group_name, klass)
        for key in parser.options(section):
            if key not in KEYS and MEANT_AS_OURS.match(key):
                raise ValueError(f"{key} in [{section}] is unknown; there are {' and '.join(KEYS)}")
        essential, single = (_boolean(parser, section, key) for key in KEYS)
        for config in configs:
            if not essential:
                self.nonessential.add(config.name)
            if single:
                self._run_under_lock(config)
        return configs

    def _run_under_lock(self, config: Any) -> None:
        """Have supervisord run a program through `single_instance`."""
        config.command = single_instance.command(
            config.command,
            config.name,
            self._instance,
            config.stopsignal,
            stop_as_group=config.stopasgroup,
        )
        config.environment[single_instance.DATABASE_VARIABLE] = self._lock_database.libpq()
        config.killasgroup = True  # the program is not to outlive the holder of its lock

    def keep_only(self, name: str) -> None:
        """Drop all programs but one. Raises CommandError(64) if there is none of that name."""
        known = {
            c.name: c for c in self.process_group_configs if c.name not in ("gunicorn", "nginx")
        }
        if name not in known:
            names = f"It has {', '.join(sorted(known))}" if known else "It is empty"
            raise CommandError(Exit.USAGE, f"no program {name!r} in programs.d. {names}.")
        self.process_group_configs = [known[name]]
        for config in known[name].process_configs:
            config.autostart = True  # autostart=false is for programs that `serve` is not to run

    def fork(self) -> int:
        pid: int = super().fork()
        if pid:  # supervisord makes every child the leader of a group
            alive = {group for group in self.groups if _signal_group(group, 0)}
            # One that was forked just now may not have become a leader yet.
            self.groups = alive | set(self.pidhistory) | {pid}
        return pid

    def usage(self, msg: str) -> None:
        """What is wrong with supervisord.conf or with a file of programs.d; one line of ours."""
        raise CommandError(Exit.CONFIGURATION, f"supervisord.conf: {' '.join(msg.split())}")

    def waitpid(self) -> tuple[int | None, int | None]:
        pid, status = super().waitpid()
        if pid:
            self.ends[pid] = status
        return pid, status


class Lifecycle(Supervisor):  # type: ignore[misc]
    """supervisord with a drain, an exit status, and a reason for it."""

    def __init__(
        self, options: _Options, drain_marker: Path, drain_seconds: int, only: str | None
    ) -> None:
        super().__init__(options)
        self._alone = only is not None
        self._goodbye = f"stopping {only}" if only else GOODBYE
        self.verdict = Exit.OK
        self.reason = ""
        self._marker = drain_marker
        self._drain_seconds = drain_seconds
        self._signalled = False
        self._relay = Relay()
        self._ends: dict[str, deque[float]] = {}
        self._kills: dict[str, deque[float]] = {}
        self._paused: dict[str, tuple[float, Subprocess, Any]] = {}  # since when; autorestart
        self._sockets: list[object] = []
        self._clock = WallClock()

    def runforever(self) -> None:
        events.subscribe(events.ProcessLogEvent, self._on_log)
        events.subscribe(events.ProcessStateExitedEvent, self._on_exited)
        events.subscribe(events.ProcessStateBackoffEvent, self._on_backoff)
        events.subscribe(events.ProcessStateFatalEvent, self._on_fatal)
        events.subscribe(events.Tick5Event, self._on_tick)
        # supervisord closes a program's socket whenever the program ends, and with it the
        # connections that wait; a reference of our own keeps it open.
        self._sockets = [
            group.socket_manager.get_socket()
            for group in self.process_groups.values()
            if hasattr(group, "socket_manager")
        ]
        signal.signal(signal.SIGALRM, self.options.signal_receiver.receive)
        with _Alarm(self.options.get_socket_map()):
            super().runforever()

    def handle_signal(self) -> None:
        received = self.options.get_signal()
        if received == signal.SIGTERM and not self._signalled and self._drain_seconds:
            self._signalled = True
            log_info(
                "stop", f"draining for {self._drain_seconds} s: still serving, /readyz says 503"
            )
            self._marker.touch()
            signal.setitimer(signal.ITIMER_REAL, self._drain_seconds)
        elif received == signal.SIGALRM:
            self._stop()
        elif received in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            if self._signalled:
                log_info("stop", "signalled again: not waiting")
                self.sweep()
            self._signalled = True
            self._stop()

    def _stop(self) -> None:
        if self.options.mood == SupervisorStates.RUNNING:
            log_info("stop", self._goodbye)
            self._marker.touch()
        self.options.mood = SupervisorStates.SHUTDOWN

    def _fail(self, process: Subprocess, why: str, status: Exit = Exit.SOFTWARE) -> None:
        """A program fails for good: the container ends, unless it can do without."""
        if process.config.name in self.options.nonessential:
            self._pause(process, why)
        else:
            self._give_up(process.config.name, why, status)

    def _pause(self, process: Subprocess, why: str) -> None:
        name, config = process.config.name, process.config
        if name not in self._paused:
            log_error(f"{name} {why}. It is not essential; starting it again in {PAUSE_SECONDS} s.")
            self._paused[name] = time.monotonic(), process, config.autorestart
            config.autorestart = False
            self._ends.pop(name, None)
            self._kills.pop(name, None)

    def _resume(self) -> None:
        """Start programs again that have paused for long enough."""
        for name, (since, process, autorestart) in list(self._paused.items()):
            if since < time.monotonic() - PAUSE_SECONDS:
                del self._paused[name]
                process.config.autorestart = autorestart
                running = self.options.mood == SupervisorStates.RUNNING
                if running and process.state == ProcessStates.FATAL:
                    process.spawn()

    def _give_up(self, program: str, why: str, status: Exit) -> None:
        if self.verdict is Exit.OK and self.options.mood == SupervisorStates.RUNNING:
            self.verdict = status
            last = self._relay.last_words.get(program, "")
            if status is Exit.CONFIGURATION and last:
                self.reason = last.removeprefix("demijohn: ")  # it has said so itself
            else:
                self.reason = f"{program} {why}." + (f" Its last words: {last}" if last else "")
            # Who waits at the socket of a program that is beyond help waits in vain, and Nginx,
            # which lets requests end, would wait with them.
            self._sockets.clear()
            self._stop()

    def sweep(self) -> None:
        """Kill whatever is left of the programs and of their children."""
        for group in self.options.groups:
            _signal_group(group, signal.SIGKILL)
        self._sockets.clear()
        self._relay.flush()

    def _on_log(self, event: events.ProcessLogEvent) -> None:
        self._relay.feed(
            event.process.config.name, 1 if event.channel == "stdout" else 2, event.data
        )

    def _on_exited(self, event: events.ProcessStateEvent) -> None:
        process: Subprocess = event.process
        name, pid = process.config.name, process.pid
        status, words = decode_wait_status(self.options.ends.pop(pid, 0))
        if process.config.killasgroup:
            _end_group(pid)
        if not _restarts(process, status):
            log_info("supervise", f"{name} ended ({words}), and stays so")
            if self._alone:  # `demijohn worker NAME` has nothing else to run
                self.verdict = Exit.OK if status == 0 else Exit.SOFTWARE
                self._stop()
            return
        killed = status == -1
        times = (self._kills if killed else self._ends).setdefault(name, deque())
        if status == Exit.CONFIGURATION:
            self._fail(process, "cannot start as configured", Exit.CONFIGURATION)
        elif _too_often(times, MOST_KILLS if killed else MOST_ENDS):
            self._fail(process, f"ended {len(times)} times within {WINDOW_SECONDS} s ({words})")
        else:
            log_info("supervise", f"{name} ended ({words}), starting it again")

    def _on_backoff(self, event: events.ProcessStateEvent) -> None:
        essential = event.process.config.name not in self.options.nonessential
        if essential and event.process.spawnerr.startswith(NO_COMMAND):
            self._on_fatal(event)

    def _on_fatal(self, event: events.ProcessStateEvent) -> None:
        self._fail(event.process, f"does not start ({event.process.spawnerr})")

    def _on_tick(self, _: events.Tick5Event) -> None:
        """Every five seconds by the wall clock, and within one after it was set."""
        self._resume()
        if step := self._clock.set_back():
            log_info(
                "supervise", f"the clock was set back by {step:.0f} s: forgetting cached answers"
            )
            forget_answers(self._marker.parent)


class _Alarm:
    """Wakes the loop at every signal, and at once when it begins: it would sleep a second else.

    Python writes a byte to the wake-up descriptor for each signal that it handles
    (https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd).
    """

    def __init__(self, socket_map: dict[int, object]) -> None:
        self._map = socket_map
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)

    def __enter__(self) -> None:
        self._map[self._read.fileno()] = self
        self._before = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._write.send(b"\0")

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._before)
        del self._map[self._read.fileno()]
        self._read.close()
        self._write.close()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        self._read.recv(4096)

    def handle_error(self) -> None:
        raise  # noqa: PLE0704  called by supervisord's loop while an exception is handled


def _boolean(parser: Any, section: str, key: str) -> bool:
    text = parser.saneget(section, key, KEYS[key])
    try:
        return bool(boolean(text))
    except ValueError:
        raise ValueError(f"{key}={text} in [{section}] must be true or false") from None


def _restarts(process: Subprocess, status: int) -> bool:
    """Whether supervisord will start a program anew that ended with `status`."""
    wanted = process.config.autorestart
    if wanted is RestartWhenExitUnexpected:
        return status not in process.config.exitcodes
    return bool(wanted)


def _too_often(times: deque[float], most: int) -> bool:
    """Note that it happened now; whether it has happened `most` times within the window."""
    now = time.monotonic()
    times.append(now)
    while times[0] < now - WINDOW_SECONDS:
        times.popleft()
    return len(times) >= most


def _adopt_orphans() -> None:
    """Become the parent of whatever our programs leave behind, as PID 1 is anyway: supervisord
    reaps all its children. Elsewhere than on Linux, nothing happens.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_group(group: int) -> None:
    """Kill what is left of a group, and see it gone: the next of its kind wants the same port."""
    deadline = time.monotonic() + GROUP_SECONDS
    while _signal_group(group, signal.SIGKILL) and time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(-group, os.WNOHANG)
        time.sleep(0.002)


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group; False where it has no members."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS says EPERM of zombies
        return False
    return True
