"""What the image is: small, without privileges, and described."""

import re
import subprocess

from tests.support.docker_engine import ROOT, Container, Engine, docker, must, wait_for

# What the build needs and the container does not, or what nobody asked for.
UNWANTED = ("pip", "pip3", "gcc", "cc", "make", "node", "npm", "git", "curl", "wget", "psql")


def test_it_tells_hosts_how_to_run_it(tally: Container) -> None:
    config = tally.inspect(".Config")
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


def test_every_process_is_without_privileges(tally: Container) -> None:
    script = "cat /proc/[0-9]*/status | grep -E '^(Uid|Gid|CapEff|CapBnd|NoNewPrivs):' | sort -u"
    facts = [line.split() for line in tally.exec("sh", "-c", script).splitlines()]
    nothing = "0" * 16
    assert facts == [
        ["CapBnd:", nothing],
        ["CapEff:", nothing],
        ["Gid:", *["10001"] * 4],
        ["NoNewPrivs:", "1"],
        ["Uid:", *["10001"] * 4],
    ]


def test_it_stays_within_its_memory(tally: Container) -> None:
    cgroup = "cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null"
    kills = [
        line
        for line in tally.exec("sh", "-c", f"{cgroup}; true").splitlines()
        if "oom_kill " in line
    ]
    assert kills
    assert all(line.split()[1] == "0" for line in kills)


def test_it_is_small_to_download(image: str) -> None:
    pipe = 'docker save "$0" | gzip -6 | wc -c'
    done = subprocess.run(["sh", "-c", pipe, image], capture_output=True, text=True, check=True)
    assert 20e6 < int(done.stdout) < 80e6  # bytes; the README promises the latter


def test_it_has_what_is_needed_and_no_more(image: str) -> None:
    names = " -o ".join(f"-name {name}" for name in UNWANTED)
    find = (
        f"find / -xdev -type f,l \\( {names} \\) -perm /111;"
        "find / -xdev -type d \\( -name node_modules -o -name .git -o -name ensurepip"
        " -o -name 'pip-*.dist-info' \\);"
        "find /var/lib/apt/lists /var/cache/apt /tmp /var/log -type f;"
        "find /app -name .env -o -name '*.test.*'"
    )
    found = must("run", "--rm", "--user", "0", "--entrypoint", "sh", image, "-c", find)
    assert found.splitlines() == []
    everything = must("run", "--rm", "--entrypoint", "ls", image, "/app").split()
    (backend,) = re.findall(r"^ARG BACKEND=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert everything == [backend, "nginx.conf", "programs.d", "static", "supervisord.conf"]


def test_the_app_cannot_change_itself(image: str) -> None:
    writable = "find /app /opt /etc /usr -xdev -writable -not -type l 2>/dev/null; true"
    assert must("run", "--rm", "--entrypoint", "sh", image, "-c", writable) == ""


def test_its_code_is_compiled(image: str) -> None:
    """Each start would compile it anew: a container that cannot write keeps nothing."""
    sources = "find /app /opt -name '*.py' -not -path '*/lib2to3/*' | wc -l"
    compiled = "find /app /opt -name '*.pyc' | wc -l"
    done = must("run", "--rm", "--entrypoint", "sh", image, "-c", f"{sources}; {compiled}")
    source, bytecode = map(int, done.split())
    assert bytecode >= source > 100


def test_another_program_than_its_own(engine: Engine, image: str) -> None:
    """Hosts prefix the entrypoint, replace it, or open a shell."""
    assert must("run", "--rm", image, "bash", "-c", "echo hi") == "hi"
    assert must("run", "--rm", image, "demijohn", "--version") == must(
        "run", "--rm", image, "--version"
    )
    failing = docker("run", "--rm", image, "bash", "-c", "exit 7")
    assert failing.returncode == 7


def test_it_becomes_healthy(tally: Container) -> None:
    wait_for(lambda: tally.inspect(".State.Health.Status") == "healthy", "health")
