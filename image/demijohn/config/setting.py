"""One setting: its names, and how its value is found among the environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.parsers import Parser

PREFIX = "DEMIJOHN_"
# The text of each variable, and where it is set.
Known = Mapping[str, tuple[str, str]]
DOTENV = PREFIX + "DOTENV"  # read before the others: it says where they are


@dataclass(frozen=True)
class Setting:
    """One environment variable: `parse` turns its text into a value or raises ValueError.

    `default` is the value (not the text) where the variable is unset or empty; None means that
    the boot finds a value. A `secret` may also come from a file named by NAME_FILE, and is never
    printed. `prefixed`: read as DEMIJOHN_NAME only, because apps, libraries or hosts use NAME for
    something of their own. `formerly` is an earlier name, which still counts, with a warning. The
    README lists those for `everyday`, docs/settings.md all of them.
    """

    name: str
    parse: Parser
    default: Any
    meaning: str
    secret: bool = False
    everyday: bool = False
    prefixed: bool = False
    formerly: str = ""

    @property
    def variable(self) -> str:
        """The name to show to people: the plain one, unless that belongs to others."""
        return PREFIX + self.name if self.prefixed else self.name

    def variables(self) -> list[str]:
        """The names under which it is looked for; the first one that is set wins."""
        names = [PREFIX + self.name] + ([] if self.prefixed else [self.name])
        return names + ([PREFIX + self.formerly, self.formerly] if self.formerly else [])


def with_dotenv(environ: Mapping[str, str]) -> Known:
    """Each variable's text and where it stands; the environment wins over the file.

    Raises CommandError(78) where the file cannot be read.
    """
    path = environ.get(DOTENV, ".env")
    found: dict[str, tuple[str, str]] = {}
    if path and (DOTENV in environ or Path(path).is_file()):
        try:
            with Path(path).open(encoding="utf-8") as file:
                written = dotenv_values(stream=file)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            line = f"{DOTENV}={path!r} cannot be read: {why}."
            raise CommandError(Exit.CONFIGURATION, line) from None
        found = {name: (text, path) for name, text in written.items() if text is not None}
    return found | {name: (text, "environment") for name, text in environ.items()}


def find(setting: Setting, known: Known) -> str | None:
    """The variable that gives a setting its value, or None. An empty one counts as unset."""
    for name in setting.variables():
        text, _ = known.get(name, ("", ""))
        file, _ = known.get(f"{name}_FILE", ("", "")) if setting.secret else ("", "")
        if (text or file) and not _is_of_platform(setting, name, text):
            return name
    return None


def _is_of_platform(setting: Setting, name: str, text: str) -> bool:
    """Whether a platform has set this variable, and means something else by it.

    flyctl sets RELEASE_COMMAND=1 in the machine that runs the release
    (https://fly.io/docs/reference/configuration/#run-one-off-commands-before-releasing-a-deployment).
    Kubernetes sets DEMIJOHN_PORT=tcp://10.0.0.11:80 where a Service is called `demijohn`
    (https://kubernetes.io/docs/concepts/containers/container-environment/#cluster-information).
    """
    if setting.formerly and name.endswith(setting.formerly):
        return text == "1"
    return setting.name == "PORT" and text.startswith("tcp://")


def read(setting: Setting, variable: str | None, known: Known) -> tuple[Any, str]:
    """The value of a setting and its source. Raises ValueError, without the variable's name."""
    if variable is None:
        return setting.default, "default"
    text, source = known.get(variable, ("", ""))
    file, _ = known.get(f"{variable}_FILE", ("", "")) if setting.secret else ("", "")
    if not file:
        return setting.parse(text), source
    if text:
        raise ValueError(f"and {variable}_FILE are both set; unset one of them")
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        # What is not an absolute path may be the secret itself.
        shown = f"={file!r}" if file.startswith("/") else ""
        raise ValueError(f"cannot be read from {variable}_FILE{shown}: {why}") from None
    if not text:
        raise ValueError(f"cannot be read from {variable}_FILE={file!r}: the file is empty")
    return setting.parse(text), file
