"""Runs supervisord inside this process, and adds what it lacks as a container's PID 1.

supervisord always exits 0 (https://github.com/Supervisor/supervisor/issues/712), checks its
children once per second, and cannot drain. All three are parts of its main loop, so this module
overrides the loop.
"""

import os
import signal
import socket
import time
from collections import deque
from pathlib import Path
from typing import Any

from supervisor import events
from supervisor.datatypes import RestartWhenExitUnexpected
from supervisor.medusa import asyncore_25 as asyncore
from supervisor.options import decode_wait_status
from supervisor.process import Subprocess
from supervisor.states import ProcessStates, SupervisorStates
from supervisor.supervisord import Supervisor

from demijohn.common.exit_codes import Exit
from demijohn.common.log import Relay, log_error, log_info
from demijohn.common.run_dir import LOADED_MARKER
from demijohn.config.database_url import DatabaseUrl
from demijohn.serve import program_config
from demijohn.serve.nginx_cache import MAX_BYTES, WallClock, clear_cache
from demijohn.serve.process_groups import adopt_orphans, kill_group, signal_group

# A program that exits so often within the window will not recover by another restart. One that is
# killed, by a person or by the kernel for its memory, gets more restarts.
WINDOW_SECONDS = 60
MAX_EXITS = 3
MAX_KILLS = 30

# The beginnings of supervisord's messages about a command that cannot be executed. Other errors may
# be temporary.
NO_COMMAND = ("can't find command", "command at", "no permission to run command")

STOPPING = "Nginx completes requests in flight, then Gunicorn stops"

PAUSE_SECONDS = 15  # before a non-essential program that keeps failing is started again


def load(
    conf: Path, lock_database: DatabaseUrl | None, instance: str, only: str | None = None
) -> "Programs":
    """Read the programs, as `program_config.read` does.

    If `only` is given, keep just that program.
    """
    return Programs(program_config.read(conf, lock_database, instance, only), only)


class Programs:
    """The programs that supervisord will run: all of them, or the one named `only`."""

    def __init__(self, options: program_config.Options, only: str | None) -> None:
        self._options = options
        self._only = only

    def run(self, drain_marker: Path, drain_seconds: int) -> Exit:
        """Run the programs until a signal, or until one cannot be kept running.

        SIGTERM creates `drain_marker` (/readyz then answers 503), and stops the programs
        `drain_seconds` later; SIGINT stops them at once; a second signal kills them.
        """
        adopt_orphans()
        supervisor = Lifecycle(self._options, drain_marker, drain_seconds, self._only)
        try:
            supervisor.main()
        except asyncore.ExitNow:
            pass
        finally:
            supervisor.kill_all()
        if supervisor.reason:
            log_error(supervisor.reason)
        return supervisor.exit_status


class Lifecycle(Supervisor):  # type: ignore[misc]
    """supervisord with a drain, an exit status, and a message for it in `reason`."""

    def __init__(
        self,
        options: program_config.Options,
        drain_marker: Path,
        drain_seconds: int,
        only: str | None,
    ) -> None:
        super().__init__(options)
        self._runs_one_program = only is not None
        self._stopping = f"stopping {only}" if only else STOPPING
        self.exit_status = Exit.OK
        self.reason = ""
        self._marker = drain_marker
        self._drain_seconds = drain_seconds
        self._signalled = False
        self._relay = Relay()
        self._exits: dict[str, deque[float]] = {}
        self._kills: dict[str, deque[float]] = {}
        # By name: the time of the pause, the process, and its configured autorestart.
        self._paused: dict[str, tuple[float, Subprocess, Any]] = {}
        self._sockets: list[object] = []
        self._clock = WallClock()
        self._second = 0
        self._is_open = self._runs_one_program  # without Nginx, there is nothing to open
        self._has_terminal = os.isatty(0)  # whose end, on a laptop, is the end of the programs

    def runforever(self) -> None:
        events.subscribe(events.ProcessLogEvent, self._on_log)
        events.subscribe(events.ProcessStateExitedEvent, self._on_exited)
        events.subscribe(events.ProcessStateBackoffEvent, self._on_backoff)
        events.subscribe(events.ProcessStateFatalEvent, self._on_fatal)
        events.subscribe(events.Tick5Event, self._on_tick)
        # supervisord closes a program's socket when the program exits, and with it the waiting
        # connections. This reference keeps the socket open.
        self._sockets = [
            group.socket_manager.get_socket()
            for group in self.process_groups.values()
            if hasattr(group, "socket_manager")
        ]
        signal.signal(signal.SIGALRM, self.options.signal_receiver.receive)
        with _SignalWakeup(self.options.get_socket_map()):
            super().runforever()

    def tick(self, now: float | None = None) -> None:
        """Called at every turn of the loop, which may be often."""
        super().tick(now)
        if not self._is_open and (self._marker.parent / LOADED_MARKER).exists():
            self._is_open = True
            self._start_nginx()
        if (second := int(time.monotonic())) != self._second:
            self._second = second
            clear_cache(self._marker.parent, MAX_BYTES)

    def _start_nginx(self) -> None:
        """Start Nginx when the app is loaded: an open port is a working one."""
        if self.options.mood == SupervisorStates.RUNNING:
            for process in self.process_groups["nginx"].processes.values():
                process.spawn()

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
        elif received == signal.SIGHUP and not self._has_terminal:
            log_info("supervise", "SIGHUP is ignored: restart the container to change settings")
        elif received in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            if self._signalled:
                log_info("stop", "second signal: killing the programs")
                self.kill_all()
            self._signalled = True
            self._stop()

    def _stop(self) -> None:
        if self.options.mood == SupervisorStates.RUNNING:
            log_info("stop", self._stopping)
            self._marker.touch()
        self.options.mood = SupervisorStates.SHUTDOWN

    def _fail(self, process: Subprocess, why: str, status: Exit = Exit.SOFTWARE) -> None:
        """Pause a program that cannot be kept running; end the container if it is essential."""
        if process.config.name in self.options.nonessential:
            self._pause(process, why)
        else:
            self._give_up(process.config.name, why, status)

    def _pause(self, process: Subprocess, why: str) -> None:
        name, config = process.config.name, process.config
        if name not in self._paused:
            log_error(f"{name} {why}. It is not essential; restarting it in {PAUSE_SECONDS} s.")
            self._paused[name] = time.monotonic(), process, config.autorestart
            config.autorestart = False
            self._exits.pop(name, None)
            self._kills.pop(name, None)

    def _resume(self) -> None:
        """Restart programs whose pause is over."""
        for name, (since, process, autorestart) in list(self._paused.items()):
            if since < time.monotonic() - PAUSE_SECONDS:
                del self._paused[name]
                process.config.autorestart = autorestart
                running = self.options.mood == SupervisorStates.RUNNING
                if running and process.state == ProcessStates.FATAL:
                    process.spawn()

    def _give_up(self, program: str, why: str, status: Exit) -> None:
        if self.exit_status is Exit.OK and self.options.mood == SupervisorStates.RUNNING:
            self.exit_status = status
            last = self._relay.last_errors.get(program, "")
            if status is Exit.CONFIGURATION and last:
                self.reason = last.removeprefix("demijohn: ")  # the program's own message
            else:
                self.reason = f"{program} {why}, giving up." + (
                    f" Last output: {last}" if last else ""
                )
            # Close the connections that wait for the program: Nginx completes requests before it
            # stops, and would wait for them.
            self._sockets.clear()
            self._stop()

    def kill_all(self) -> None:
        """Kill the programs and all their children."""
        for group in self.options.groups:
            signal_group(group, signal.SIGKILL)
        self._sockets.clear()
        self._relay.flush()

    def _on_log(self, event: events.ProcessLogEvent) -> None:
        config = event.process.config
        is_error = event.channel == "stderr" or config.redirect_stderr
        self._relay.feed(config.name, 2 if is_error else 1, event.data)

    def _on_exited(self, event: events.ProcessStateEvent) -> None:
        process: Subprocess = event.process
        name, pid = process.config.name, process.pid
        status, text = decode_wait_status(self.options.statuses.pop(pid, 0))
        if process.config.killasgroup:
            kill_group(pid)
        if not _will_restart(process, status):
            log_info("supervise", f"{name} ended ({text}), not restarting it")
            if self._runs_one_program:  # `demijohn worker NAME` has nothing else to run
                self.exit_status = Exit.OK if status == 0 else Exit.SOFTWARE
                self._stop()
            return
        killed = status == -1
        times = (self._kills if killed else self._exits).setdefault(name, deque())
        if status == Exit.CONFIGURATION:
            self._fail(process, "cannot start as configured", Exit.CONFIGURATION)
        elif _add_and_check(times, MAX_KILLS if killed else MAX_EXITS):
            self._fail(process, f"failed {len(times)} times in {WINDOW_SECONDS} s ({text})")
        else:
            log_info("supervise", f"{name} ended ({text}), restarting it")

    def _on_backoff(self, event: events.ProcessStateEvent) -> None:
        essential = event.process.config.name not in self.options.nonessential
        if essential and event.process.spawnerr.startswith(NO_COMMAND):
            self._on_fatal(event)

    def _on_fatal(self, event: events.ProcessStateEvent) -> None:
        self._fail(event.process, f"does not start ({event.process.spawnerr})")

    def _on_tick(self, _: events.Tick5Event) -> None:
        """Runs every five seconds by the wall clock, and within one second after it was set."""
        self._resume()
        if step := self._clock.seconds_set_back():
            log_info("supervise", f"the clock was set back by {step:.0f} s: clearing the cache")
            clear_cache(self._marker.parent)


class _SignalWakeup:
    """Wakes the loop at every signal, and once when it begins; otherwise it sleeps for a second.

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
        raise  # noqa: PLE0704  supervisord's loop calls this in an exception handler


def _will_restart(process: Subprocess, status: int) -> bool:
    """Whether supervisord restarts a program that ended with `status`."""
    wanted = process.config.autorestart
    if wanted is RestartWhenExitUnexpected:
        return status not in process.config.exitcodes
    return bool(wanted)


def _add_and_check(times: deque[float], most: int) -> bool:
    """Add the current time; returns whether there are `most` times within the window."""
    now = time.monotonic()
    times.append(now)
    while times[0] < now - WINDOW_SECONDS:
        times.popleft()
    return len(times) >= most
