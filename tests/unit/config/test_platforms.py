"""The table of platforms: detection, and the settings that follow from it."""

from itertools import product

import pytest
from demijohn.config import platforms
from demijohn.config.parsers import networks
from demijohn.config.platforms import ANYWHERE, NETWORKS, PLATFORMS, Platform
from demijohn.config.settings import Settings, load

URL = {"DATABASE_URL": "postgres://u:p@h/d", "DOTENV": ""}

each_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda p: p.name)


def load_on(environ: dict[str, str], **more: str) -> Settings:
    return load(URL | environ | more)


@pytest.mark.parametrize(
    ("marker", "name"), [(marker, p.name) for p in PLATFORMS for marker in p.markers]
)
def test_platform_is_detected_by_each_of_its_variables(marker: str, name: str) -> None:
    assert load_on({marker: "x"}).platform == name
    assert load_on({marker: ""}).platform == "anywhere"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ("DYNO DOKKU_APP_TYPE", "dokku"),
        ("DYNO DOKKU_APP_RESTORE GIT_REV KUBERNETES_SERVICE_HOST", "dokku"),
        ("DYNO HEROKU_APP_ID", "heroku"),
        ("DYNO", "heroku"),
        ("KUBERNETES_SERVICE_HOST CONTAINER_APP_NAME", "azure"),
        ("KUBERNETES_SERVICE_HOST K_SERVICE", "cloudrun"),
        ("KUBERNETES_SERVICE_HOST NF_PROJECT_ID", "northflank"),
        ("KUBERNETES_SERVICE_HOST DIGITALOCEAN_APP_ID", "digitalocean"),
        ("KUBERNETES_SERVICE_HOST KOYEB_SERVICE_NAME", "koyeb"),
        ("KUBERNETES_SERVICE_HOST RAILWAY_PROJECT_ID", "railway"),
        ("KUBERNETES_SERVICE_HOST AWS_REGION", "kubernetes"),
        ("ECS_CONTAINER_METADATA_URI_V4 AWS_REGION", "ecs"),
        ("COOLIFY_RESOURCE_UUID SOURCE_COMMIT PORT_", "coolify"),
        ("KAMAL_HOST", "anywhere"),  # people set it for other purposes
        ("PORT_ HOSTNAME AWS_REGION", "anywhere"),
    ],
)
def test_more_specific_platform_is_detected(variables: str, name: str) -> None:
    assert load_on(dict.fromkeys(variables.split(), "x")).platform == name


def test_any_other_platform_is_detected_before_kubernetes() -> None:
    for platform, marker in product(PLATFORMS, PLATFORMS[-1].markers):
        assert load_on({platform.markers[0]: "x", marker: "x"}).platform == platform.name
    assert PLATFORMS[-1].name == "kubernetes"


@each_platform
def test_platform_setting_overrides_detection(platform: Platform) -> None:
    given = load_on({"DYNO": "web.1", "DEMIJOHN_PLATFORM": platform.name})
    assert (given.platform, given.client_ip_header) == (platform.name, platform.client_ip_header)
    assert load_on({"DYNO": "web.1", "DEMIJOHN_PLATFORM": "anywhere"}).trusted_proxies == []


@each_platform
def test_platform_has_https_sources_and_valid_networks(platform: Platform) -> None:
    assert platform.sources and all(url.startswith("https://") for url in platform.sources)
    assert networks(",".join(platform.trusted_proxies)) == list(platform.trusted_proxies)


def test_networks_are_in_normal_form() -> None:
    for word, members in NETWORKS.items():
        assert networks(word) == [word]
        assert not members or networks(",".join(members)) == list(members)
    assert platforms.expand(["10.0.0.0/8", "private"])[0] == "10.0.0.0/8"
    assert len(platforms.expand(["private", "10.0.0.0/8"])) == len(platforms.PRIVATE)


@each_platform
def test_setting_overrides_header_and_proxies_of_the_platform(platform: Platform) -> None:
    marker = {platform.markers[0]: "x"}
    assert load_on(marker).trusted_proxies == list(platform.trusted_proxies)
    explicit = load_on(marker, CLIENT_IP_HEADER="X-Own", TRUSTED_PROXIES="1.2.3.4")
    assert (explicit.client_ip_header, explicit.trusted_proxies) == ("X-Own", ["1.2.3.4/32"])


@each_platform
def test_platform_names_release_region_and_instance(platform: Platform) -> None:
    for field in ("release", "region", "instance"):
        variables = getattr(platform, field)
        for position, variable in enumerate(variables):
            # Earlier variables take precedence, later ones do not.
            given = {platform.markers[0]: "m"} | dict.fromkeys(variables[position:], "later")
            given = given | {variable: "this"}
            assert getattr(load_on(given), field) == "this"
            assert getattr(load_on(given, **{f"DEMIJOHN_{field.upper()}": "own"}), field) == "own"
    assert load_on({}).release is None
    assert ANYWHERE.trusted_proxies == ()


@pytest.mark.parametrize(
    ("address", "entry"),
    [
        ("172.17.0.1", "private"),
        ("100.64.0.2", "private"),
        ("fdaa::1", "private"),
        ("fe80::1", "private"),
        ("203.0.113.9", "203.0.113.9"),
        ("172.32.0.1", "172.32.0.1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_proxy_entry_is_private_or_its_address(address: str, entry: str) -> None:
    assert platforms.entry_for(address) == entry
