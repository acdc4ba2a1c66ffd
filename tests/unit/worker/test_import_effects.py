"""What an app has started or opened while it was imported."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

# Run in a process of their own: this one has threads and connections of pytest's.
SOURCES = {
    "nothing": "",
    "a log file": "import logging; logging.basicConfig(filename='log', force=True)",
    "a listening socket": "s = socket.create_server(('127.0.0.1', 0))",
    "a socket pair": "pair = socket.socketpair()",
    "UDP": "u = socket.socket(type=socket.SOCK_DGRAM); u.connect(('127.0.0.1', 9))",
    "an ended thread": "t = threading.Thread(target=int); t.start(); t.join()",
    "a closed SQLite database": (
        "c = sqlite3.connect('db'); c.execute('PRAGMA user_version=1'); c.close()"
    ),
}


def reasons_after(source: str, folder: Path) -> list[str]:
    code = (
        "import socket, sqlite3, threading, time\n"
        f"{source}\n"
        "from demijohn.worker.import_effects import reasons\n"
        "print(*reasons(), sep='\\n', flush=True)\n"
        "import os; os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_what_a_fork_leaves_whole_is_no_reason(source: str, tmp_path: Path) -> None:
    assert reasons_after(source, tmp_path) == []


def test_thread_is_a_reason(tmp_path: Path) -> None:
    source = "threading.Thread(target=time.sleep, args=(9,), name='jobs', daemon=True).start()"
    assert reasons_after(source, tmp_path) == [
        "starts threads while it is imported (jobs), which a fork would lose"
    ]


def test_native_thread_that_a_library_has_named_is_a_reason(tmp_path: Path) -> None:
    name_itself = "ctypes.CDLL(None).prctl(15, b'grpc_timer')"  # PR_SET_NAME
    source = (
        "import _thread, ctypes\n"
        f"_thread.start_new_thread(lambda: ({name_itself}, time.sleep(9)), ())\n"
        "time.sleep(0.2)"
    )
    assert reasons_after(source, tmp_path) == [
        "starts threads while it is imported (grpc_timer), which a fork would lose"
    ]


def test_connection_is_a_reason(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = f"c = socket.create_connection(('127.0.0.1', {port}))"
        found = reasons_after(source, tmp_path)
    what = f"(127.0.0.1:{port}), which its workers would share"
    assert found == [f"opens connections while it is imported {what}"]


def test_open_sqlite_database_is_a_reason(tmp_path: Path) -> None:
    source = "c = sqlite3.connect('db'); c.execute('PRAGMA user_version=1')"
    what = f"databases while it is imported ({tmp_path}/db), which its workers would share"
    assert reasons_after(source, tmp_path) == [f"opens SQLite {what}"]
