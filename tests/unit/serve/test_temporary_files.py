"""How much Nginx may write to temporary files."""

from pathlib import Path

import pytest
from demijohn.config.settings import load
from demijohn.serve.temporary_files import limits

MB = 1 << 20
ON_DISK = ("1g", "8m", "256", "192")


def limits_of(folder: Path | str, memory: int | None, **settings: str) -> tuple[str, ...]:
    given = {"DATABASE_URL": "postgres://u:p@h/d", "DEMIJOHN_RUN_DIR": str(folder)} | settings
    return tuple(line.split()[-1] for line in limits(load(given), memory).split(";")[:4])


@pytest.mark.parametrize(
    ("memory", "body", "expected"),
    [
        (256 * MB, "1m", ("1m", "1m", "64", "48")),
        (256 * MB, "", ("4m", "1m", "16", "12")),
        (256 * MB, "8m", ("8m", "1m", "8", "6")),
        (256 * MB, "1g", ("1g", "1m", "4", "3")),
        (None, "16m", ("16m", "1m", "8", "6")),
    ],
)
def test_bodies_in_memory_fill_a_quarter_of_it_at_most(
    memory: int | None, body: str, expected: tuple[str, ...]
) -> None:
    assert limits_of("/dev/shm", memory, DEMIJOHN_MAX_BODY_SIZE=body) == expected


def test_folder_on_disk_may_hold_more(tmp_path: Path) -> None:
    assert limits_of(tmp_path, 256 * MB, DEMIJOHN_MAX_BODY_SIZE="1g") == ON_DISK
    assert limits_of(tmp_path, 256 * MB) == ("16m", *ON_DISK[1:])


def test_every_folder_of_cloud_run_is_in_memory(tmp_path: Path) -> None:
    assert limits_of(tmp_path, 256 * MB, K_SERVICE="x")[:2] == ("4m", "1m")
