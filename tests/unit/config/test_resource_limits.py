"""Limits of CPU and memory, read from files as the kernel presents them."""

import os
from pathlib import Path

import pytest
from demijohn.config.resource_limits import MB, Capacity, measure

ENOUGH_CPUS = 64.0


@pytest.fixture(autouse=True)
def _a_large_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)


def write_files(root: Path, **files: str) -> Path:
    """Write files below `root`; __ in a name stands for /, _dot_ for a dot."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


HERE = {"proc__self__cgroup": "0::/"}
GROUP = "sys__fs__cgroup__"


def test_limits_without_cgroups_are_those_of_the_machine(tmp_path: Path) -> None:
    assert measure(tmp_path) == Capacity(ENOUGH_CPUS, None, False)
    write_files(tmp_path, proc__meminfo="MemTotal:    1048576 kB\nMemFree: 1 kB")
    assert measure(tmp_path) == Capacity(ENOUGH_CPUS, 1024 * MB, False)


@pytest.mark.parametrize(
    ("quota", "cpus"),
    [
        ("100000 100000", 1.0),
        ("50000 100000", 0.5),
        ("150000 100000", 1.5),
        ("10000000 100000", ENOUGH_CPUS),
    ],
)
def test_cgroup_v2_limits_cpus(tmp_path: Path, quota: str, cpus: float) -> None:
    write_files(tmp_path, **HERE, **{GROUP + "cpu_dot_max": quota})
    assert measure(tmp_path) == Capacity(cpus, None, True)


@pytest.mark.parametrize("quota", ["max 100000", "max", "", "nonsense", "100000 0"])
def test_cgroup_v2_without_a_valid_quota_has_no_limit(tmp_path: Path, quota: str) -> None:
    write_files(tmp_path, **HERE, **{GROUP + "cpu_dot_max": quota})
    assert measure(tmp_path) == Capacity(ENOUGH_CPUS, None, False)


def test_cgroup_v2_limits_memory(tmp_path: Path) -> None:
    write_files(tmp_path, **HERE, **{GROUP + "memory_dot_max": str(256 * MB)})
    assert measure(tmp_path).memory == 256 * MB
    write_files(tmp_path, **{GROUP + "memory_dot_max": "max"})
    assert measure(tmp_path).memory is None


def test_cgroup_is_limited_by_its_ancestors(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        proc__self__cgroup="0::/pod/container",
        **{
            GROUP + "pod__container__cpu_dot_max": "max 100000",
            GROUP + "pod__cpu_dot_max": "200000 100000",
            GROUP + "pod__container__memory_dot_max": str(512 * MB),
            GROUP + "pod__memory_dot_max": str(256 * MB),
            GROUP + "other__memory_dot_max": str(1 * MB),
        },
    )
    assert measure(tmp_path) == Capacity(2.0, 256 * MB, True)


def test_cgroup_path_of_the_host_is_read_at_the_mount_point(tmp_path: Path) -> None:
    """Without a cgroup namespace, a container sees its path on the host, mounted at /."""
    files = {GROUP + "cpu_dot_max": "100000 100000", GROUP + "memory_dot_max": str(64 * MB)}
    write_files(tmp_path, proc__self__cgroup="0::/docker/0123abcd", **files)
    assert measure(tmp_path) == Capacity(1.0, 64 * MB, True)
    write_files(tmp_path, proc__self__cgroup="0::/../../kubepods/pod1")
    assert measure(tmp_path) == Capacity(1.0, 64 * MB, True)


VERSION_1 = "12:cpu,cpuacct:/docker/1\n11:memory:/docker/1\n1:name=systemd:/docker/1\n0::/system"


@pytest.mark.parametrize("folder", ["", "docker__1__"])
def test_cgroup_v1_limits_cpus_and_memory(tmp_path: Path, folder: str) -> None:
    write_files(
        tmp_path,
        proc__self__cgroup=VERSION_1,
        **{
            f"{GROUP}cpu__{folder}cpu_dot_cfs_quota_us": "50000",
            f"{GROUP}cpu__{folder}cpu_dot_cfs_period_us": "100000",
            f"{GROUP}memory__{folder}memory_dot_limit_in_bytes": str(128 * MB),
        },
    )
    assert measure(tmp_path) == Capacity(0.5, 128 * MB, True)


def test_cgroup_v1_values_for_no_limit_are_recognised(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        proc__self__cgroup=VERSION_1,
        **{
            f"{GROUP}cpu__cpu_dot_cfs_quota_us": "-1",
            f"{GROUP}cpu__cpu_dot_cfs_period_us": "100000",
            f"{GROUP}memory__memory_dot_limit_in_bytes": "9223372036854771712",
        },
    )
    assert measure(tmp_path) == Capacity(ENOUGH_CPUS, None, False)


def test_memory_limit_is_at_most_that_of_the_machine(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        **HERE,
        proc__meminfo="MemTotal: 262144 kB",
        **{GROUP + "memory_dot_max": str(4096 * MB)},
    )
    assert measure(tmp_path).memory == 256 * MB


def test_cpu_affinity_limits_cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    write_files(tmp_path, **HERE, **{GROUP + "cpu_dot_max": "800000 100000"})
    assert measure(tmp_path).cpus == 2.0


@pytest.mark.parametrize(
    ("cpus", "memory", "quota", "workers"),
    [
        (1, 256, True, 2),  # a small machine: two, so that one may hang
        (2, 256, True, 2),
        (8, 256, True, 2),  # limited by memory
        (1, 128, True, 1),
        (1, 64, True, 1),  # at least one
        (0.25, None, True, 2),
        (2.5, None, True, 3),
        (64, None, True, 8),
        (64, None, False, 4),
        (64, 512, False, 4),
    ],
)
def test_workers_follow_cpus_and_memory(
    cpus: float, memory: int | None, quota: bool, workers: int
) -> None:
    assert Capacity(cpus, memory and memory * MB, quota).workers() == workers


def test_limits_of_this_machine_are_positive() -> None:
    found = measure()
    assert found.cpus > 0 and found.workers() >= 1
