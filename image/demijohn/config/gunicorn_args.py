"""Filters GUNICORN_CMD_ARGS, which apps from hosts' native runtimes often have set.

This variable overrides Gunicorn's configuration file
(https://docs.gunicorn.org/en/stable/configure.html). An option such as --bind, which Render's guide
to Flask recommends, would move Gunicorn off the socket that supervisord holds. So the boot keeps
the options that are safe, and drops the others with a warning.
"""

import re
import shlex
from argparse import ArgumentError
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

VARIABLE = "GUNICORN_CMD_ARGS"

# Options that are settings of ours, because Nginx, the watchdog and the pool depend on them too.
SETTINGS = {"workers": "WEB_CONCURRENCY", "threads": "WEB_THREADS", "timeout": "REQUEST_TIMEOUT"}

# The file that Gunicorn itself would read, in the folder of the app.
FILE = "gunicorn.conf.py"
REPLACED = SETTINGS | {"timeout": "DEMIJOHN_REQUEST_TIMEOUT", "preload_app": "PRELOAD"}

# Options on which nothing else depends; the names are Gunicorn's.
SAFE = {
    "access_log_format",
    "accesslog",
    "capture_output",
    "dogstatsd_tags",
    "errorlog",
    "graceful_timeout",
    "limit_request_field_size",
    "limit_request_fields",
    "limit_request_line",
    "loglevel",
    "max_requests",
    "max_requests_jitter",
    "proc_name",
    "raw_env",
    "statsd_host",
    "statsd_prefix",
}


@dataclass
class GunicornArgs:
    """`kept` are the arguments for Gunicorn; `settings` are texts of our settings, by name;
    `dropped` names the options that are not allowed; `error` says why the text cannot be parsed.
    """

    kept: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    error: str = ""


def parse(text: str) -> GunicornArgs:
    """Split `text` as a shell would and sort its options. Errors are in the result, not raised."""
    try:
        from gunicorn.config import Config  # only if the variable is set: the import takes 20 ms

        config = Config()
    except ValueError as error:  # Config reads WEB_CONCURRENCY, which may be the app's own
        return GunicornArgs(error=f"Gunicorn's configuration cannot be loaded ({error})")
    found = GunicornArgs()
    parser = config.parser()
    parser.exit_on_error = False
    parser.error = _raise
    try:
        given = vars(parser.parse_args(_split(text)))
    except (ArgumentError, ValueError) as error:
        return GunicornArgs(error=str(error))
    kept: list[str] = []
    for name, value in given.items():
        if value in (None, []):
            continue
        flag = config.settings[name].cli[-1] if name != "args" else " ".join(value)
        if name in SETTINGS:
            found.settings[SETTINGS[name]] = str(value)
        elif name in SAFE and _is_valid(config, name, value):
            values = value if isinstance(value, list) else [value]
            kept += [flag if one is True else f"{flag}={one}" for one in values]
        else:
            found.dropped.append(flag)
    found.kept = shlex.join(kept)
    return found


def unread_file(app_dir: Path, app_module: str) -> str:
    """A line about the app's own configuration file of Gunicorn, with the settings that replace it;
    empty if there is none. The file is not executed.
    """
    package = app_module.partition(":")[0].partition(".")[0]
    found = [path for path in (app_dir / FILE, app_dir / package / FILE) if path.is_file()]
    if not found:
        return ""
    text = found[0].read_text(encoding="utf-8", errors="replace")
    names = set(re.findall(r"^(\w+)\s*=", text, re.MULTILINE))
    advice = [f"instead of {name}, set {REPLACED[name]}" for name in REPLACED if name in names]
    if safe := sorted(names & SAFE):
        advice.append(f"{VARIABLE} takes {', '.join(safe)}")
    return "; ".join([f"{found[0]} is not read", *advice]) + "."


def _is_valid(config: Any, name: str, value: object) -> bool:
    """Whether Gunicorn accepts the value; it does not start with an invalid one."""
    try:
        config.set(name, value)
    except (TypeError, ValueError):
        return False
    return True


def _split(text: str) -> list[str]:
    """Split as a shell would. Raises ValueError for options that print a text and exit."""
    words = shlex.split(text)
    if wrong := {"-h", "--help", "-v", "--version"} & set(words):
        raise ValueError(f"{wrong.pop()} is not an option for a server")
    return words


def _raise(message: str) -> NoReturn:
    raise ValueError(message)
