"""The image: its size, its privileges and its labels."""

import re
import subprocess

from tests.support.docker_engine import ROOT, Container, Engine, docker, run_docker, wait_for

# Programs that only the build needs, or that an image often has without need.
UNWANTED = ("pip", "pip3", "gcc", "cc", "make", "node", "npm", "git", "curl", "wget", "psql")


def test_image_config_declares_user_port_command_and_labels(site: Container) -> None:
    config = site.inspect(".Config")
    assert config["User"] == "10001:10001"
    assert set(config["ExposedPorts"]) == {"8080/tcp"}
    assert not config.get("Volumes")
    assert (config["Entrypoint"], config["Cmd"]) == (["demijohn"], ["serve"])
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in config["Labels"].items()
    }
    assert labels["title"] == "Demijohn"
    assert labels["licenses"] == "MIT"
    assert labels["revision"] == "abc123"
    assert labels["description"]


def test_processes_have_no_privileges(site: Container) -> None:
    script = "cat /proc/[0-9]*/status | grep -E '^(Uid|Gid|CapEff|CapBnd|NoNewPrivs):' | sort -u"
    facts = [line.split() for line in site.exec("sh", "-c", script).splitlines()]
    nothing = "0" * 16
    assert facts == [
        ["CapBnd:", nothing],
        ["CapEff:", nothing],
        ["Gid:", *["10001"] * 4],
        ["NoNewPrivs:", "1"],
        ["Uid:", *["10001"] * 4],
    ]


def test_container_stays_within_256_mb_of_memory(site: Container) -> None:
    cgroup = "cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null"
    kills = [
        line
        for line in site.exec("sh", "-c", f"{cgroup}; true").splitlines()
        if "oom_kill " in line
    ]
    assert kills
    assert all(line.split()[1] == "0" for line in kills)


def test_compressed_image_is_under_80_mb(image: str) -> None:
    pipe = 'docker save "$0" | gzip -6 | wc -c'
    result = subprocess.run(["sh", "-c", pipe, image], capture_output=True, text=True, check=True)
    assert 20e6 < int(result.stdout) < 80e6  # bytes; the README promises the latter


def test_image_has_no_build_tools_and_no_caches(image: str) -> None:
    names = " -o ".join(f"-name {name}" for name in UNWANTED)
    find = (
        f"find / -xdev -type f,l \\( {names} \\) -perm /111;"
        "find / -xdev -type d \\( -name node_modules -o -name .git -o -name ensurepip"
        " -o -name 'pip-*.dist-info' \\);"
        "find /var/lib/apt/lists /var/cache/apt /tmp /var/log -type f;"
        "find /app /static -name .env -o -name '*.test.*'"
    )
    found = run_docker("run", "--rm", "--user", "0", "--entrypoint", "sh", image, "-c", find)
    assert found.splitlines() == []
    app_files = run_docker("run", "--rm", "--entrypoint", "ls", image, "/app").split()
    (backend,) = re.findall(r"^ARG BACKEND=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert app_files == [backend, "nginx.conf", "programs.d", "supervisord.conf"]


def test_image_files_are_not_writable_by_the_app(image: str) -> None:
    writable = "find /app /opt /etc /usr -xdev -writable -not -type l 2>/dev/null; true"
    assert run_docker("run", "--rm", "--entrypoint", "sh", image, "-c", writable) == ""


def test_python_code_is_compiled_in_the_image(image: str) -> None:
    """Without bytecode in the image, each start compiles again: a read-only container cannot store
    it.
    """
    sources = "find /app /opt -name '*.py' -not -path '*/lib2to3/*' | wc -l"
    compiled = "find /app /opt -name '*.pyc' | wc -l"
    result = run_docker("run", "--rm", "--entrypoint", "sh", image, "-c", f"{sources}; {compiled}")
    source, bytecode = map(int, result.split())
    assert bytecode >= source > 100


def test_image_runs_other_commands(engine: Engine, image: str) -> None:
    """Hosts prefix the entrypoint, replace it, or open a shell."""
    assert run_docker("run", "--rm", image, "bash", "-c", "echo hi") == "hi"
    assert run_docker("run", "--rm", image, "demijohn", "--version") == run_docker(
        "run", "--rm", image, "--version"
    )
    result = docker("run", "--rm", image, "bash", "-c", "exit 7")
    assert result.returncode == 7


def test_container_becomes_healthy(site: Container) -> None:
    wait_for(lambda: site.inspect(".State.Health.Status") == "healthy", "health")
