"""The registry of settings: complete, strict, and without secrets in its output."""

import ast
import re
from pathlib import Path

import pytest
from demijohn.common.exit_codes import CommandError
from demijohn.config import settings
from demijohn.config.environment import child_environment
from demijohn.config.setting import PREFIX
from demijohn.config.settings import SETTINGS, load

from local.steps import ROOT

IMAGE = ROOT / "image" / "demijohn"
URL = {"DATABASE_URL": "postgres://u:hunter22@h/d", "DEMIJOHN_DOTENV": ""}
BY_NAME = {setting.name: setting for setting in SETTINGS}

# Not settings: variables that the boot passes to its children, and those of other programs.
HANDED_OVER = {
    "ADDED",
    "GIVEN",
    "PYTHON",
    "GUNICORN_CONF",
    "SOCKET_FD",
    "STARTED_AT",
    "SQLALCHEMY_DATABASE_URI",
}
OF_OTHERS = {
    "FLASK_APP",
    "SSL_CERT_FILE",
    "PYTHONPATH",
    "TMPDIR",
    "TERM",
    "NO_COLOR",
    "GUNICORN_CMD_ARGS",
}


def errors_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(CommandError) as caught:
        load(environ)
    assert caught.value.status == 78
    return caught.value.message.splitlines()


def test_setting_names_are_unique_and_in_capitals() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    assert all(re.fullmatch("[A-Z][A-Z0-9_]*", name) for name in names)
    assert all(setting.meaning for setting in SETTINGS)


def test_default_is_a_valid_value_of_its_setting() -> None:
    for setting in SETTINGS:
        if setting.default not in (None, ""):
            assert setting.parse(settings.text(setting.default)) == setting.default


def test_every_variable_that_the_image_reads_is_a_setting() -> None:
    known = set(BY_NAME) | HANDED_OVER | OF_OTHERS
    known |= {f"{setting.name}_FILE" for setting in SETTINGS if setting.secret}
    read = {}
    for path in sorted(IMAGE.rglob("*.py")):
        for name in names_read(ast.parse(path.read_text())):
            read[name] = path.name
    assert "DEMIJOHN_WEB_CONCURRENCY" in read  # the scan works
    assert {n: file for n, file in read.items() if n.removeprefix(PREFIX) not in known} == {}


def names_read(tree: ast.AST) -> set[str]:
    """The literal names in `os.environ["X"]`, `environ.get("X")`, `os.getenv("X")`."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=place, slice=ast.Constant(value=str(name))) if _is(place):
                found.add(name)
            case ast.Call(
                func=ast.Attribute(value=place, attr="get" | "pop" | "setdefault"),
                args=[ast.Constant(value=str(name)), *_],
            ) if _is(place):
                found.add(name)
            case ast.Call(
                func=ast.Attribute(attr="getenv") | ast.Name(id="getenv"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                found.add(name)
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[place]) if _is(place):
                found.add(name)
    # WSGI's environ has the same name as the environment.
    return {
        name for name in found if not name.startswith(("HTTP_", "wsgi.", "gunicorn.", "PATH_INFO"))
    } - {
        "REMOTE_ADDR",
        "REMOTE_PORT",
        "SCRIPT_NAME",
        "REQUEST_METHOD",
    }


def _is(place: ast.expr) -> bool:
    return ast.unparse(place) in ("os.environ", "environ", "known")


@pytest.mark.parametrize(
    "source",
    ["os.environ['NEW']", "os.environ.get('NEW', '')", "os.getenv('NEW')", "'NEW' in os.environ"],
)
def test_every_way_to_read_the_environment_is_found(source: str) -> None:
    assert names_read(ast.parse(source)) == {"NEW"}


def test_settings_except_database_url_have_defaults() -> None:
    config = load(URL)
    assert (config.port, config.web_threads, config.api_paths) == (8080, 4, ["/api"])
    assert config.sources["PORT"] == "default"
    assert config.sources["DATABASE_URL"] == "environment"
    assert config.run_dir.endswith("-8080")
    with pytest.raises(AttributeError):
        _ = config.no_such_setting


def test_empty_variable_counts_as_unset() -> None:
    assert load(URL | {"PORT": "", "API_PATHS": ""}).port == 8080
    assert "DATABASE_URL is not set" in errors_of({"DATABASE_URL": "", "DEMIJOHN_DOTENV": ""})[0]


WRONG = {
    "PORT": ["eighty", "0", "65536", "-1", "8080.0", "٨٠"],
    "WEB_CONCURRENCY": ["0", "65", "two"],
    "WEB_THREADS": ["0", "many"],
    "STRIP_PREFIX": ["api", "/", "/a,/b", "/a b"],
    "API_PATHS": ["api", "//", "/api,", "/a b", "/api;}", "/{x}"],
    "MAX_BODY_SIZE": ["1t", "big", "0", "-1m", "1.5m"],
    "CONTENT_SECURITY_POLICY": ['default-src "x"', "a\nb", "$uri", "a\\"],
    "DATABASE_DRIVER": ["psycopg4", "mysql"],
    "RELEASE_ON_BOOT": ["maybe", "2"],
    "PLATFORM": ["mars", "Fly.io"],
    "TRUSTED_PROXIES": ["everybody", "10.0.0.0/33", "1.2.3", "1", "*", "none,private", "fe80::1%a"],
    "CLIENT_IP_HEADER": ["X Real IP", "X-Real-IP;", "X_Real"],
    "LOG_LEVEL": ["loud"],
    "PGPORT": ["x"],
    "PGSSLMODE": ["yes"],
    "DATABASE_URL": ["mysql://u:hunter22@h/d"],
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts]
)
def test_invalid_value_is_an_error_that_names_it(name: str, text: str) -> None:
    variable = BY_NAME[name].variable
    (line,) = errors_of(URL | {variable: text})
    assert line.startswith(variable) and line.endswith((".", "database"))
    assert (repr(text) in line) != BY_NAME[name].secret


@pytest.mark.parametrize(
    ("name", "text", "ours"),
    [
        ("TRUSTED_PROXIES", "2", "private"),
        ("PRELOAD", "fonts", "true"),
        ("STOP_SECONDS", "0.5", "9"),
    ],
)
def test_variable_of_the_app_with_the_name_of_a_setting_is_explained(
    name: str, text: str, ours: str
) -> None:
    (line,) = errors_of(URL | {name: text})
    assert line.endswith(f" If it is a variable of the app, set DEMIJOHN_{name}, which wins here.")
    config = load(URL | {name: text, f"DEMIJOHN_{name}": ours})
    assert settings.text(getattr(config, name.lower())) == ours


def test_all_invalid_values_are_reported_at_once() -> None:
    invalid = {BY_NAME[name].variable: texts[0] for name, texts in WRONG.items()}
    found = errors_of(invalid | {"DEMIJOHN_DOTENV": ""})
    assert len(found) == len(invalid)
    assert all(any(line.startswith(name) for line in found) for name in invalid)
    assert "hunter22" not in "".join(found)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("API_PATHS", "/api, /socket/,/api", ["/api", "/socket"]),
        ("API_PATHS", "/, /admin/", ["/", "/admin"]),
        ("STRIP_PREFIX", "/api/", "/api"),
        ("MAX_BODY_SIZE", "10M", "10m"),
        ("MAX_BODY_SIZE", "10 MB", "10m"),
        ("MAX_BODY_SIZE", "1GiB", "1g"),
        ("RELEASE_ON_BOOT", "No", False),
        ("TRUSTED_PROXIES", "10.0.0.1, fdaa::/16", ["10.0.0.1/32", "fdaa::/16"]),
        ("TRUSTED_PROXIES", "10.1.2.3/8", ["10.0.0.0/8"]),
        ("TRUSTED_PROXIES", "Private, CLOUDFLARE 1.2.3.4", ["private", "cloudflare", "1.2.3.4/32"]),
        ("TRUSTED_PROXIES", "::1,private,::1/128", ["::1/128", "private"]),
        ("TRUSTED_PROXIES", "None", ["none"]),
        ("PORT", "10000", 10000),
        ("LOG_LEVEL", "INFO", "info"),
        ("DATABASE_DRIVER", "PG8000", "pg8000"),
    ],
)
def test_valid_value_is_read_under_both_names(name: str, text: str, value: object) -> None:
    setting = BY_NAME[name]
    for variable in setting.variables()[: 1 if setting.prefixed else 2]:
        config = load(URL | {variable: text})
        assert getattr(config, name.lower()) == value
        assert config.sources[name] == "environment"


@pytest.mark.parametrize(
    ("paths", "prefix", "is_right"),
    [
        ("/api", "/api", True),
        ("/rest,/api", "/api/v1", True),
        ("/", "/api", True),
        ("/api", "/apiary", False),
        ("/api/v1", "/api", False),
    ],
)
def test_stripped_prefix_must_be_below_an_api_path(paths: str, prefix: str, is_right: bool) -> None:
    given = URL | {"API_PATHS": paths, "STRIP_PREFIX": prefix}
    if is_right:
        assert load(given).strip_prefix == prefix
    else:
        (line,) = errors_of(given)
        assert line == f"STRIP_PREFIX={prefix!r} is not in API_PATHS={paths}. Add it there."


def test_prefixed_name_overrides_the_plain_name() -> None:
    config = load(URL | {"PORT": "not a port", "DEMIJOHN_PORT": "9000"})
    assert config.port == 9000
    (line,) = errors_of(URL | {"PORT": "9000", "DEMIJOHN_PORT": "ninety"})
    assert line.startswith("DEMIJOHN_PORT='ninety' must be")


def test_plain_name_of_a_prefixed_setting_is_left_to_the_app() -> None:
    apps = {setting.name: "the app's own" for setting in SETTINGS if setting.prefixed}
    config = load(URL | apps)
    assert all(config.sources[name] != "environment" for name in apps)
    (line,) = config.notes
    assert config.warnings == []
    assert all(f" {name}" in line and f"DEMIJOHN_{name}" in line for name in apps)
    debug = load(URL | {"LOG_LEVEL": "NOTSET", "DEMIJOHN_LOG_LEVEL": "debug"})
    assert (debug.log_level, debug.notes) == ("debug", [])


@pytest.mark.parametrize(
    ("environ", "command", "warned"),
    [
        ({"RELEASE_COMMAND": "flask db upgrade"}, "flask db upgrade", True),
        ({"DEMIJOHN_RELEASE_COMMAND": "true"}, "true", True),
        ({"RELEASE_COMMAND": "true", "MIGRATION_COMMAND": "false"}, "false", False),
        ({"RELEASE_COMMAND": "1", "APP_DIR": "/nowhere"}, "", False),
    ],
)
def test_former_name_is_read_unless_flyctl_set_it(
    environ: dict[str, str], command: str, *, warned: bool
) -> None:
    config = load(URL | environ)
    assert config.migration_command == command
    assert config.warnings == (
        [f"{next(iter(environ))} is now called MIGRATION_COMMAND. Rename it."] if warned else []
    )


def test_kubernetes_service_link_is_not_read_as_the_port() -> None:
    assert load(URL | {"DEMIJOHN_PORT": "tcp://10.0.0.11:80", "PORT": "9000"}).port == 9000


def test_children_get_settings_under_prefixed_names_only() -> None:
    config = load(URL | {"SECRET_KEY": "s3cr3t", "PGPASSWORD": "x", "WEB_CONCURRENCY": "2"})
    children = config.child_variables()
    assert children["SECRET_KEY"] == "s3cr3t"
    assert children["DEMIJOHN_WEB_CONCURRENCY"] == "2"
    assert children["DEMIJOHN_LOG_LEVEL"] == "info"
    assert [name for name in children if not name.startswith(PREFIX)] == ["SECRET_KEY"]
    assert "hunter22" not in str(children)


@pytest.mark.parametrize(
    ("text", "kept", "workers", "warning"),
    [
        ("", "", None, ""),
        ("--workers=3", "", 3, ""),
        ("--max-requests 9 --env A=b", "--max-requests=9 --env=A=b", None, ""),
        ("--bind 0.0.0.0:1 -k gevent", "", None, "ignoring --bind, --worker-class"),
        ("mine:app --preload", "", None, "ignoring mine:app, --preload"),
        ("--timeout 0", "", None, "ignoring the value 0 for REQUEST_TIMEOUT"),
        ("--max-requests=-1", "", None, "ignoring --max-requests"),
        ("--bindd x", "", None, "is ignored: unrecognized arguments: --bindd"),
        ("--workers two", "", None, "is ignored: argument -w/--workers"),
        ("'open", "", None, "is ignored: No closing quotation"),
    ],
)
def test_gunicorn_cmd_args_are_applied_or_ignored_with_a_warning(
    text: str, kept: str, workers: int | None, warning: str
) -> None:
    config = load(URL | {"GUNICORN_CMD_ARGS": text})
    assert (config.gunicorn_args, config.web_concurrency) == (kept, workers)
    assert [warning in line for line in config.warnings] == ([True] if warning else [])


def test_settings_override_gunicorn_cmd_args() -> None:
    environ = {"GUNICORN_CMD_ARGS": "--workers=3 --timeout 9", "WEB_CONCURRENCY": "5"}
    config = load(URL | environ)
    assert (config.web_concurrency, config.request_timeout) == (5, 9)
    assert config.sources["REQUEST_TIMEOUT"] == "GUNICORN_CMD_ARGS"


def test_secrets_are_read_from_files(tmp_path: Path) -> None:
    for setting in SETTINGS:
        if not setting.secret:
            continue
        file = tmp_path / setting.name
        file.write_text("postgres://u:hunter22@h/from-a-file\n")
        config = load({**URL, setting.name: "", f"{setting.name}_FILE": str(file), "PGHOST": "h"})
        assert config.sources[setting.name] == str(file)
        assert errors_of({**URL, setting.name: "x", f"{setting.name}_FILE": str(file)}) == [
            f"{setting.name} and {setting.name}_FILE are both set; unset one of them."
        ]


def test_secret_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe\x00")
    assert "it is not UTF-8 text" in errors_of(URL | {"SECRET_KEY_FILE": str(file)})[0]
    assert "Is a directory" in errors_of(URL | {"SECRET_KEY_FILE": str(tmp_path)})[0]
    assert "No such file" in errors_of(URL | {"SECRET_KEY_FILE": str(tmp_path / "none")})[0]


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABASE_URL": "", "DATABASE_URL_FILE": "postgres://u:hunter22@h/db"},
        {"SECRET_KEY_FILE": "hunter22"},
        {"DATABASE_URL": "", "PGHOST": "postgres://u:hunter22@h/db"},
    ],
)
def test_secret_in_the_wrong_variable_is_not_printed(environ: dict[str, str]) -> None:
    (line,) = errors_of(URL | environ)
    assert "hunter22" not in line


def test_empty_secret_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("\n")
    (line,) = errors_of(URL | {"SECRET_KEY_FILE": str(file)})
    assert (
        line == f"SECRET_KEY cannot be read from SECRET_KEY_FILE={str(file)!r}: the file is empty."
    )


@pytest.mark.parametrize("content", [None, b"PORT=\xff\xfe"], ids=["missing", "not-utf-8"])
def test_dotenv_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "env"
    if content is not None:
        file.write_bytes(content)
    (line,) = errors_of(URL | {"DEMIJOHN_DOTENV": str(file)})
    assert line.startswith(f"DEMIJOHN_DOTENV={str(file)!r} cannot be read: ")


def test_unknown_demijohn_setting_is_reported() -> None:
    of_kubernetes = {
        "DEMIJOHN_SERVICE_HOST": "10.0.0.11",
        "DEMIJOHN_PORT_80_TCP": "tcp://10.0.0.11",
    }
    assert load(URL | of_kubernetes | {"DEMIJOHN_MAX_BODY": "9m"}).typos == [
        "DEMIJOHN_MAX_BODY is not a setting. docs/settings.md lists them."
    ]


def test_variables_like_pgpassword_are_not_reported_beside_a_url() -> None:
    assert load(URL | {"PG_PASSWORD": "x", "PG_HOST": "h", "PG_PORT": "1"}).typos == []


def test_child_environment_has_no_variables_that_gunicorn_reads() -> None:
    """Where the prefixed settings are set, the plain names belong to the app."""
    environ = URL | {"WEB_CONCURRENCY": "auto", "DEMIJOHN_WEB_CONCURRENCY": "2"}
    environ |= {"FORWARDED_ALLOW_IPS": "private"}
    child = child_environment(load(environ), environ)
    assert not {"WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "GUNICORN_CMD_ARGS"} & child.keys()
    assert child["DEMIJOHN_WEB_CONCURRENCY"] == "2"


def test_secrets_are_known_and_not_printed() -> None:
    config = load(URL | {"SECRET_KEY": "s3cr3t-k3y"})
    assert set(config.secrets()) >= {"hunter22", "s3cr3t-k3y"}
    hidden = load(URL | {"DATABASE_URL": "postgres://h/d?user=u&password=hunter22"})
    assert "hunter22" in hidden.secrets()
    assert "hunter22" not in repr(config.database_url)


def test_real_variables_override_the_dotenv_file(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("PORT=1234\nWEB_THREADS=2\nPUBLIC_A=file\nPUBLIC_B=file\n")
    config = load(URL | {"DEMIJOHN_DOTENV": str(file), "PORT": "5678", "PUBLIC_B": "real"})
    assert (config.port, config.web_threads) == (5678, 2)
    assert config.sources["WEB_THREADS"] == str(file)
    assert config.public == {"PUBLIC_A": "file", "PUBLIC_B": "real"}


def test_public_variables_are_those_with_the_prefix_public() -> None:
    assert load(URL | {"PUBLIC_A": "1", "NOT_PUBLIC_B": "2", "public_c": "3"}).public == {
        "PUBLIC_A": "1"
    }


def test_pg_variables_replace_a_missing_url() -> None:
    parts = {
        "PGHOST": "h",
        "PGUSER": "u",
        "PGPASSWORD": "p@",
        "PGDATABASE": "d",
        "DEMIJOHN_DOTENV": "",
    }
    url = load(parts).database_url
    assert (url.user, url.password, url.hosts, url.database) == ("u", "p@", "h:5432", "d")
    assert load(parts | URL).database_url.password == "hunter22"


@pytest.mark.parametrize("host", ["h h", "h@x", "h/x", "[", "h:5432", "h?x"], ids=repr)
def test_invalid_pghost_is_an_error(host: str) -> None:
    (line,) = errors_of({"PGHOST": host, "DEMIJOHN_DOTENV": ""})
    assert line.startswith("PGHOST")


def test_settings_that_a_command_does_not_need_are_not_checked() -> None:
    environ = {"DATABASE_URL": "postgresql://host/app", "PORT": "none", "DEMIJOHN_DOTENV": ""}
    config = load(environ, only=settings.CONNECTION)
    assert config.database_url.place() == "host/app"
    assert config.port == 8080
    with pytest.raises(CommandError, match="DATABASE_WAIT='never'"):
        load(environ | {"DATABASE_WAIT": "never"}, only=settings.CONNECTION)


def test_misspelt_variable_is_reported_with_the_setting_meant() -> None:
    slips = {"WEB_CONCURENCY": "4", "Drain_Seconds": "1", "DEMIJOHN_RATE_LIMITS": "5"}
    assert load(URL | slips).typos == [
        "DEMIJOHN_RATE_LIMITS is not a setting. Did you mean DEMIJOHN_RATE_LIMIT?",
        "Drain_Seconds is not a setting. Did you mean DRAIN_SECONDS?",
        "WEB_CONCURENCY is not a setting. Did you mean WEB_CONCURRENCY?",
    ]
    assert errors_of({"DATABASE_URI": "postgres://u:hunter22@h/d", "DEMIJOHN_DOTENV": ""})[-1] == (
        "DATABASE_URI is not a setting. Did you mean DATABASE_URL?"
    )


def test_variables_of_other_programs_are_not_reported_as_misspelt() -> None:
    """Nor those that resemble a setting that is also set."""
    others = (
        "DATABASE_USER DATABASE_NAME PGHOSTADDR PGOPTIONS PORTS APP_PORT AWS_REGION PRIMARY_REGION "
        "SECRET_KEY_BASE STATIC_ROOT RENDER_INSTANCE_ID FLY_REGION GUNICORN_CMD_ARGS "
        "SECRET_KEY_FILE DATABASE_URI PUBLIC_ROOM"
    )
    key = str(Path(__file__))  # any file
    assert load(URL | dict.fromkeys(others.split(), key)).typos == []
