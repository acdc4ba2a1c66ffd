"""Resolves host names before the deadline; the system's resolver may take 10 s to fail."""

import socket
import threading

from . import deadline


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, the preferred one first.

    Raises OSError if there are none, TimeoutError (an OSError) after the deadline.
    """
    found: list[str] = []
    failure: list[OSError] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except OSError as error:
            failure.append(error)

    # In a thread, because getaddrinfo cannot be interrupted; the thread ends when it returns.
    thread = threading.Thread(target=look_up, name=f"resolve {host}", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # the limit of threads is reached
        raise OSError(str(error)) from None
    thread.join(deadline.seconds_left())
    if failure:
        raise failure[0]
    if not found:
        raise TimeoutError(f"the name {host} was not resolved in time")
    return found
