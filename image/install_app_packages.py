"""Makes the app's environment and installs its requirements: install_app_packages.py FILE.

The environment falls back on the image's own, which is last on sys.path. So pip installs only what
that lacks or has in another version; the app's processes use the app's versions, and the image's
own processes, which do not see this environment, use ours.
"""

import re
import subprocess
import sys
import venv
from pathlib import Path

PIP = "/opt/pip/bin/pip"
OURS = Path("/opt/venv")
APP = Path("/opt/app-venv")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# What environments have besides pip: until Python 3.12, setuptools. Packages rely on it without
# naming it; Flask 2.0 finds the commands of extensions through its pkg_resources
# (https://docs.python.org/3/whatsnew/3.12.html#ensurepip). From 80.9 on, that prints a warning.
USUAL = str(Path(__file__).with_name("app-environment.txt"))


def main(requirements: str) -> int:
    """Print pip's output, and a last line with a remedy if it fails. Returns pip's exit status."""
    create(APP, OURS)
    # One after the other, so that the app's own version replaces the usual one.
    status = _install("--require-hashes", "--requirement", USUAL)
    status = status or _install("--requirement", requirements)
    # Read whenever this Python starts, after demijohn.pth (https://docs.python.org/3/library/site.html).
    (_site(APP) / "demijohn_driver.pth").write_text(
        "import demijohn.worker.default_driver as d; d.install()\n"
    )
    return status


def _install(*options: str) -> int:
    """Run `pip install`; returns its exit status."""
    command = [PIP, "--python", str(APP / "bin" / "python"), "install", *options]
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines = []
    for line in pip.stdout or ():
        print(line, end="", flush=True)
        lines.append(line)
    if status := pip.wait():
        print(f"\n{explain(''.join(lines), PYTHON)}", flush=True)
    return status


def create(app: Path, ours: Path) -> None:
    """Make the environment `app`, which falls back on the environment `ours`."""
    venv.create(app, symlinks=True)
    for script in (app / "bin").glob("*ctivate*"):  # for interactive shells
        script.unlink()
    (_site(app) / "demijohn.pth").write_text(f"{_site(ours)}\n")
    # A program such as `gunicorn` must find the app's packages, whichever installed it.
    for program in (ours / "bin").iterdir():
        text = program.read_bytes()
        if not program.is_symlink() and text.startswith(f"#!{ours}/bin/".encode()):
            copy = app / "bin" / program.name
            copy.write_bytes(text.replace(bytes(ours), bytes(app), 1))
            copy.chmod(0o755)


def _site(environment: Path) -> Path:
    (site,) = environment.glob("lib/python3*/site-packages")
    return site


def explain(output: str, python: str) -> str:
    """One line: why pip has failed, as far as its output shows, and what to do."""
    other = "3.13" if python == "3.11" else "3.11" if python == "3.12" else "3.12"
    image = f"--build-arg PYTHON_IMAGE=python:{other}-slim"
    if found := re.search(r"^ERROR: No matching distribution found for (\S+)", output, re.M):
        name = found[1]
        if needs := _required_python(name, output):
            return (
                f"{name} does not support Python {python} (it requires Python {needs}). "
                f"Choose a newer version, or another Python: {image}."
            )
        if "(from versions: none)" in output:
            return (
                f"{name}: the package index has no version for Python {python}. Correct the name, "
                f"check that the build reaches the index, or choose another Python: {image}."
            )
        return (
            f"{name}: the package index has no such version for Python {python}. "
            f"Choose one of the versions above, or another Python: {image}."
        )
    if found := re.search(r"^ *ERROR: Cannot find command '([\w-]+)'", output, re.M):
        return f"{found[1]} is missing. Install it: --build-arg APT_BUILD_PACKAGES={found[1]}."
    if "subprocess-exited-with-error" in output:
        return _explain_failed_build(output, python, image)
    return "pip could not install requirements.txt; the lines above say why."


def _required_python(requirement: str, output: str) -> str | None:
    """The versions of Python that a pinned requirement accepts, if pip ignored it for that."""
    _, _, version = requirement.partition("==")
    line = re.search(r"^ERROR: Ignored the following versions that require a .*", output, re.M)
    if not (version and line):
        return None
    found = re.search(rf"[:;] {re.escape(version)} Requires-Python ([^;\n]+)", line[0])
    return found[1].strip() if found else None


def _explain_failed_build(output: str, python: str, image: str) -> str:
    before, _, after = output.partition("subprocess-exited-with-error")
    build, _, _ = after.partition("[end of output]")
    names = re.findall(r"^ *(?:Collecting|Building wheel for) ([^\s;(]+)", before, re.M)
    reasons = re.findall(r"^ +(?:.*fatal |[\w.]*)(?:error|exception): (.+)$", build, re.M | re.I)
    name = names[-1] if names else "A package"
    why = f": {reasons[-1].rstrip('.')}" if reasons else ""
    text = f"{name} has no wheel for Python {python}, and building it failed{why}. "
    if re.match(r"psycopg2\b(?!-)", name):
        return f"{text}List psycopg2-binary instead, which has wheels."
    packages = "--build-arg APT_BUILD_PACKAGES='gcc libc6-dev python3-dev'"
    if "pg_config" in output:
        packages = packages[:-1] + " libpq-dev' --build-arg APT_PACKAGES=libpq5"
    return f"{text}Choose a newer version, or another Python: {image}. Or build it: {packages}."


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
