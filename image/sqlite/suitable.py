"""Whether a database can be imported into at all: asked first, before anything is read."""

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
    elif standby and not verify:
        why = "is a read-only standby. Name the primary"
    elif read_only and not verify:
        why = (
            "takes no writing: default_transaction_read_only is on, which some hosts see to where "
            "the disk is full. Turn it off where it was turned on: "
            f"ALTER DATABASE {identifier(name)} RESET default_transaction_read_only, or the same "
            "with ALTER ROLE, or in postgresql.conf"
        )
    else:
        return
    raise Stop(
        Exit.UNAVAILABLE, one_line(f"{place} {why}.") + " Nothing was changed." * (not verify)
    )
