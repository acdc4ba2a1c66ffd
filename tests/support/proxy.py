"""A TCP proxy between an app and its database, with which tests inject network faults."""

import contextlib
import ctypes
import socket
import struct
import threading

# A packet filter: the kernel drops every packet but SYN and RST before TCP sees it
# (https://docs.kernel.org/networking/filter.html). SYN and RST pass so that the port at the other
# end of a dropped connection can connect again, as through a firewall. Linux only.
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

    def redirect(self, target: int) -> None:
        """Forward new connections to another port, and keep open ones, as a DNS change does."""
        self._target = target

    def freeze(self) -> None:
        """Accept connections and requests but never answer, as a host that hangs does."""
        self._flowing.clear()

    def drop(self) -> None:
        """Close all open connections, as a restart, a failover or an idle timeout does."""
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def blackhole(self) -> None:
        """Drop all packets of open connections, as a firewall or NAT does that has lost its state.

        They are not even acknowledged; new connections work.
        """
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _DROP)

    def refuse(self) -> None:
        """Stop listening, and close all open connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def heal(self) -> None:
        self._flowing.set()
        if self._listener.fileno() == -1:
            self._listener = self._listen(self.port)
