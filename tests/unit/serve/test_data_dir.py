"""Volumes that the app's user cannot write, as the kernel lists mounts."""

import os
from pathlib import Path

import pytest
from demijohn.serve.data_dir import unwritable_volumes


def mount_line(path: Path, options: str, system: str) -> str:
    return f"36 35 98:0 / {str(path).replace(' ', chr(92) + '040')} {options} shared:1 - {system}\n"


@pytest.mark.parametrize(
    ("options", "system", "is_reported"),
    [
        ("rw,relatime", "ext4 /dev/vda rw", True),
        ("ro,relatime", "ext4 /dev/vda rw", False),
        ("rw,relatime", "ext4 /dev/vda ro", False),
        ("rw,nosuid", "tmpfs tmpfs rw", False),
        ("rw", "fuse.sshfs host:/ rw", True),
    ],
)
def test_volume_that_cannot_be_written_is_reported_with_the_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: str,
    system: str,
    *,
    is_reported: bool,
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path == tmp_path / "mine")
    for name in ("of root", "mine"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    mounts = tmp_path / "mountinfo"
    paths = [tmp_path / name for name in ("of root", "mine", "file", "gone")] + [Path("/")]
    mounts.write_text("".join(mount_line(path, options, system) for path in paths))
    found = list(unwritable_volumes(tmp_path / "app", mounts))
    folder, user = tmp_path / "of root", f"{os.geteuid()}:{os.getegid()}"
    assert len(found) == is_reported
    for line in found:
        assert line.startswith(f"{folder} is a volume that user {os.geteuid()} cannot write. ")
        assert "docker run --rm --user 0 -v VOLUME:/" in line
        assert f" IMAGE chown -R {user} {folder}; on Kubernetes set fsGroup: " in line
