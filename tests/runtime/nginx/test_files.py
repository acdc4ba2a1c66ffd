"""nginx.conf: which file is served, and how long it may be cached."""

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
    error_page,
    nginx_has_module,
    send_request,
    stub_response,
)
from tests.support.stack import Stack

YEAR = "public, max-age=31536000, immutable"


# Files


def test_asset_is_cacheable_for_a_year(mirror: Stack) -> None:
    response = send_request(mirror, ASSET)
    assert (response.status, response.body) == (200, SCRIPT.encode())
    assert response.header("Cache-Control") == YEAR
    assert response.header("Content-Type") == "text/javascript; charset=utf-8"


def test_unchanged_asset_is_304_and_cacheable_for_a_year(mirror: Stack) -> None:
    etag = send_request(mirror, ASSET).header("ETag")
    assert etag
    response = send_request(mirror, ASSET, If_None_Match=etag)
    assert (response.status, response.body) == (304, b"")
    assert response.header("Cache-Control") == YEAR


def test_range_of_an_asset_is_cacheable_for_a_year(mirror: Stack) -> None:
    response = send_request(mirror, ASSET, Range="bytes=0-3")
    assert (response.status, response.body) == (206, SCRIPT.encode()[:4])
    assert response.header("Cache-Control") == YEAR


@pytest.mark.parametrize("path", ["/assets/gone-00000000.js", "/assets/", "/assets/no-extension"])
def test_missing_asset_is_404_and_not_the_start_page(mirror: Stack, path: str) -> None:
    response = send_request(mirror, path, Sec_Fetch_Mode="navigate", Accept="text/html")
    assert response.status == 404
    assert "Not Found" in error_page(response)
    assert response.header("Cache-Control") == "no-cache"  # a later deploy may add it


def test_asset_is_compressed(mirror: Stack) -> None:
    response = send_request(mirror, STYLE, Accept_Encoding="gzip")
    assert response.header("Content-Encoding") == "gzip"
    assert gzip.decompress(response.body).startswith(b"body {")
    assert response.header("Vary") == "Accept-Encoding"
    assert response.header("Cache-Control") == YEAR


@pytest.mark.skipif(
    not nginx_has_module("gzip_static"), reason="this nginx has no gzip_static module"
)
def test_precompressed_asset_is_sent(mirror: Stack) -> None:
    response = send_request(mirror, ASSET, Accept_Encoding="gzip")
    assert response.header("Content-Encoding") == "gzip"
    assert gzip.decompress(response.body) == b"// compressed beforehand"
    assert response.header("Content-Type") == "text/javascript; charset=utf-8"
    assert response.header("Vary") == "Accept-Encoding"


@pytest.mark.skipif(not nginx_has_module("brotli"), reason="this nginx has no brotli modules")
def test_brotli_is_preferred_over_gzip(mirror: Stack) -> None:
    response = send_request(mirror, ASSET, Accept_Encoding="gzip, deflate, br, zstd")
    assert response.header("Content-Encoding") == "br"
    assert response.body == b"// brotli, says its name"
    assert response.header("Content-Type") == "text/javascript; charset=utf-8"


def test_accept_encoding_identity_gets_an_uncompressed_file(mirror: Stack) -> None:
    response = send_request(mirror, ASSET, Accept_Encoding="identity")
    assert response.header("Content-Encoding") is None
    assert response.body == SCRIPT.encode()


@pytest.mark.parametrize("path", ["/robots.txt", "/CNAME", "/index.html"])
def test_file_outside_assets_is_revalidated_each_time(mirror: Stack, path: str) -> None:
    response = send_request(mirror, path)
    assert (response.status, response.header("Cache-Control")) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    ["/.env", "/.git/config", "/assets/.secret.js", "/some/.hidden/page", "/.well-known/../.env"],
)
def test_hidden_file_is_404(mirror: Stack, path: str) -> None:
    response = send_request(mirror, path)
    assert response.status == 404
    assert b"SECRET" not in response.body


@pytest.mark.parametrize("path", ["/.well-known/security.txt", "/.well-known/assetlinks"])
def test_well_known_file_is_served(mirror: Stack, path: str) -> None:
    assert send_request(mirror, path).status == 200
    assert send_request(mirror, "/.well-known/nothing-here").status == 404


@pytest.mark.parametrize("path", ["/../.env", "/%2e%2e/.env", "/assets/../../../etc/passwd"])
def test_path_outside_the_frontend_folder_is_refused(mirror: Stack, path: str) -> None:
    response = send_request(mirror, path)
    assert response.status in (400, 404)
    assert b"SECRET" not in response.body and b"root:" not in response.body


# Pages


@pytest.mark.parametrize("path", ["/", "/new", "/polls/abc/results", "/apix", "/envjs", "/%C3%A9"])
@pytest.mark.parametrize("mode", ["navigate", None])
def test_page_path_gets_the_start_page(mirror: Stack, path: str, mode: str | None) -> None:
    response = send_request(mirror, path, **({"Sec_Fetch_Mode": mode} if mode else {}))
    assert (response.status, response.body) == (200, PAGE.encode())
    assert response.header("Content-Type") == HTML
    assert response.header("Cache-Control") == "no-cache"


@pytest.mark.parametrize("mode", ["cors", "no-cors", "same-origin"])
def test_fetch_of_a_page_path_by_a_script_is_404(mirror: Stack, mode: str) -> None:
    response = send_request(mirror, "/polls/abc", Sec_Fetch_Mode=mode)
    assert response.status == 404
    assert PAGE.encode() not in response.body
    assert send_request(mirror, "/robots.txt", Sec_Fetch_Mode=mode).status == 200


@pytest.mark.parametrize("mode", ["cors", "same-origin"])
def test_fetch_of_the_start_page_by_a_script_is_200(mirror: Stack, mode: str) -> None:
    assert send_request(mirror, "/", Sec_Fetch_Mode=mode).body == PAGE.encode()


@pytest.mark.parametrize("path", ["/logo.png", "/polls/abc/chart.svg", "/polls.json", "/a.b/c.JS"])
def test_missing_file_is_404_and_not_the_start_page(mirror: Stack, path: str) -> None:
    response = send_request(mirror, path, Sec_Fetch_Mode="navigate")
    assert response.status == 404
    error_page(response)


@pytest.mark.parametrize("path", ["/", "/polls/abc"])
def test_unchanged_page_is_304(mirror: Stack, path: str) -> None:
    etag = send_request(mirror, path).header("ETag")
    assert etag
    response = send_request(mirror, path, If_None_Match=etag)
    assert (response.status, response.body) == (304, b"")
    assert response.header("Cache-Control") == "no-cache"
    assert send_request(mirror, path, If_None_Match='"other"').status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_page_with_a_writing_method_is_405(mirror: Stack, method: str) -> None:
    response = send_request(mirror, "/", method=method, body=b"x")
    assert (response.status, response.header("Allow")) == (405, "GET, HEAD")
    error_page(response)


def test_allow_header_of_the_app_passes_unchanged(mirror: Stack, tmp_path: Path) -> None:
    assert "PATCH" in (send_request(mirror, method="TRACE").header("Allow") or "")
    path = stub_response(tmp_path, "405 Method Not Allowed", Allow="BREW")
    assert send_request(mirror, path).header_values("Allow") == ["BREW"]
    assert send_request(mirror, stub_response(tmp_path)).header("Allow") is None


def test_env_js_has_public_variables_only(mirror: Stack) -> None:
    response = send_request(mirror, "/env.js")
    assert response.header("Content-Type") == "text/javascript; charset=utf-8"
    assert response.header("Cache-Control") == "no-cache"
    code = re.fullmatch(r"window\.env = (\{.*\});\n", response.body.decode("ascii"), re.DOTALL)
    assert code
    assert json.loads(code[1]) == {"PUBLIC_NAME": "Tally </script> für alle"}
