"""The CPU and memory limits of the container, and the number of workers that fit into them.

A container sees all processors and all memory of its host; its limits are in its control group.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path

from demijohn.config.settings import Settings

MB = 2**20

# Measured: supervisord, Nginx and Gunicorn's master together take about 60 MB; a worker with an
# ORM and four busy threads takes about 60 MB.
BASE_BYTES = 80 * MB
WORKER_BYTES = 60 * MB
UNLIMITED = 2**50

# At least two, so that one is left if the other hangs. Without a quota the processors are shared
# with the whole host, where half a gigabyte of idle workers would be wasted.
MIN_WORKERS = 2
MAX_WORKERS = 8
MAX_WORKERS_WITHOUT_QUOTA = 4


@dataclass(frozen=True)
class Capacity:
    """`cpus`: usable processors, possibly a fraction. `memory`: bytes, None if unlimited."""

    cpus: float
    memory: int | None
    has_quota: bool

    def workers(self) -> int:
        """The default number of workers: one per processor, as far as the memory allows."""
        most = MAX_WORKERS if self.has_quota else MAX_WORKERS_WITHOUT_QUOTA
        wanted = min(max(math.ceil(self.cpus), MIN_WORKERS), most)
        return max(1, min(wanted, self.max_workers_in_memory()))

    def max_workers_in_memory(self) -> int:
        """The number of workers that fit into the memory."""
        return 64 if self.memory is None else max(1, (self.memory - BASE_BYTES) // WORKER_BYTES)

    def apply(self, settings: Settings) -> None:
        """Fill in the settings for workers, their memory and connections that are not set."""
        settings.set_default("WEB_CONCURRENCY", self.workers(), "capacity")
        share = ((self.memory or UNLIMITED) - BASE_BYTES) // settings.web_concurrency
        settings.set_default("WORKER_MEMORY_MB", max(share, WORKER_BYTES) // MB, "capacity")
        settings.set_default("DATABASE_POOL_SIZE", settings.web_threads, "WEB_THREADS")

    def __str__(self) -> str:
        memory = "no memory limit" if self.memory is None else f"{self.memory // MB} MB"
        return f"{self.cpus:g} CPU, {memory}"


def measure(root: Path = Path("/")) -> Capacity:
    """Read the limits of this process's control group, version 1 or 2, below `root`."""
    groups = _control_groups(root)
    quota = min(filter(None, map(_cpu_quota, groups)), default=None)
    limits = [limit for group in groups if (limit := _memory_limit(group))]
    total = _memory_total(root)
    memory = min([*limits, total]) if total else min(limits, default=None)
    cpus = (
        float(len(os.sched_getaffinity(0)))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1.0
    )
    return Capacity(min(cpus, quota) if quota else cpus, memory, quota is not None)


def _control_groups(root: Path) -> list[Path]:
    """The folders of this process's control groups and of all their parents, any of which may have
    a limit.

    /proc/self/cgroup has lines `hierarchy:controllers:path`; hierarchy 0 is version 2. Inside a
    container without a cgroup namespace, the path is the host's and may not exist; the root of the
    mount then is our group (https://man7.org/linux/man-pages/man7/cgroups.7.html).
    """
    mount = root / "sys/fs/cgroup"
    folders: list[Path] = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        names = [name for name in controllers.split(",") if name in ("cpu", "memory")]
        for base in [mount / name for name in names] if controllers else [mount, mount / "unified"]:
            here = base / path.lstrip("/")
            folders += [folder for folder in (here, *here.parents) if folder.is_relative_to(base)]
    return list(dict.fromkeys(folders))


def _cpu_quota(group: Path) -> float | None:
    """The number of processors that the group may use, None without a limit."""
    quota, _, period = _read(group / "cpu.max").partition(" ")
    if not quota:
        quota, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
    if not (quota.isdigit() and period.isdigit() and int(period)):
        return None  # "max" in version 2, -1 in version 1
    return int(quota) / int(period)


def _memory_limit(group: Path) -> int | None:
    """The bytes that the group may use, None without a limit."""
    limit = _read(group / "memory.max") or _read(group / "memory.limit_in_bytes")
    # Version 1 writes "no limit" as the largest multiple of the page size.
    return int(limit) if limit.isdigit() and int(limit) < 2**60 else None


def _memory_total(root: Path) -> int | None:
    """The bytes of the whole machine, which are the limit if each container has its own VM."""
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
