"""The few lines of Nginx's configuration that depend on the machine and the settings.

nginx.conf stays a plain file. What cannot stand in it is written to the run directory as fragments
that it includes.
"""

import json
import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .exits import Exit, Stop
from .settings import Settings

# Compressing smaller answers costs more than it saves.
GZIP = """\
gzip on;
gzip_comp_level 5;
gzip_min_length 512;
gzip_proxied any;
gzip_types {types};
gzip_vary on;
"""
BROTLI = """\
brotli on;
brotli_comp_level 4;
brotli_min_length 512;
brotli_types {types};
"""
COMPRESSIBLE = (
    "text/css text/javascript text/plain text/xml application/json application/problem+json "
    "application/manifest+json application/wasm image/svg+xml"
)


# https://man7.org/linux/man-pages/man7/capabilities.7.html, numbered in linux/capability.h
CAP_SETGID, CAP_SETUID = 6, 7


@dataclass(frozen=True)
class Program:
    """The nginx at hand: its version, what it was built with, and where its modules lie."""

    path: str
    version: str
    build: str

    @classmethod
    def find(cls, name: str) -> "Program":
        """Look for `name` on PATH and where Debian keeps it. Raises Stop(78)."""
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if not path:
            raise Stop(
                Exit.CONFIGURATION,
                f"no nginx at {name!r}. Install it, or name it with NGINX_PROGRAM.",
            )
        told = subprocess.run([path, "-V"], capture_output=True, text=True, check=False).stderr
        version = re.search(r"nginx version: \w+/(\S+)", told)
        if not version:
            raise Stop(Exit.CONFIGURATION, f"{path} is no nginx. Correct NGINX_PROGRAM.")
        return cls(path, version[1], told)

    def check(self, run_dir: Path) -> None:
        """Raise Stop(78) where Nginx does not take the configuration, with its reason."""
        words = [self.path, "-t", "-q", "-p", str(run_dir), "-c", "nginx.conf", "-e", "stderr"]
        done = subprocess.run(words, capture_output=True, text=True, cwd=run_dir, check=False)
        if done.returncode:
            faults = [line for line in done.stderr.splitlines() if "[emerg]" in line]
            reason = re.sub(r"^.*?\[emerg\] (\d+#\d+: )?", "", faults[0]) if faults else done.stderr
            raise Stop(
                Exit.CONFIGURATION, f"Nginx does not take its configuration: {reason.strip()}."
            )

    @property
    def gzip_static(self) -> bool:
        return "--with-http_gzip_static_module" in self.build

    def brotli_modules(self) -> list[Path]:
        """The two brotli modules, or none: one without the other would be half a thing."""
        folder = re.search(r"--modules-path=(\S+)", self.build)
        if not folder:
            return []
        modules = [
            Path(folder[1]) / f"ngx_http_brotli_{name}_module.so" for name in ("filter", "static")
        ]
        return modules if all(module.is_file() for module in modules) else []


def write(settings: Settings, program: Program, root: Path, workers: int) -> str:
    """Fill the run directory with nginx.conf and its fragments; a line on what Nginx will do.

    `workers` is the number of Nginx processes. Raises Stop(73) where the directory cannot be
    written, Stop(78) where a piece is missing.
    """
    if not (root / "nginx.conf").is_file():
        raise Stop(
            Exit.CONFIGURATION,
            f"no nginx.conf in {root}. Run demijohn in the folder that has it.",
        )
    run_dir = Path(settings.run_dir)
    static = (root / settings.static_dir).resolve()
    if re.search(r'["$\\\n]', str(static)):
        raise Stop(
            Exit.CONFIGURATION, f"STATIC_DIR={str(static)!r} has a character too many for Nginx."
        )
    if not (static / "index.html").is_file():
        raise Stop(
            Exit.CONFIGURATION, f"no index.html in {static}. Build the frontend, or set STATIC_DIR."
        )
    ipv6 = _has_ipv6()
    pieces = {
        "nginx.conf": (root / "nginx.conf").read_text(encoding="utf-8"),
        "env.js": env_js(settings.public),
        "fragments/main.conf": _main(settings, program, workers),
        "fragments/http.conf": _http(settings, static),
        "fragments/compression.conf": _compression(program),
        "fragments/listen.conf": _listen(settings.port, ipv6),
        "fragments/api.conf": _api(settings),
    }
    for name, text in pieces.items():
        path = run_dir / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (run_dir / "temp").mkdir(exist_ok=True)
    methods = "brotli and gzip" if program.brotli_modules() else "gzip"
    families = "IPv4 and IPv6" if ipv6 else "IPv4"
    return f"{program.version} with {methods}, port {settings.port} on {families}"


def env_js(public: dict[str, str]) -> str:
    """The script that gives the frontend its PUBLIC_* variables as `window.env`."""
    # A browser reads it as a script, not as HTML: JSON is enough.
    return f"window.env = {json.dumps(public, indent=2, sort_keys=True)};\n"


def _main(settings: Settings, program: Program, workers: int) -> str:
    lines = [f"load_module {module};" for module in program.brotli_modules()]
    lines += [
        f"worker_processes {workers};",
        f"worker_shutdown_timeout {settings.stop_seconds - 1}s;",
    ]
    if os.geteuid() == 0:
        _check_root()
        lines.append("user root;")  # a laptop's root: the files are root's own
    return "\n".join(lines) + "\n"


def _check_root() -> None:
    """Raise Stop(78) for a root without rights: Nginx could not start its workers as root."""
    status = re.search(r"^CapEff:\s*(\w+)", _read("/proc/self/status"), re.MULTILINE)
    wanted = 1 << CAP_SETGID | 1 << CAP_SETUID
    if status and int(status[1], 16) & wanted != wanted:
        raise Stop(
            Exit.CONFIGURATION,
            "root without the capabilities SETGID and SETUID cannot run Nginx. "
            "Run the image as its own user: leave out --user 0.",
        )


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""  # not Linux


def _http(settings: Settings, static: Path) -> str:
    trusted = settings.trusted_proxies or []
    lines = [
        f'root "{static}";',
        f"client_max_body_size {settings.max_body_size};",
        f"proxy_read_timeout {settings.request_timeout}s;",
        f"proxy_send_timeout {settings.request_timeout}s;",
        f'map "" $own_content_security_policy {{ default "{settings.content_security_policy}"; }}',
        "geo $realip_remote_addr $from_trusted_proxy {",
        "    default 0;",
        *(f"    {network} 1;" for network in trusted),
        "}",
        *(f"set_real_ip_from {network};" for network in trusted),
        f"real_ip_header {settings.client_ip_header};",
        "real_ip_recursive on;",
        "map $uri $is_api {",
        "    default 0;",
        *(f'    "~^{re.escape(path)}(/|$)" 1;' for path in settings.api_paths),
        "}",
    ]
    if settings.rate_limit:
        # One address may be a whole lecture hall: the limit is for floods, its burst for applause.
        rate = settings.rate_limit
        lines += [
            f"limit_req_zone $binary_remote_addr zone=api:1m rate={rate}r/s;",
            "limit_req_status 429;",
        ]
    return "\n".join(lines) + "\n"


def _compression(program: Program) -> str:
    text = GZIP.format(types=COMPRESSIBLE)
    if program.gzip_static:
        text += "gzip_static on;\n"
    if program.brotli_modules():
        text += BROTLI.format(types=COMPRESSIBLE) + "brotli_static on;\n"
    return text


def _listen(port: int, ipv6: bool) -> str:
    return f"listen {port};\n" + (f"listen [::]:{port};\n" if ipv6 else "")


def _api(settings: Settings) -> str:
    limit = (
        f" limit_req zone=api burst={2 * settings.rate_limit} nodelay;"
        if settings.rate_limit
        else ""
    )
    refusal = " if ($ambiguous) { return 400; }"
    return "".join(
        # A cached answer that was deleted must not live on in a file that is still open.
        f"location {match} {{{refusal}{limit} open_file_cache off; proxy_pass http://gunicorn; }}\n"
        for path in settings.api_paths
        for match in (f"= {path}", f"^~ {path}/")
    )


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
