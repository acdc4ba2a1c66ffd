"""What tests ask a database with."""

from collections.abc import Callable

Query = Callable[[str], str]  # SQL, and what psql prints of its rows: columns with | between
