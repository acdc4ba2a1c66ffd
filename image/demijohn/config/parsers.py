"""Parsers for the texts of environment variables. A ValueError says what the text must be."""

import ast
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from demijohn.config.platforms import NETWORKS

T = TypeVar("T")
Parser = Callable[[str], T]


PATH = re.compile(r"(/[A-Za-z0-9_~.-]+)+")
EVERYTHING = "/"  # in API_PATHS
NGINX_PATHS = ("/assets", "/env.js")
PROBE_PATHS = ("/livez", "/readyz", "/healthz", "/healthz/database", "/up")


def integer(low: int, high: int) -> Parser[int]:
    """A parser of whole numbers from `low` to `high`."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def choice(*allowed: str) -> Parser[str]:
    """A parser of one word out of `allowed`, which are in lower case. It ignores case."""

    def parse(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(f"must be one of: {', '.join(allowed)}")
        return text.lower()

    return parse


def boolean(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError("must be true or false")
    return words[text.lower()]


def size(text: str) -> str:
    """A size in Nginx's syntax: a number of bytes, or with k, m or g; `10 MB` is 10m."""
    found = re.fullmatch(r"([1-9][0-9]{0,8}) ?([kmg]?)(i?b)?", text.lower())
    if not found:
        raise ValueError("must be a size such as 512k, 10m or 1g")
    return found[1] + found[2]


def bytes_of_size(text: str) -> int:
    """The number of bytes of a size."""
    shown = size(text)
    number, unit = shown.rstrip("kmg"), shown.lstrip("0123456789")
    return int(number) << {"": 0, "k": 10, "m": 20, "g": 30}[unit]


class Arguments(NamedTuple):
    """The arguments of a call."""

    args: list[Any]
    kwargs: dict[str, Any]


def app_module(text: str) -> str:
    """A module and an object in it, or a call of a factory with literals, as for Gunicorn."""
    module, _, expression = text.partition(":")
    if not re.fullmatch(r"[^\s.:()/]+(\.[^\s.:()/]+)*", module) or module.endswith(".py"):
        raise ValueError(
            "must be module:object or module:factory(), with Python's name of the module: app:app"
        )
    factory_call(expression or "app")
    return text


def factory_call(expression: str) -> tuple[str, Arguments | None]:
    """The name in `app` or `create_app("production")`, and the arguments if it is a call.

    Raises ValueError.
    """
    try:
        node = ast.parse(expression.strip(), mode="eval").body
        if isinstance(node, ast.Name):
            return node.id, None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            args = [ast.literal_eval(each) for each in node.args]
            kwargs = {str(each.arg): ast.literal_eval(each.value) for each in node.keywords}
            return node.func.id, Arguments(args, kwargs)
    except (SyntaxError, ValueError):
        pass
    raise ValueError("must be module:object or module:factory(), with literals as arguments")


def api_paths(text: str) -> list[str]:
    """URL prefixes, separated by commas: `/api,/socket`. `/` is all that is not the frontend's."""
    words = [word.strip() for word in text.split(",")]
    paths = [word if word == EVERYTHING else word.rstrip("/") for word in words]
    for path in paths:
        if path != EVERYTHING and not PATH.fullmatch(path):
            raise ValueError("must be paths separated by commas, such as /api,/socket, or /")
        if path in NGINX_PATHS:
            raise ValueError(f"must not contain {path}, which Nginx itself serves")
        if path in PROBE_PATHS:
            raise ValueError(f"must not contain {path}, which is a probe of the image")
    return list(dict.fromkeys(paths))


def path_prefix(text: str) -> str:
    """One URL prefix, such as `/api`."""
    path = text.strip().rstrip("/")
    if not PATH.fullmatch(path):
        raise ValueError("must be one path such as /api")
    return path


def header_value(text: str) -> str:
    """Text that can be quoted in nginx.conf, where `$` begins a variable."""
    if re.search(r'[\x00-\x1f\x7f"$\\]', text):
        raise ValueError('must be one line without ", $ or \\')
    return text


def networks(text: str) -> list[str]:
    """Addresses, CIDR networks and the names of networks, separated by commas or spaces."""
    from ipaddress import ip_network  # only if the setting is used: the import takes 5 ms

    found = []
    for entry in re.split(r"[,\s]+", text.strip(" ,\t")):
        word = entry.lower()
        try:
            if "%" in word:  # an IPv6 zone, which Nginx does not support
                raise ValueError
            found.append(word if word in NETWORKS else str(ip_network(word, strict=False)))
        except ValueError:
            raise ValueError(
                f"contains {entry!r}, but must be addresses, networks such as 10.0.0.0/8, "
                f"or the words {', '.join(NETWORKS)}"
            ) from None
    if "none" in found and len(found) > 1:
        raise ValueError("must be none alone, or a list without it")
    return list(dict.fromkeys(found))


def header_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", text):
        raise ValueError("must be the name of an HTTP header, such as X-Real-IP")
    return text
