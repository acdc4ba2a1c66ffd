"""Ways for a deployment to be wrong, and the checks of smoke that must turn red for each."""

import gzip
from collections.abc import Callable

from tests.unit.commands.deployments import PAGE, SCRIPT, Answer, Fault, Request

# Each function spoils an answer, and names the checks that must turn red for it.
FAULTS: list[tuple[Fault, set[str]]] = []


def fault(*checks: str) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        FAULTS.append((function, set(checks)))
        return function

    return register


@fault("livez", "readyz", "database", "burst")
def gunicorn_down(request: Request, answer: Answer) -> None:
    if request.path in ("/livez", "/up", "/readyz", "/healthz/database"):
        answer.status = 502


@fault("livez", "readyz", "database")
def probes_answered_by_react(request: Request, answer: Answer) -> None:
    if request.path in ("/livez", "/up", "/readyz", "/healthz/database"):
        answer.kind, answer.body = "text/html", PAGE


@fault("livez")
def up_answered_by_react(request: Request, answer: Answer) -> None:
    if request.path == "/up":
        answer.kind, answer.body = "text/html", PAGE


@fault("readyz")
def draining(request: Request, answer: Answer) -> None:
    if request.path == "/readyz":
        answer.status, answer.body = 503, b'{"reason": "draining"}'


@fault("database")
def database_away(request: Request, answer: Answer) -> None:
    if request.path == "/healthz/database":
        answer.status, answer.body = 503, b'{"reason": "database away"}'


@fault("page")
def page_kept_by_browsers(request: Request, answer: Answer) -> None:
    if answer.body == PAGE:
        answer.headers["Cache-Control"] = "max-age=600"


@fault("page", "conditional")
def page_without_etag(request: Request, answer: Answer) -> None:
    answer.headers.pop("ETag", None)


@fault("conditional")
def never_a_304(request: Request, answer: Answer) -> None:
    if answer.status == 304:
        answer.status, answer.body = 200, PAGE


@fault("page", "deep_link", "burst")
def build_missing(request: Request, answer: Answer) -> None:
    if answer.body == PAGE:
        answer.status, answer.body = 403, b"forbidden"


@fault("deep_link")
def no_fallback(request: Request, answer: Answer) -> None:
    if request.path.endswith("/deep"):
        answer.status = 404


@fault("deep_link")
def another_page(request: Request, answer: Answer) -> None:
    if request.path.endswith("/deep"):
        answer.body = b"<!doctype html>Welcome to nginx!"


@fault("missing_file", "missing_asset", "dotfiles")
def fallback_for_everything(request: Request, answer: Answer) -> None:
    if answer.status == 404 and not request.path.startswith("/api"):
        answer.status, answer.body = 200, PAGE


@fault("missing_file")
def error_page_as_image(request: Request, answer: Answer) -> None:
    if request.path.endswith(".png"):
        answer.kind = "image/png"


@fault("env_js")
def env_js_kept(request: Request, answer: Answer) -> None:
    if request.path == "/env.js":
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"


@fault("env_js")
def env_js_missing(request: Request, answer: Answer) -> None:
    if request.path == "/env.js":
        answer.status = 404


@fault("immutable")
def assets_revalidated(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/index"):
        answer.headers["Cache-Control"] = "no-cache"


@fault("immutable")
def script_of_the_wrong_type(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/index"):
        answer.kind = "text/plain"


@fault("immutable", "gzipped", "brotli")
def assets_of_another_build(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/index"):
        answer.status = 404


@fault("gzipped")
def no_compression(request: Request, answer: Answer) -> None:
    if answer.headers.pop("Content-Encoding", None):
        answer.body = SCRIPT


@fault("gzipped")
def stale_gzip(request: Request, answer: Answer) -> None:
    if "Content-Encoding" in answer.headers:
        answer.body = gzip.compress(b"yesterday's build")


@fault("gzipped")
def gzip_in_name_only(request: Request, answer: Answer) -> None:
    if "Content-Encoding" in answer.headers:
        answer.body = SCRIPT


@fault("gzipped", "brotli")
def compressed_without_vary(request: Request, answer: Answer) -> None:
    answer.headers.pop("Vary", None)


@fault("gzipped", "brotli")
def gzip_for_everybody(request: Request, answer: Answer) -> None:
    if answer.body == SCRIPT:
        answer.body, answer.headers["Content-Encoding"] = gzip.compress(SCRIPT), "gzip"


@fault("brotli")
def broken_brotli(request: Request, answer: Answer) -> None:
    if "br" in request.headers.get("Accept-Encoding", "") and "Vary" in answer.headers:
        answer.body, answer.headers["Content-Encoding"] = b"", "br"


@fault("missing_asset")
def missing_asset_kept_for_a_year(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/smoke"):
        answer.headers["Cache-Control"] = "max-age=31536000, immutable"


def api_errors_in_html(request: Request, answer: Answer) -> None:
    if request.path.startswith("/api") and answer.status == 404:
        answer.kind, answer.body = "text/html", b"<h1>Not Found</h1>"


@fault("api_problem")
def api_answered_by_react(request: Request, answer: Answer) -> None:
    if request.path.startswith("/api") and answer.status == 404:
        answer.status, answer.kind, answer.body = 200, "text/html", PAGE


@fault("oversized")
def body_limit_unset(request: Request, answer: Answer) -> None:
    if answer.status == 413:
        answer.status = 404


@fault("oversized")
def waits_for_the_whole_body(request: Request, answer: Answer) -> None:
    answer.after = 3 if answer.status == 413 else 0


@fault("security_headers")
def no_policy_on_assets(request: Request, answer: Answer) -> None:
    if request.path.startswith("/assets/index"):
        del answer.headers["Content-Security-Policy"]


@fault("security_headers")
def no_headers_on_errors(request: Request, answer: Answer) -> None:
    if answer.status >= 400:
        answer.headers = {}


@fault("versions")
def nginx_tells_its_version(request: Request, answer: Answer) -> None:
    answer.headers["Server"] = "nginx/1.26.3"


@fault("versions")
def gunicorn_shines_through(request: Request, answer: Answer) -> None:
    if request.path.startswith("/api"):
        answer.headers["X-Origin-Server"] = "gunicorn/27.0.1"


@fault("versions")
def version_in_an_error_page(request: Request, answer: Answer) -> None:
    if answer.status == 400:
        answer.body = b"<hr><center>nginx/1.26.3</center>"


@fault("versions")
def powered_by(request: Request, answer: Answer) -> None:
    answer.headers["X-Powered-By"] = "Express"


@fault("dotfiles")
def secrets_served(request: Request, answer: Answer) -> None:
    if request.path == "/.git/config":
        answer.status, answer.body = 200, b"[core]"


@fault("dotfiles")
def secrets_served_in_disguise(request: Request, answer: Answer) -> None:
    if request.path == "/%2eenv":
        answer.status, answer.body = 200, b"DATABASE_URL="


@fault("traversal")
def alias_without_slash(request: Request, answer: Answer) -> None:
    if request.path == "/assets../nginx.conf":
        answer.status, answer.body = 200, b"http {"


@fault("traversal")
def traversal_crashes(request: Request, answer: Answer) -> None:
    if "etc/passwd" in request.path:
        answer.status = 500


@fault("forged")
def redirects_to_the_named_host(request: Request, answer: Answer) -> None:
    if request.path == "/assets":
        answer.status = 301
        answer.headers["Location"] = f"http://{request.headers['Host']}/assets/"


@fault("forged")
def redirects_to_the_forwarded_host(request: Request, answer: Answer) -> None:
    if host := request.headers.get("X-Forwarded-Host"):
        answer.status, answer.headers["Location"] = 302, f"https://{host}/"


@fault("forged")
def redirects_to_an_inner_port(request: Request, answer: Answer) -> None:
    if request.path == "/assets":
        answer.status, answer.headers["Location"] = 301, "http://127.0.0.1:8000/assets/"


@fault("forged")
def redirects_to_itself(request: Request, answer: Answer) -> None:
    if request.headers.get("X-Forwarded-Proto") == "http":
        answer.status, answer.headers["Location"] = 308, request.path


@fault("forged")
def open_redirect_by_two_slashes(request: Request, answer: Answer) -> None:
    if " //" in request.requestline:  # http.server has already mended the path
        answer.status, answer.headers["Location"] = 301, "//smoke.invalid/"


@fault("bad_request")
def malformed_requests_served(request: Request, answer: Answer) -> None:
    if answer.status == 400:
        answer.status = 200


@fault("bad_request")
def malformed_requests_hang(request: Request, answer: Answer) -> None:
    answer.after = 3 if answer.status == 400 else 0


@fault("head")
def head_not_allowed(request: Request, answer: Answer) -> None:
    if request.command == "HEAD":
        answer.status = 405


@fault("head")
def head_without_etag(request: Request, answer: Answer) -> None:
    if request.command == "HEAD":
        answer.headers.pop("ETag", None)


@fault("keep_alive")
def closes_after_each(request: Request, answer: Answer) -> None:
    answer.headers["Connection"] = "close"


@fault("burst")
def limits_too_tight(request: Request, answer: Answer) -> None:
    count = request.server.__dict__.setdefault("count", [0])
    count[0] += request.path == "/livez"
    if count[0] > 15:
        answer.status = 429


@fault("readyz")
def answer_cut_short(request: Request, answer: Answer) -> None:
    answer.cut = 10 if request.path == "/readyz" else 0


@fault("api_problem", "security_headers", "versions", "forged")
def api_closes_without_a_word(request: Request, answer: Answer) -> None:
    if request.path.startswith("/api") and request.command == "GET":
        answer.status = 0


@fault("readyz")
def slow_readiness(request: Request, answer: Answer) -> None:
    answer.after = 3 if request.path == "/readyz" else 0
