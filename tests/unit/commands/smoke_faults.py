"""Faults of a deployment, and the checks of smoke that must fail for each."""

import gzip
from collections.abc import Callable

from tests.unit.commands.deployments import PAGE, SCRIPT, Fault, Request, Response

# Each function modifies a response, and names the checks that must fail for it.
FAULTS: list[tuple[Fault, set[str]]] = []


def fault(*checks: str) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        FAULTS.append((function, set(checks)))
        return function

    return register


@fault("livez", "readyz", "database", "burst")
def gunicorn_down(request: Request, response: Response) -> None:
    if request.path in ("/livez", "/up", "/readyz", "/healthz/database"):
        response.status = 502


@fault("livez", "readyz", "database")
def page_at_the_probes(request: Request, response: Response) -> None:
    if request.path in ("/livez", "/up", "/readyz", "/healthz/database"):
        response.content_type, response.body = "text/html", PAGE


@fault("livez")
def page_at_up(request: Request, response: Response) -> None:
    if request.path == "/up":
        response.content_type, response.body = "text/html", PAGE


@fault("readyz")
def draining(request: Request, response: Response) -> None:
    if request.path == "/readyz":
        response.status, response.body = 503, b'{"reason": "draining"}'


@fault("database")
def database_away(request: Request, response: Response) -> None:
    if request.path == "/healthz/database":
        response.status, response.body = 503, b'{"reason": "database away"}'


@fault("page")
def page_cacheable_by_browsers(request: Request, response: Response) -> None:
    if response.body == PAGE:
        response.headers["Cache-Control"] = "max-age=600"


@fault("page", "conditional")
def page_without_etag(request: Request, response: Response) -> None:
    response.headers.pop("ETag", None)


@fault("conditional")
def never_a_304(request: Request, response: Response) -> None:
    if response.status == 304:
        response.status, response.body = 200, PAGE


@fault("page", "deep_link", "burst")
def build_missing(request: Request, response: Response) -> None:
    if response.body == PAGE:
        response.status, response.body = 403, b"forbidden"


@fault("deep_link")
def no_fallback(request: Request, response: Response) -> None:
    if request.path.endswith("/deep"):
        response.status = 404


@fault("deep_link")
def unexpected_page(request: Request, response: Response) -> None:
    if request.path.endswith("/deep"):
        response.body = b"<!doctype html>Welcome to nginx!"


@fault("missing_file", "missing_asset", "dotfiles")
def fallback_for_everything(request: Request, response: Response) -> None:
    if response.status == 404 and not request.path.startswith("/api"):
        response.status, response.body = 200, PAGE


@fault("missing_file")
def error_page_as_image(request: Request, response: Response) -> None:
    if request.path.endswith(".png"):
        response.content_type = "image/png"


@fault("env_js")
def env_js_cacheable(request: Request, response: Response) -> None:
    if request.path == "/env.js":
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"


@fault("env_js")
def env_js_missing(request: Request, response: Response) -> None:
    if request.path == "/env.js":
        response.status = 404


@fault("immutable")
def assets_revalidated(request: Request, response: Response) -> None:
    if request.path.startswith("/assets/index"):
        response.headers["Cache-Control"] = "no-cache"


@fault("immutable")
def script_of_the_wrong_type(request: Request, response: Response) -> None:
    if request.path.startswith("/assets/index"):
        response.content_type = "text/plain"


@fault("immutable", "gzipped", "brotli")
def assets_of_another_build(request: Request, response: Response) -> None:
    if request.path.startswith("/assets/index"):
        response.status = 404


@fault("gzipped")
def no_compression(request: Request, response: Response) -> None:
    if response.headers.pop("Content-Encoding", None):
        response.body = SCRIPT


@fault("gzipped")
def stale_gzip(request: Request, response: Response) -> None:
    if "Content-Encoding" in response.headers:
        response.body = gzip.compress(b"yesterday's build")


@fault("gzipped")
def gzip_header_without_gzip(request: Request, response: Response) -> None:
    if "Content-Encoding" in response.headers:
        response.body = SCRIPT


@fault("gzipped", "brotli")
def compressed_without_vary(request: Request, response: Response) -> None:
    response.headers.pop("Vary", None)


@fault("gzipped", "brotli")
def gzip_without_accept_encoding(request: Request, response: Response) -> None:
    if response.body == SCRIPT:
        response.body, response.headers["Content-Encoding"] = gzip.compress(SCRIPT), "gzip"


@fault("brotli")
def broken_brotli(request: Request, response: Response) -> None:
    if "br" in request.headers.get("Accept-Encoding", "") and "Vary" in response.headers:
        response.body, response.headers["Content-Encoding"] = b"", "br"


@fault("missing_asset")
def missing_asset_cacheable_for_a_year(request: Request, response: Response) -> None:
    if request.path.startswith("/assets/smoke"):
        response.headers["Cache-Control"] = "max-age=31536000, immutable"


def api_errors_in_html(request: Request, response: Response) -> None:
    if request.path.startswith("/api") and response.status == 404:
        response.content_type, response.body = "text/html", b"<h1>Not Found</h1>"


@fault("api_problem")
def page_at_the_api(request: Request, response: Response) -> None:
    if request.path.startswith("/api") and response.status == 404:
        response.status, response.content_type, response.body = 200, "text/html", PAGE


@fault("oversized")
def body_limit_unset(request: Request, response: Response) -> None:
    if response.status == 413:
        response.status = 404


@fault("oversized")
def waits_for_the_whole_body(request: Request, response: Response) -> None:
    response.delay = 3 if response.status == 413 else 0


@fault("security_headers")
def no_policy_on_assets(request: Request, response: Response) -> None:
    if request.path.startswith("/assets/index"):
        del response.headers["Content-Security-Policy"]


@fault("security_headers")
def no_headers_on_errors(request: Request, response: Response) -> None:
    if response.status >= 400:
        response.headers = {}


@fault("versions")
def nginx_version_in_server_header(request: Request, response: Response) -> None:
    response.headers["Server"] = "nginx/1.26.3"


@fault("versions")
def gunicorn_version_in_a_header(request: Request, response: Response) -> None:
    if request.path.startswith("/api"):
        response.headers["X-Origin-Server"] = "gunicorn/27.0.1"


@fault("versions")
def version_in_an_error_page(request: Request, response: Response) -> None:
    if response.status == 400:
        response.body = b"<hr><center>nginx/1.26.3</center>"


@fault("dotfiles")
def secrets_served(request: Request, response: Response) -> None:
    if request.path == "/.git/config":
        response.status, response.body = 200, b"[core]"


@fault("dotfiles")
def secrets_served_at_an_escaped_path(request: Request, response: Response) -> None:
    if request.path == "/%2eenv":
        response.status, response.body = 200, b"DATABASE_URL="


@fault("traversal")
def alias_without_slash(request: Request, response: Response) -> None:
    if request.path == "/assets../nginx.conf":
        response.status, response.body = 200, b"http {"


@fault("traversal")
def traversal_crashes(request: Request, response: Response) -> None:
    if "etc/passwd" in request.path:
        response.status = 500


@fault("forged")
def redirects_to_the_host_header(request: Request, response: Response) -> None:
    if request.path == "/assets":
        response.status = 301
        response.headers["Location"] = f"http://{request.headers['Host']}/assets/"


@fault("forged")
def redirects_to_the_forwarded_host(request: Request, response: Response) -> None:
    if host := request.headers.get("X-Forwarded-Host"):
        response.status, response.headers["Location"] = 302, f"https://{host}/"


@fault("forged")
def redirects_to_an_inner_port(request: Request, response: Response) -> None:
    if request.path == "/assets":
        response.status, response.headers["Location"] = 301, "http://127.0.0.1:8000/assets/"


@fault("forged")
def redirects_to_itself(request: Request, response: Response) -> None:
    if request.headers.get("X-Forwarded-Proto") == "http":
        response.status, response.headers["Location"] = 308, request.path


@fault("forged")
def open_redirect_by_two_slashes(request: Request, response: Response) -> None:
    if " //" in request.requestline:  # http.server has already normalised the path
        response.status, response.headers["Location"] = 301, "//smoke.invalid/"


@fault("bad_request")
def malformed_requests_served(request: Request, response: Response) -> None:
    if response.status == 400:
        response.status = 200


@fault("bad_request")
def malformed_requests_hang(request: Request, response: Response) -> None:
    response.delay = 3 if response.status == 400 else 0


@fault("head")
def head_not_allowed(request: Request, response: Response) -> None:
    if request.command == "HEAD":
        response.status = 405


@fault("head")
def head_without_etag(request: Request, response: Response) -> None:
    if request.command == "HEAD":
        response.headers.pop("ETag", None)


@fault("keep_alive")
def closes_after_each_response(request: Request, response: Response) -> None:
    response.headers["Connection"] = "close"


@fault("burst")
def rate_limit_too_low(request: Request, response: Response) -> None:
    count = request.server.__dict__.setdefault("count", [0])
    count[0] += request.path == "/livez"
    if count[0] > 15:
        response.status = 429


@fault("readyz")
def truncated_response(request: Request, response: Response) -> None:
    response.missing_bytes = 10 if request.path == "/readyz" else 0


@fault("api_problem", "security_headers", "versions", "forged")
def api_closes_without_a_response(request: Request, response: Response) -> None:
    if request.path.startswith("/api") and request.command == "GET":
        response.status = 0


@fault("readyz")
def slow_readiness(request: Request, response: Response) -> None:
    response.delay = 3 if request.path == "/readyz" else 0
