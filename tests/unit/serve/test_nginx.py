"""The fragments of Nginx's configuration, and env.js with the PUBLIC_* variables."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from demijohn.common.exit_codes import CommandError
from demijohn.common.run_dir import UNTRUSTED_PROXIES
from demijohn.config.nginx_program import NginxProgram
from demijohn.config.platforms import CLOUDFLARE
from demijohn.config.settings import load
from demijohn.serve import nginx

from local import tools
from local.steps import ROOT

URL = {"DATABASE_URL": "postgres://u:p@h/d", "DEMIJOHN_DOTENV": ""}

AWKWARD = {
    "PUBLIC_A": "</script><script>alert(1)</script>",
    "PUBLIC_B": "ünï \u2028\u2029 漢 \U0001f377",
    "PUBLIC_C": "quotes \" ' ` and \\ and ${x}",
    "PUBLIC_D": "two\nlines\t",
    "PUBLIC_E": "",
    "PUBLIC_F": "not text: \udcff",  # as Python represents bytes that are not UTF-8
}


def test_env_js_is_ascii_and_keeps_all_characters() -> None:
    script = nginx.env_js(AWKWARD)
    script.encode("ascii")
    found = re.fullmatch(r"window\.env = (\{.*\});\n", script, re.DOTALL)
    assert found and json.loads(found[1]) == AWKWARD


def test_env_js_without_variables_is_an_empty_object() -> None:
    assert nginx.env_js({}) == "window.env = {};\n"


def test_env_js_has_the_same_values_in_a_javascript_engine() -> None:
    text = {name: value for name, value in AWKWARD.items() if name != "PUBLIC_F"}
    code = f"globalThis.window = {{}}; {nginx.env_js(text)} console.log(JSON.stringify(window.env))"
    result = subprocess.run([tools.node().program, "-e", code], capture_output=True, check=True)
    assert json.loads(result.stdout) == text


def write_config(tmp_path: Path, **settings: str) -> Path:
    static = tmp_path / "site"
    static.mkdir(exist_ok=True)
    (static / "index.html").touch()
    run_dir = tmp_path / "run"
    run_dir.mkdir(exist_ok=True)
    settings_given = (
        URL | {"DEMIJOHN_STATIC_DIR": str(static), "DEMIJOHN_RUN_DIR": str(run_dir)} | settings
    )
    nginx.write(load(settings_given), NginxProgram.find(str(tools.nginx())), ROOT, workers=1)
    return run_dir


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"DEMIJOHN_RATE_LIMIT": "0"},
        {"API_PATHS": "/api,/api/v2,/a.b,/x-y~z_1"},
        {"TRUSTED_PROXIES": "10.0.0.0/8,fdaa::/16,::1,127.0.0.1"},
        {"TRUSTED_PROXIES": "private,10.0.0.0/8,::1,cloudflare,104.16.0.0/13"},
        {"API_PATHS": "/,/admin"},
        {"TRUSTED_PROXIES": "none"},
        {"FLY_APP_NAME": "x"},
        {"RENDER": "true"},
        {"STOP_SECONDS": "2", "DEMIJOHN_MAX_BODY_SIZE": "10M", "DEMIJOHN_REQUEST_TIMEOUT": "3600"},
        {"DEMIJOHN_CONTENT_SECURITY_POLICY": "script-src 'self' 'sha256-a+b/c=' https: {};"},
    ],
    ids=lambda settings: " ".join(settings) or "defaults",
)
def test_nginx_accepts_the_written_config(tmp_path: Path, settings: dict[str, str]) -> None:
    run_dir = write_config(tmp_path, **settings)
    result = subprocess.run(
        [tools.nginx(), "-t", "-q", "-p", run_dir, "-c", "nginx.conf", "-e", "stderr"],
        cwd=run_dir,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", ["with space", "with$dollar", 'with"quote', "with{brace", "a#b"])
def test_static_dir_with_special_characters_works_or_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "index.html").touch()
    try:
        run_dir = write_config(tmp_path, DEMIJOHN_STATIC_DIR=str(tmp_path / name))
    except CommandError as error:
        assert error.status == 78 and "DEMIJOHN_STATIC_DIR" in error.message
        return
    result = subprocess.run(
        [tools.nginx(), "-t", "-q", "-p", run_dir, "-c", "nginx.conf", "-e", "stderr"],
        cwd=run_dir,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_second_boot_replaces_the_fragments_of_the_first(tmp_path: Path) -> None:
    write_config(tmp_path, DEMIJOHN_RATE_LIMIT="7")
    fragments = write_config(tmp_path, DEMIJOHN_RATE_LIMIT="0", PORT="1234") / "fragments"
    assert "limit_req" not in (fragments / "api.conf").read_text()
    assert "listen 1234;" in (fragments / "listen.conf").read_text()


def test_brotli_is_loaded_only_with_both_modules(tmp_path: Path) -> None:
    program = NginxProgram("nginx", "1", f"--modules-path={tmp_path} --with-x")
    assert program.brotli_modules() == []
    (tmp_path / "ngx_http_brotli_filter_module.so").touch()
    assert program.brotli_modules() == []
    (tmp_path / "ngx_http_brotli_static_module.so").touch()
    assert len(program.brotli_modules()) == 2


def real_ip_networks(fragments: Path) -> list[str]:
    return re.findall(
        "^set_real_ip_from (.*);", (fragments / "http.conf").read_text(), re.MULTILINE
    )


@pytest.mark.parametrize(
    ("header", "networks"),
    [("x-forwarded-for", ["1.2.3.4/32", *CLOUDFLARE]), ("X-Real-IP", ["1.2.3.4/32"])],
)
def test_cloudflare_is_not_trusted_with_a_header_it_passes_on(
    tmp_path: Path, header: str, networks: list[str]
) -> None:
    settings_given = {"TRUSTED_PROXIES": "1.2.3.4,cloudflare", "CLIENT_IP_HEADER": header}
    assert real_ip_networks(write_config(tmp_path, **settings_given) / "fragments") == networks


def test_trusted_proxies_none_trusts_no_proxy(tmp_path: Path) -> None:
    fragments = write_config(tmp_path, FLY_APP_NAME="x", TRUSTED_PROXIES="none") / "fragments"
    assert real_ip_networks(fragments) == []
    assert " 1;" not in (fragments / "http.conf").read_text().partition("map $uri $is_api")[0]


def test_boot_deletes_the_reports_of_untrusted_proxies(tmp_path: Path) -> None:
    markers = [write_config(tmp_path) / name for name in UNTRUSTED_PROXIES.values()]
    for marker in markers:
        marker.touch()
    write_config(tmp_path)
    assert [marker for marker in markers if marker.exists()] == []
