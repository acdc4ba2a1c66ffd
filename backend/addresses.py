"""Host names to addresses, in time: the system's resolver may take 10 s to give up."""

import socket
import threading

from . import patience


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, the preferred one first.

    Raises OSError if there are none, TimeoutError (an OSError) if patience ends before.
    """
    found: list[str] = []
    failure: list[OSError] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except OSError as error:
            failure.append(error)

    # A thread, since nothing can interrupt getaddrinfo; it ends when the resolver does.
    thread = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # no thread to be had
        raise OSError(str(error)) from None
    thread.join(patience.left())
    if failure:
        raise failure[0]
    if not found:
        raise TimeoutError(f"the name {host} was not resolved in time")
    return found
