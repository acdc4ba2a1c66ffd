"""Writes the lines of Nginx's configuration that depend on the machine and the settings.

nginx.conf is a plain file, not a template. It includes fragments, which this module writes to the
run directory.
"""

import json
import os
import re
import resource
import socket
from pathlib import Path

from demijohn.common.data_location import DATA_LOCATION
from demijohn.common.exit_codes import CommandError, Exit
from demijohn.common.run_dir import UNTRUSTED_PROXIES
from demijohn.config import platforms
from demijohn.config.nginx_program import NginxProgram
from demijohn.config.parsers import EVERYTHING
from demijohn.config.settings import Settings
from demijohn.serve import temporary_files

# Compressing smaller responses costs more than it saves.
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

# The folder in the run directory that stands for the missing frontend: it stays empty.
NO_FILES = "no-files"

WEBSOCKET_TIMEOUT = "1h"  # without a byte in either direction

MIN_OPEN_FILES, MAX_OPEN_FILES = 128, 8192

# https://man7.org/linux/man-pages/man7/capabilities.7.html, numbered in linux/capability.h
CAP_SETGID, CAP_SETUID = 6, 7


def write(
    settings: Settings, program: NginxProgram, root: Path, workers: int, memory: int | None = None
) -> str:
    """Write nginx.conf and its fragments to the run directory. Returns a summary for the log.

    `workers` is the number of Nginx processes, `memory` the container's limit in bytes. Raises
    OSError if the directory cannot be written, CommandError(78) if a file is missing.
    """
    if not (root / "nginx.conf").is_file():
        raise CommandError(
            Exit.CONFIGURATION,
            f"no nginx.conf in {root}. Run demijohn in the folder that has it.",
        )
    run_dir = Path(settings.run_dir)
    static = (root / settings.static_dir).resolve()
    if re.search(r'["$\\\n]', str(static)):
        raise CommandError(
            Exit.CONFIGURATION,
            f"DEMIJOHN_STATIC_DIR={str(static)!r} contains a character that Nginx cannot quote "
            '(", $, \\ or a newline). Choose another folder.',
        )
    has_pages = (static / "index.html").is_file()
    if not has_pages:
        if EVERYTHING not in settings.api_paths:
            raise CommandError(
                Exit.CONFIGURATION,
                f"no index.html in {static}. Build the frontend, or set DEMIJOHN_STATIC_DIR; "
                "for an app without a frontend, set API_PATHS=/.",
            )
        static = run_dir / NO_FILES
        static.mkdir(exist_ok=True)
    ipv6 = _has_ipv6()
    (run_dir / "env.js").unlink(missing_ok=True)
    files = {"env.js": env_js(settings.public)} if has_pages else {}
    files |= {
        "nginx.conf": (root / "nginx.conf").read_text(encoding="utf-8"),
        "fragments/main.conf": _main(settings, program, workers),
        "fragments/events.conf": f"worker_connections {_open_files() // 2};\n",
        "fragments/http.conf": _http(settings, static),
        "fragments/compression.conf": _compression(program),
        "fragments/temporary_files.conf": temporary_files.limits(settings, memory),
        "fragments/listen.conf": _listen(settings.port, ipv6),
        "fragments/api.conf": _api(settings) + _data(settings, program),
        "fragments/missing.conf": _missing(settings),
        "fragments/not_a_probe.conf": _not_a_probe(settings),
        "fragments/database_probe.conf": _database_probe(settings),
    }
    for name, text in files.items():
        path = run_dir / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (run_dir / "temp").mkdir(exist_ok=True)
    for marker in UNTRUSTED_PROXIES.values():  # of an earlier boot, with other settings
        (run_dir / marker).unlink(missing_ok=True)
    methods = "brotli and gzip" if program.brotli_modules() else "gzip"
    families = "IPv4 and IPv6" if ipv6 else "IPv4"
    summary = f"{program.version} with {methods}, port {settings.port} on {families}"
    if EVERYTHING not in settings.api_paths:
        return summary
    if not has_pages:
        return f"{summary}; no frontend, the app answers every path"
    return f"{summary}; files and pages of {static} first, the app answers the rest"


def env_js(public: dict[str, str]) -> str:
    """The script that gives the frontend its PUBLIC_* variables as `window.env`."""
    # The browser parses it as a script, not as HTML, so that JSON needs no further escaping.
    return f"window.env = {json.dumps(public, indent=2, sort_keys=True)};\n"


def _main(settings: Settings, program: NginxProgram, workers: int) -> str:
    lines = [f"load_module {module};" for module in program.brotli_modules()]
    lines += [
        f"worker_processes {workers};",
        f"worker_rlimit_nofile {_open_files()};",
        f"worker_shutdown_timeout {settings.stop_seconds - 1}s;",
    ]
    if os.geteuid() == 0:
        _check_root()
        lines.append("user root;")  # on a laptop, where the files belong to root
    return "\n".join(lines) + "\n"


def _open_files() -> int:
    """The files that an Nginx process may open; a proxied connection takes two.

    Raises CommandError(78) if the hard limit is too low to serve anybody.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= hard < MIN_OPEN_FILES:
        raise CommandError(
            Exit.CONFIGURATION,
            f"the limit of open files is {hard}, and at least {MIN_OPEN_FILES} are needed. "
            "Raise it, in Docker with --ulimit nofile=8192.",
        )
    return MAX_OPEN_FILES if hard < 0 else min(hard, MAX_OPEN_FILES)


def _check_root() -> None:
    """Raise CommandError(78) if root lacks the capabilities that Nginx needs for its workers."""
    status = re.search(r"^CapEff:\s*(\w+)", _read("/proc/self/status"), re.MULTILINE)
    wanted = 1 << CAP_SETGID | 1 << CAP_SETUID
    if status and int(status[1], 16) & wanted != wanted:
        raise CommandError(
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
    trusted = platforms.expand(settings.trusted_proxies)
    cloudflare = [] if settings.trusted_proxies == ["none"] else platforms.CLOUDFLARE
    # Cloudflare appends to X-Forwarded-For, but forwards headers of other proxies as the client
    # sent them. nginx.conf takes the client from Cloudflare's own header.
    names_client = trusted
    if settings.client_ip_header.lower() != "x-forwarded-for":
        names_client = [network for network in trusted if network not in platforms.CLOUDFLARE]
    lines = [
        f'root "{static}";',
        f"proxy_read_timeout {settings.request_timeout}s;",
        f"proxy_send_timeout {settings.request_timeout}s;",
        f'map "" $own_content_security_policy {{ default "{settings.content_security_policy}"; }}',
        f'map "" $security_headers {{ default {"on" if settings.security_headers else "off"}; }}',
        "geo $realip_remote_addr $from_trusted_proxy {",
        "    default 0;",
        *(f"    {network} 1;" for network in dict.fromkeys([*trusted, *cloudflare])),
        "}",
        "geo $remote_addr $from_cloudflare {",
        "    default 0;",
        *(f"    {network} 1;" for network in cloudflare),
        "}",
        *(f"set_real_ip_from {network};" for network in names_client),
        f"real_ip_header {settings.client_ip_header};",
        "real_ip_recursive on;",
        *_kinds(settings.api_paths),
    ]
    if settings.rate_limit:
        # A whole lecture hall may share one address: the limit is high and allows bursts.
        rate = settings.rate_limit
        lines += [
            f"limit_req_zone $client_ip zone=api:1m rate={rate}r/s;",
            "limit_req_status 429;",
        ]
    return "\n".join(lines) + "\n"


def _kinds(api_paths: list[str]) -> list[str]:
    """Maps: whose the request is, and so in which form errors of Nginx are answered.

    At a path that may be a page's or the app's, that is what the client accepts.
    """
    is_shared = EVERYTHING in api_paths
    return [
        "map $uri $is_api {",
        '    "" 0;',  # a malformed request
        f"    default {'$accepts_no_page' if is_shared else '0'};",
        *(f'    "~^{re.escape(path)}(/|$)" 1;' for path in api_paths if path != EVERYTHING),
        "}",
        'map $http_accept $accepts_no_page { "~*text/html" 0; default 1; }',
        f'map "" $shared_method {{ default "{"$request_method" if is_shared else ""}"; }}',
    ]


def _compression(program: NginxProgram) -> str:
    text = GZIP.format(types=COMPRESSIBLE)
    if program.gzip_static:
        text += "gzip_static on;\n"
    if program.brotli_modules():
        text += BROTLI.format(types=COMPRESSIBLE) + "brotli_static on;\n"
    return text


def _listen(port: int, ipv6: bool) -> str:
    return f"listen {port};\n" + (f"listen [::]:{port};\n" if ipv6 else "")


def _api(settings: Settings) -> str:
    paths = [path for path in settings.api_paths if path != EVERYTHING]
    matches = [match for path in paths for match in (f"= {path}", f"^~ {path}/")]
    lines = [f"proxy_read_timeout {WEBSOCKET_TIMEOUT};", *_pass(settings)]
    return "".join(
        [_location(match, _to_app(settings)) for match in matches]
        + ["error_page 418 = @websocket;\n", _location("@websocket", lines)]
    )


def _data(settings: Settings, program: NginxProgram) -> str:
    """The location from which Nginx sends files that the app names by X-Accel-Redirect."""
    if not settings.data_dir:
        return ""
    lines = ["internal;", f'alias "{Path(settings.data_dir).resolve()}/";']
    lines.append("open_file_cache off;")  # the app may change them at any time
    # A file of the same name with .gz is another file.
    lines += ["gzip_static off;"] if program.gzip_static else []
    lines += ["brotli_static off;"] if program.brotli_modules() else []
    return _location(f"^~ {DATA_LOCATION}", lines)


def _missing(settings: Settings) -> str:
    """What happens at a path that is neither a file's nor a page's."""
    is_shared = EVERYTHING in settings.api_paths
    return "\n".join(_to_app(settings) if is_shared else ["return 404;"]) + "\n"


def _not_a_probe(settings: Settings) -> str:
    """What happens at the path of a probe, with another method."""
    if EVERYTHING not in settings.api_paths:
        return "if ($not_a_probe) { return 405; }\n"
    # 419 leads to the app. The errors on the way there get their own page.
    return "recursive_error_pages on;\nif ($not_a_probe) { return 419; }\n"


def _to_app(settings: Settings) -> list[str]:
    """The lines of a location of the app.

    A WebSocket may be idle for longer than a request may take, so it has a location of its own. 418
    leads there: Nginx cannot choose a location by a header in another way.
    """
    return ["if ($upstream_upgrade) { return 418; }", *_pass(settings)]


def _pass(settings: Settings) -> list[str]:
    lines = ["if ($ambiguous) { return 400; }"]
    if settings.rate_limit:
        lines.append(f"limit_req zone=api burst={2 * settings.rate_limit} nodelay;")
    return [
        *lines,
        "charset off;",  # the app's Content-Type is passed on as it is
        "open_file_cache off;",  # it would keep a cached response open that clear_cache has deleted
        "proxy_pass http://gunicorn;",
    ]


def _location(match: str, lines: list[str]) -> str:
    return f"location {match} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def _database_probe(settings: Settings) -> str:
    """One second longer than the worker waits for the database, so that the worker answers."""
    return f"proxy_read_timeout {settings.database_connect_timeout + 1}s;\n"


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
