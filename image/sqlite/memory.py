"""What a large value took goes back to the system as soon as it is done with."""

import ctypes
from contextlib import suppress

M_MMAP_THRESHOLD = -3  # malloc.h of glibc
LARGE_BYTES = 4 << 20


def give_back() -> None:
    """Let malloc map blocks of 4 MB and more one by one, and unmap them when they are freed.

    By itself glibc raises that limit to the largest block that was ever freed, 32 MB at most: what
    is smaller then stays in its heaps, in pieces (mallopt(3)). Other libraries are left alone.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
