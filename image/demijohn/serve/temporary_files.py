"""How much Nginx may write to temporary files: responses for slow clients, and request bodies.

The folder may be in memory, as with `docker run --tmpfs /tmp` or on Cloud Run: the files then count
as memory of the container.
"""

from pathlib import Path

from demijohn.config.parsers import bytes_of_size
from demijohn.config.settings import Settings

MB = 1 << 20
# Of each response, what its client has not read yet. More occupies a thread of the app.
RESPONSE_ON_DISK, RESPONSE_IN_MEMORY = "8m", "1m"
# The largest request body, if none is set: photographs and documents. In memory, several must fit.
BODY_ON_DISK, BODY_IN_MEMORY = "16m", "4m"
# Request bodies at once.
MAX_UPLOADS, MIN_UPLOADS = 256, 4
UNLIMITED = 512 * MB  # taken as the memory where it has no limit


def limits(settings: Settings, memory: int | None) -> str:
    """Nginx's directives. `memory` is the limit of the container in bytes.

    In memory, bodies may fill a quarter of it. One client gets three quarters of the uploads.
    """
    if _is_in_memory(Path(settings.run_dir), settings.platform):
        body, response = settings.max_body_size or BODY_IN_MEMORY, RESPONSE_IN_MEMORY
        fitting = (memory or UNLIMITED) // 4 // bytes_of_size(body)
        uploads = max(MIN_UPLOADS, min(fitting, MAX_UPLOADS))
    else:
        body, response = settings.max_body_size or BODY_ON_DISK, RESPONSE_ON_DISK
        uploads = MAX_UPLOADS
    return (
        f"client_max_body_size {body};\n"
        f"proxy_max_temp_file_size {response};\n"
        f"limit_conn large_uploads {uploads};\n"
        f"limit_conn uploaders {uploads * 3 // 4};\n"
    )


def _is_in_memory(folder: Path, platform: str) -> bool:
    """Whether files there are in memory; /proc/self/mountinfo is described in proc(5)."""
    if platform == "cloudrun":  # https://cloud.google.com/run/docs/container-contract#filesystem
        return True
    found, best = "", Path("/")
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False  # not Linux
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4])
        if folder.resolve().is_relative_to(point) and len(point.parts) >= len(best.parts):
            found, best = after.split()[0], point
    return found in ("tmpfs", "ramfs")
