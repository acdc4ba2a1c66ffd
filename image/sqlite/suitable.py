"""Whether a database can be imported into at all: asked first, before anything is read."""

from ..database import unwritable
from ..exits import Exit, Stop
from .refusals import one_line
from .source import identifier
from .target import Target

ASKED = """
SELECT pg_catalog.current_setting('server_encoding'), pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('transaction_read_only')::bool, pg_catalog.current_database()"""


def check(target: Target, place: str, *, verify: bool) -> None:
    """Raise Stop(69) where the database at `place` cannot hold texts, or takes nothing.

    To `verify`, nothing has to be taken.
    """
    ((encoding, standby, read_only, name),) = target.rows(ASKED)
    # There a text is bytes, which may mean anything: none of its functions count characters.
    if encoding == "SQL_ASCII":
        way = f"CREATE DATABASE {identifier(name)} TEMPLATE template0 ENCODING 'UTF8'"
        why = f"has the encoding SQL_ASCII, which knows no letter beyond ASCII. Make it anew: {way}"
    else:
        why = "" if verify else unwritable(name, standby=standby, read_only=read_only)
    if why:
        unchanged = "" if verify else " Nothing was changed."
        raise Stop(Exit.UNAVAILABLE, one_line(f"{place} {why}.") + unchanged)
