"""What counts of GUNICORN_CMD_ARGS, which people bring along from hosts' native runtimes.

Gunicorn lets this variable win over its configuration file
(https://docs.gunicorn.org/en/stable/configure.html). An option such as --bind, which Render's guide
to Flask has in it, would take Gunicorn off the socket that supervisord holds. So the boot keeps the
options that fit, and drops the others with a warning.
"""

import shlex
from argparse import ArgumentError
from dataclasses import dataclass, field
from typing import Any, NoReturn

VARIABLE = "GUNICORN_CMD_ARGS"

# Options that are settings here, since Nginx, the watchdog and the connection pool must agree.
SETTINGS = {"workers": "WEB_CONCURRENCY", "threads": "WEB_THREADS", "timeout": "REQUEST_TIMEOUT"}

# Options that change nothing that anything else relies on; the names are Gunicorn's.
KEPT = {
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
    """`kept` is what Gunicorn gets; `settings` has texts for settings of ours, by name; `dropped`
    names the options that do not fit, and `error` says why none can be read.
    """

    kept: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    error: str = ""


def parse(text: str) -> GunicornArgs:
    """Sort the options of `text`, which is split as a shell would. Raises nothing."""
    try:
        from gunicorn.config import Config  # only where the variable is set: it takes 20 ms

        config = Config()
    except ValueError as error:  # it reads WEB_CONCURRENCY, which may be the app's own
        return GunicornArgs(error=f"Gunicorn cannot be asked ({error})")
    found = GunicornArgs()
    parser = config.parser()
    parser.exit_on_error = False
    parser.error = _raise
    try:
        given = vars(parser.parse_args(_words(text)))
    except (ArgumentError, ValueError) as error:
        return GunicornArgs(error=str(error))
    kept: list[str] = []
    for name, value in given.items():
        if value in (None, []):
            continue
        flag = config.settings[name].cli[-1] if name != "args" else " ".join(value)
        if name in SETTINGS:
            found.settings[SETTINGS[name]] = str(value)
        elif name in KEPT and _is_valid(config, name, value):
            values = value if isinstance(value, list) else [value]
            kept += [flag if one is True else f"{flag}={one}" for one in values]
        else:
            found.dropped.append(flag)
    found.kept = shlex.join(kept)
    return found


def _is_valid(config: Any, name: str, value: object) -> bool:
    """Whether Gunicorn would take the value; otherwise it would not start."""
    try:
        config.set(name, value)
    except (TypeError, ValueError):
        return False
    return True


def _words(text: str) -> list[str]:
    """Raises ValueError for what Gunicorn would answer with a text of its own, and end."""
    words = shlex.split(text)
    if wrong := {"-h", "--help", "-v", "--version"} & set(words):
        raise ValueError(f"{wrong.pop()} is not an option for a server")
    return words


def _raise(message: str) -> NoReturn:
    raise ValueError(message)
