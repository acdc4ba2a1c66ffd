"""One setting: its names, and how its value is read from the environment variables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, Never, TypeVar, cast, overload

from dotenv import dotenv_values

from demijohn.common.exit_codes import CommandError, Exit
from demijohn.config.parsers import Parser

T = TypeVar("T")

PREFIX = "DEMIJOHN_"
# The text and the source of each variable.
Known = Mapping[str, tuple[str, str]]
DOTENV = PREFIX + "DOTENV"  # read before the others: it names the file that has them


# The default of a setting whose value the boot fills in. Every type includes Never, so the setting
# has the type of its parser.
AT_BOOT: Never = cast(Never, None)


class Values:
    """Holds the values of settings, by their names in upper case."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]


class Setting(Generic[T]):
    """One environment variable, and the attribute of Settings that holds its value.

    `parse` turns the variable's text into a value or raises ValueError. `default` is the value (not
    the text) if the variable is unset or empty. A `secret` may also come from a file named by
    NAME_FILE, and is never printed. `prefixed`: read as DEMIJOHN_NAME only, because apps, libraries
    or hosts use NAME for something of their own. `formerly` is an earlier name, which is still
    read, with a warning. The README lists the `everyday` ones, docs/settings.md all of them.
    """

    def __init__(
        self,
        parse: Parser[T],
        default: T,
        meaning: str,
        *,
        secret: bool = False,
        everyday: bool = False,
        prefixed: bool = False,
        formerly: str = "",
    ) -> None:
        self.parse = parse
        self.default = default
        self.meaning = meaning
        self.secret = secret
        self.everyday = everyday
        self.prefixed = prefixed
        self.formerly = formerly

    def __set_name__(self, owner: type[Values], name: str) -> None:
        self.name = name.upper()

    @overload
    def __get__(self, values: None, owner: type[Values]) -> "Setting[T]": ...
    @overload
    def __get__(self, values: Values, owner: type[Values]) -> T: ...
    def __get__(self, values: Values | None, owner: type[Values]) -> "Setting[T] | T":
        if values is None:
            return self
        value: T = values[self.name]
        return value

    @property
    def variable(self) -> str:
        """The name for messages and docs: the plain one, unless the setting is `prefixed`."""
        return PREFIX + self.name if self.prefixed else self.name

    def variables(self) -> list[str]:
        """The names of its variables; the first one that is set wins."""
        names = [PREFIX + self.name] + ([] if self.prefixed else [self.name])
        return names + ([PREFIX + self.formerly, self.formerly] if self.formerly else [])


def with_dotenv(environ: Mapping[str, str]) -> Known:
    """The text and source of each variable; the environment wins over the file.

    Raises CommandError(78) if the file cannot be read.
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


def find(setting: Setting[Any], known: Known) -> str | None:
    """The name of the variable that sets a setting, or None. An empty one counts as unset."""
    for name in setting.variables():
        text, _ = known.get(name, ("", ""))
        file, _ = known.get(f"{name}_FILE", ("", "")) if setting.secret else ("", "")
        if (text or file) and not _is_set_by_platform(setting, name, text):
            return name
    return None


def _is_set_by_platform(setting: Setting[Any], name: str, text: str) -> bool:
    """Whether a platform has set this variable with another meaning.

    flyctl sets RELEASE_COMMAND=1 in the machine that runs the release
    (https://fly.io/docs/reference/configuration/#run-one-off-commands-before-releasing-a-deployment).
    Kubernetes sets DEMIJOHN_PORT=tcp://10.0.0.11:80 if a Service is called `demijohn`
    (https://kubernetes.io/docs/concepts/containers/container-environment/#cluster-information).
    """
    if setting.formerly and name.endswith(setting.formerly):
        return text == "1"
    return setting.name == "PORT" and text.startswith("tcp://")


def read(setting: Setting[Any], variable: str | None, known: Known) -> tuple[Any, str]:
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
        # A text that is not an absolute path may be the secret itself.
        shown = f"={file!r}" if file.startswith("/") else ""
        raise ValueError(f"cannot be read from {variable}_FILE{shown}: {why}") from None
    if not text:
        raise ValueError(f"cannot be read from {variable}_FILE={file!r}: the file is empty")
    return setting.parse(text), file
