"""nginx.conf: which file answers, and how long it may be kept."""

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.support.front_door import (
    ASSET,
    HTML,
    PAGE,
    SCRIPT,
    STYLE,
    apology,
    ask,
    nginx_has,
    script,
)
from tests.support.stack import Stack

YEAR = "public, max-age=31536000, immutable"


# Files


def test_an_asset_may_be_kept_for_a_year(mirror: Stack) -> None:
    answer = ask(mirror, ASSET)
    assert (answer.status, answer.body) == (200, SCRIPT.encode())
    assert answer.one("Cache-Control") == YEAR
    assert answer.one("Content-Type") == "text/javascript; charset=utf-8"


def test_an_asset_that_has_not_changed_is_304_and_still_kept_for_a_year(mirror: Stack) -> None:
    tag = ask(mirror, ASSET).one("ETag")
    assert tag
    answer = ask(mirror, ASSET, If_None_Match=tag)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.one("Cache-Control") == YEAR


def test_a_part_of_an_asset_is_kept_as_long_as_the_whole(mirror: Stack) -> None:
    answer = ask(mirror, ASSET, Range="bytes=0-3")
    assert (answer.status, answer.body) == (206, SCRIPT.encode()[:4])
    assert answer.one("Cache-Control") == YEAR


@pytest.mark.parametrize("path", ["/assets/gone-00000000.js", "/assets/", "/assets/no-extension"])
def test_a_missing_asset_is_404_and_never_the_page(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path, Sec_Fetch_Mode="navigate", Accept="text/html")
    assert answer.status == 404
    assert "Not Found" in apology(answer)
    assert answer.one("Cache-Control") == "no-cache"  # a deploy may yet bring it


def test_an_asset_is_sent_compressed(mirror: Stack) -> None:
    answer = ask(mirror, STYLE, Accept_Encoding="gzip")
    assert answer.one("Content-Encoding") == "gzip"
    assert gzip.decompress(answer.body).startswith(b"body {")
    assert answer.one("Vary") == "Accept-Encoding"
    assert answer.one("Cache-Control") == YEAR


@pytest.mark.skipif(not nginx_has("gzip_static"), reason="this nginx has no gzip_static module")
def test_an_asset_that_was_compressed_beforehand_is_sent_so(mirror: Stack) -> None:
    answer = ask(mirror, ASSET, Accept_Encoding="gzip")
    assert answer.one("Content-Encoding") == "gzip"
    assert gzip.decompress(answer.body) == b"// compressed beforehand"
    assert answer.one("Content-Type") == "text/javascript; charset=utf-8"
    assert answer.one("Vary") == "Accept-Encoding"


@pytest.mark.skipif(not nginx_has("brotli"), reason="this nginx has no brotli modules")
def test_brotli_is_preferred_where_a_browser_takes_both(mirror: Stack) -> None:
    answer = ask(mirror, ASSET, Accept_Encoding="gzip, deflate, br, zstd")
    assert answer.one("Content-Encoding") == "br"
    assert answer.body == b"// brotli, says its name"
    assert answer.one("Content-Type") == "text/javascript; charset=utf-8"


def test_who_takes_no_compression_gets_none(mirror: Stack) -> None:
    answer = ask(mirror, ASSET, Accept_Encoding="identity")
    assert answer.one("Content-Encoding") is None
    assert answer.body == SCRIPT.encode()


@pytest.mark.parametrize("path", ["/robots.txt", "/CNAME", "/index.html"])
def test_other_files_are_asked_for_anew_each_time(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path)
    assert (answer.status, answer.one("Cache-Control")) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    ["/.env", "/.git/config", "/assets/.secret.js", "/some/.hidden/page", "/.well-known/../.env"],
)
def test_what_begins_with_a_dot_is_nobodys_business(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path)
    assert answer.status == 404
    assert b"SECRET" not in answer.body


@pytest.mark.parametrize("path", ["/.well-known/security.txt", "/.well-known/assetlinks"])
def test_what_is_well_known_is_served(mirror: Stack, path: str) -> None:
    assert ask(mirror, path).status == 200
    assert ask(mirror, "/.well-known/nothing-here").status == 404


@pytest.mark.parametrize("path", ["/../.env", "/%2e%2e/.env", "/assets/../../../etc/passwd"])
def test_nobody_climbs_out_of_the_frontends_folder(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path)
    assert answer.status in (400, 404)
    assert b"SECRET" not in answer.body and b"root:" not in answer.body


# Pages


@pytest.mark.parametrize("path", ["/", "/new", "/polls/abc/results", "/apix", "/envjs", "/%C3%A9"])
@pytest.mark.parametrize("mode", ["navigate", None])
def test_the_frontend_knows_which_page_it_is(mirror: Stack, path: str, mode: str | None) -> None:
    answer = ask(mirror, path, **({"Sec_Fetch_Mode": mode} if mode else {}))
    assert (answer.status, answer.body) == (200, PAGE.encode())
    assert answer.one("Content-Type") == HTML
    assert answer.one("Cache-Control") == "no-cache"


@pytest.mark.parametrize("mode", ["cors", "no-cors", "same-origin"])
def test_what_a_script_asks_for_is_there_or_404(mirror: Stack, mode: str) -> None:
    answer = ask(mirror, "/polls/abc", Sec_Fetch_Mode=mode)
    assert answer.status == 404
    assert PAGE.encode() not in answer.body
    assert ask(mirror, "/robots.txt", Sec_Fetch_Mode=mode).status == 200


@pytest.mark.parametrize("mode", ["cors", "same-origin"])
def test_a_service_worker_may_fetch_the_start_page(mirror: Stack, mode: str) -> None:
    assert ask(mirror, "/", Sec_Fetch_Mode=mode).body == PAGE.encode()


@pytest.mark.parametrize("path", ["/logo.png", "/polls/abc/chart.svg", "/polls.json", "/a.b/c.d"])
def test_a_missing_file_is_404_and_never_the_page(mirror: Stack, path: str) -> None:
    answer = ask(mirror, path, Sec_Fetch_Mode="navigate")
    assert answer.status == 404
    apology(answer)


@pytest.mark.parametrize("path", ["/", "/polls/abc"])
def test_a_page_that_has_not_changed_is_304(mirror: Stack, path: str) -> None:
    tag = ask(mirror, path).one("ETag")
    assert tag
    answer = ask(mirror, path, If_None_Match=tag)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.one("Cache-Control") == "no-cache"
    assert ask(mirror, path, If_None_Match='"other"').status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_posted_to_a_page(mirror: Stack, method: str) -> None:
    answer = ask(mirror, "/", method=method, body=b"x")
    assert (answer.status, answer.one("Allow")) == (405, "GET, HEAD")
    apology(answer)


def test_what_the_app_allows_is_for_the_app_to_say(mirror: Stack, tmp_path: Path) -> None:
    assert "PATCH" in (ask(mirror, method="TRACE").one("Allow") or "")
    path = script(tmp_path, "405 Method Not Allowed", Allow="BREW")
    assert ask(mirror, path).all("Allow") == ["BREW"]
    assert ask(mirror, script(tmp_path)).one("Allow") is None


def test_the_frontend_learns_public_variables_and_no_others(mirror: Stack) -> None:
    answer = ask(mirror, "/env.js")
    assert answer.one("Content-Type") == "text/javascript; charset=utf-8"
    assert answer.one("Cache-Control") == "no-cache"
    code = re.fullmatch(r"window\.env = (\{.*\});\n", answer.body.decode("ascii"), re.DOTALL)
    assert code
    assert json.loads(code[1]) == {"PUBLIC_NAME": "Tally </script> für alle"}


def test_tally_loads_every_asset_that_its_page_names(stack: Stack) -> None:
    _, headers, page = stack.get("/polls/whatever")
    assert headers["cache-control"] == "no-cache"
    assets = re.findall(r'"(/assets/[^"]+)"', page.decode())
    assert assets
    for asset in assets:
        status, headers, _ = stack.get(asset, Accept_Encoding="gzip")
        assert (status, headers["cache-control"]) == (200, YEAR)
        assert headers["content-encoding"] == "gzip"
    assert b'"PUBLIC_GREETING": "hello"' in stack.get("/env.js")[2]
