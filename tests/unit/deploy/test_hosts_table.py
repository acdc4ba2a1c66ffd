"""The table of hosts is complete, and agrees with the registry of platforms."""

from ipaddress import ip_network
from typing import Any

import pytest
from demijohn.config import platforms
from demijohn.config.settings import SETTINGS, load

from tests.container.hosts.deployment import TABLE, hosts

HOSTS = hosts()
REQUIRED = {
    *("title", "platform", "user", "read_only", "memory_mb", "peer_network"),
    *("assumed", "not_tried", "sources", "variables", "headers", "probe", "stop", "database"),
}
OPTIONAL = {"port", "settings", "cloudflare", "command"}
SECTIONS = {
    "command": (set(), {"web", "entrypoint", "release", "release_variables"}),
    "probe": ({"path", "host", "user_agent", "success", "timeout_seconds"}, {"protocol"}),
    "stop": (
        {"signal", "grace_seconds", "default_grace_seconds"},
        {"default_signal", "max_grace_seconds", "before_seconds", "every_process", "lower"},
    ),
    "database": ({"url", "server"}, {"release_url", "socket_folder"}),
}
PROBES = {"/livez", "/readyz", "/up", "/healthz"}
GUNICORN_SECONDS = 5  # stopwaitsecs in supervisord.conf
DEFAULTS = {setting.name: setting.default for setting in SETTINGS}

each_host = pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)


def stop_seconds(settings: dict[str, str]) -> int:
    """The longest duration of a stop with these settings, in seconds."""
    values = DEFAULTS | settings
    return int(values["DRAIN_SECONDS"]) + int(values["STOP_SECONDS"]) + GUNICORN_SECONDS


@each_host
def test_host_has_all_required_keys_and_no_unknown_ones(host: dict[str, Any]) -> None:
    assert REQUIRED <= host.keys() <= REQUIRED | OPTIONAL
    for name, (required, optional) in SECTIONS.items():
        if name in host:
            assert required <= host[name].keys() <= required | optional, name


@each_host
def test_host_keys_are_explained_in_the_head_of_the_table(host: dict[str, Any]) -> None:
    head = TABLE.read_text(encoding="utf-8").partition("\n[")[0]
    keys = {key for name in SECTIONS for key in host.get(name, ())}
    assert [key for key in host.keys() | keys if key not in head] == []


@each_host
def test_host_has_sources_and_valid_assumed_keys(host: dict[str, Any]) -> None:
    assert host["sources"] and all(source.startswith("https://") for source in host["sources"])
    for name in host["assumed"]:
        value: Any = host
        for part in name.split("."):
            assert part in value, f"{name} is assumed, but not in the table"
            value = value[part]


@pytest.mark.parametrize("platform", platforms.PLATFORMS, ids=lambda platform: platform.name)
def test_platform_of_the_registry_has_a_host(platform: platforms.Platform) -> None:
    assert platform.name in {host["platform"] for host in HOSTS.values()}


@each_host
def test_host_variables_identify_its_platform(host: dict[str, Any]) -> None:
    environ = host["variables"] | host.get("settings", {})
    found = load(environ | {"DATABASE_URL": "postgres://u:p@h/d", "DEMIJOHN_DOTENV": ""})
    assert found.platform == host["platform"]


@each_host
def test_host_grace_exceeds_the_stop_budget(host: dict[str, Any]) -> None:
    stop, settings = host["stop"], host.get("settings", {})
    assert stop_seconds(settings) <= stop["grace_seconds"] <= stop.get("max_grace_seconds", 600)
    lowered = [name for name in ("DRAIN_SECONDS", "STOP_SECONDS") if name in settings]
    assert stop.get("lower", []) == lowered
    assert bool(lowered) is (stop_seconds({}) > stop.get("max_grace_seconds", 600))


@each_host
def test_host_probes_a_path_without_the_database(host: dict[str, Any]) -> None:
    assert host["probe"]["path"] in PROBES
    low, high = min(host["probe"]["success"]), max(host["probe"]["success"])
    assert low <= 200 <= high


@each_host
def test_host_headers_name_client_and_scheme(host: dict[str, Any]) -> None:
    for headers in filter(None, (host["headers"], host.get("cloudflare"))):
        assert {"X-Forwarded-For", "X-Forwarded-Proto"} <= headers.keys()
        assert any("{client}" in value for value in headers.values())
    assert ip_network(host["peer_network"]).num_addresses >= 16
