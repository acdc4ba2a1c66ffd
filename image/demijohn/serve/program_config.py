"""Reads supervisord.conf and programs.d, with the keys that this image adds to a program."""

import re
from pathlib import Path
from typing import Any

from supervisor.datatypes import boolean
from supervisor.options import ServerOptions

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.database_url import DatabaseUrl
from demijohn.serve import single_instance
from demijohn.serve.process_groups import signal_group

# The keys that we add to a [program:x] section, with their defaults.
KEYS = {"demijohn_essential": "true", "demijohn_single_instance": "false"}

# Keys that are probably misspelt keys of ours; supervisord ignores unknown keys.
MISSPELT_KEY = re.compile(r"demij|essential$|single[_-]?instance$")


class Options(ServerOptions):  # type: ignore[misc]
    """supervisord's options, which also record the ends and the process groups of its children.

    `statuses` maps process IDs to wait statuses. `groups` may still have members. `nonessential`
    are the names of programs without which the container keeps running.
    """

    process_group_configs: list[Any]

    def __init__(self, lock_database: DatabaseUrl | None, instance: str) -> None:
        super().__init__()
        self.statuses: dict[int, int] = {}
        self.groups: set[int] = set()
        self.nonessential: set[str] = set()
        self._lock_database = lock_database
        self._instance = instance

    def processes_from_section(
        self, parser: Any, section: str, group_name: str, klass: Any = None
    ) -> list[Any]:
        """Read our own keys of a program's section, which supervisord ignores."""
        configs: list[Any] = super().processes_from_section(parser, section, group_name, klass)
        for key in parser.options(section):
            if key not in KEYS and MISSPELT_KEY.match(key):
                raise ValueError(f"{key} in [{section}] is unknown; there are {' and '.join(KEYS)}")
        essential, single = (_boolean(parser, section, key) for key in KEYS)
        for config in configs:
            if not essential:
                self.nonessential.add(config.name)
            if single:
                self._run_under_lock(config)
        return configs

    def _run_under_lock(self, config: Any) -> None:
        """Let supervisord start `single_instance`, which runs the program under a lock.

        Raises ValueError without a database, which has the locks.
        """
        if self._lock_database is None:
            raise ValueError(
                f"single=true in [program:{config.name}] needs DATABASE_URL for its lock"
            )
        config.command = single_instance.command(
            config.command,
            config.name,
            self._instance,
            config.stopsignal,
            stop_as_group=config.stopasgroup,
        )
        config.environment[single_instance.DATABASE_VARIABLE] = self._lock_database.libpq()
        config.killasgroup = True  # the program must not outlive the holder of its lock

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
            config.autostart = True  # autostart=false is for programs that `serve` must not start

    def fork(self) -> int:
        pid: int = super().fork()
        if pid:  # supervisord makes every child the leader of a group
            alive = {group for group in self.groups if signal_group(group, 0)}
            # A child that was just forked may not have become a leader yet.
            self.groups = alive | set(self.pidhistory) | {pid}
        return pid

    def usage(self, msg: str) -> None:
        """Raise CommandError(78) with supervisord's message about its configuration."""
        raise CommandError(Exit.CONFIGURATION, f"supervisord.conf: {' '.join(msg.split())}")

    def waitpid(self) -> tuple[int | None, int | None]:
        pid, status = super().waitpid()
        if pid:
            self.statuses[pid] = status
        return pid, status


def read(conf: Path, lock_database: DatabaseUrl | None, instance: str, only: str | None) -> Options:
    """Read `conf` and the files that it includes; with `only`, keep that program alone.

    `lock_database` has the locks of single-instance programs, for which `instance` is our name.
    Raises CommandError(78) if a file is wrong, CommandError(64) if no program is called `only`.
    """
    options = Options(lock_database, instance)
    options.realize(["-c", str(conf)])
    options.first, options.test = True, False  # as supervisord's own main() does
    if only is not None:
        options.keep_only(only)
    return options


def _boolean(parser: Any, section: str, key: str) -> bool:
    text = parser.saneget(section, key, KEYS[key])
    try:
        return bool(boolean(text))
    except ValueError:
        raise ValueError(f"{key}={text} in [{section}] must be true or false") from None
