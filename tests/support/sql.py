"""The type of the fixture `query`."""

from collections.abc import Callable

Query = Callable[[str], str]  # from SQL to psql's rows, with columns separated by |
