"""What stands between an app and its database, and can be told to misbehave."""

import contextlib
import ctypes
import socket
import struct
import threading

# A packet filter: the kernel drops what comes before TCP sees it, but for SYN and RST
# (https://docs.kernel.org/networking/filter.html). With these a port that had been the other end
# of a forgotten connection can connect anew, as it could through a firewall. Linux only.
SO_ATTACH_FILTER = 26
_INSTRUCTIONS = [
    (0x30, 0, 0, 13),  # load the byte of TCP's flags
    (0x45, 0, 1, 0x02 | 0x04),  # jump over the next one where neither SYN nor RST is set
    (0x06, 0, 0, 0xFFFFFFFF),  # let it pass
    (0x06, 0, 0, 0),  # drop it
]
_PROGRAM = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in _INSTRUCTIONS))
_DROP = struct.pack("HL", len(_INSTRUCTIONS), ctypes.addressof(_PROGRAM))


class Proxy:
    """Forwards TCP to a port of this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._flowing = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])
        self.heal()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target))
                except ConnectionRefusedError:
                    near.close()
                    continue
                self._open |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flowing.wait()
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def lead_to(self, target: int) -> None:
        """Let new connections go elsewhere; those there are stay: a name that has changed."""
        self._target = target

    def freeze(self) -> None:
        """Take connections and requests, and never answer: a host that hangs."""
        self._flowing.clear()

    def drop(self) -> None:
        """End the connections there are: a restart, a failover, an idle timeout."""
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def forget(self) -> None:
        """Let the connections there are lead nowhere, as a firewall or NAT that has forgotten them:
        what is sent is not even acknowledged, while new ones are served.
        """
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _DROP)

    def refuse(self) -> None:
        """Nothing listens any more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def heal(self) -> None:
        self._flowing.set()
        if self._listener.fileno() == -1:
            self._listener = self._listen(self.port)
