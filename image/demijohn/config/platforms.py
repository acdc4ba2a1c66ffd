"""The hosting platforms: how to detect each, and which of its headers names the client.

A client can forge any header, unless the platform's proxy overwrites it or appends to it. So Nginx
uses a header only if the connection comes from one of the proxy's networks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# RFC 1918, 6598 (carrier-grade NAT), 3927 and 4291 (link-local), 1122 and 4291 (loopback), 4193.
PRIVATE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
    "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip

# https://www.cloudflare.com/ips-v4 and https://www.cloudflare.com/ips-v6
CLOUDFLARE = (
    "173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18",
    "108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17",
    "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22",
    "2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32",
    "2a06:98c0::/29", "2c0f:f248::/32",
)  # fmt: skip

# The words that TRUSTED_PROXIES accepts besides addresses and networks.
NETWORKS: Mapping[str, tuple[str, ...]] = {
    "private": PRIVATE,
    "cloudflare": CLOUDFLARE,
    "none": (),
}


@dataclass(frozen=True)
class Platform:
    """One platform. Any of `markers` in the environment identifies it.

    `client_ip_header` names the client, in requests from `trusted_proxies` (entries as in
    TRUSTED_PROXIES). `release`, `region` and `instance` are the names of variables that hold them;
    the first that is set counts. `sources` are the pages of documentation.
    """

    name: str
    title: str
    markers: tuple[str, ...]
    sources: tuple[str, ...]
    client_ip_header: str = "X-Forwarded-For"
    trusted_proxies: tuple[str, ...] = ("private",)
    release: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    instance: tuple[str, ...] = ()


# The first match counts, so a platform comes before the one that it is built on: many run on
# Kubernetes, and Dokku sets DYNO for apps that were written for Heroku.
PLATFORMS = (
    # Overwrites Fly-Client-IP. The last entry of X-Forwarded-For is the app's own address.
    Platform(
        "fly", "Fly.io", ("FLY_APP_NAME",),
        (
            "https://fly.io/docs/networking/request-headers/",
            "https://fly.io/docs/machines/runtime-environment/",
        ),
        client_ip_header="Fly-Client-IP",
        release=("FLY_IMAGE_REF",), region=("FLY_REGION",), instance=("FLY_MACHINE_ID",),
    ),
    # X-Forwarded-For ends with the client, Cloudflare's edge and Render's own proxy.
    Platform(
        "render", "Render", ("RENDER",),
        ("https://render.com/docs/environment-variables",),
        trusted_proxies=("private", "cloudflare"),
        release=("RENDER_GIT_COMMIT",), instance=("RENDER_INSTANCE_ID",),
    ),
    # Overwrites X-Real-IP. The last entry of X-Forwarded-For is an edge that changes.
    Platform(
        "railway", "Railway", ("RAILWAY_ENVIRONMENT_ID", "RAILWAY_PROJECT_ID"),
        (
            "https://docs.railway.com/reference/variables",
            "https://docs.railway.com/networking/public-networking/specs-and-limits",
        ),
        client_ip_header="X-Real-IP",
        release=("RAILWAY_GIT_COMMIT_SHA", "RAILWAY_DEPLOYMENT_ID"),
        region=("RAILWAY_REPLICA_REGION",), instance=("RAILWAY_REPLICA_ID",),
    ),
    # Its pages do not say which header. Behind Cloudflare, as on Render.
    Platform(
        "koyeb", "Koyeb", ("KOYEB_SERVICE_NAME", "KOYEB_APP_NAME"),
        ("https://www.koyeb.com/docs/build-and-deploy/environment-variables",),
        trusted_proxies=("private", "cloudflare"),
        release=("KOYEB_GIT_SHA",), region=("KOYEB_REGION",), instance=("KOYEB_INSTANCE_ID",),
    ),
    # Its pages do not say which header: as on Kubernetes, which it runs on.
    Platform(
        "northflank", "Northflank", ("NF_PROJECT_ID", "NF_OBJECT_ID"),
        ("https://northflank.com/docs/v1/application/secure/inject-secrets",),
        release=("NF_DEPLOYMENT_SHA",), instance=("HOSTNAME",),
    ),
    # Overwrites X-Forwarded-For.
    Platform(
        "azure", "Azure Container Apps", ("CONTAINER_APP_NAME",),
        (
            "https://learn.microsoft.com/azure/container-apps/environment-variables",
            "https://learn.microsoft.com/azure/container-apps/ingress-overview",
        ),
        release=("CONTAINER_APP_REVISION",), instance=("CONTAINER_APP_REPLICA_NAME",),
    ),
    # Appends to X-Forwarded-For, also as Knative elsewhere.
    Platform(
        "cloudrun", "Google Cloud Run", ("K_SERVICE",),
        ("https://cloud.google.com/run/docs/reference/container-contract",),
        release=("K_REVISION",),
    ),
    # Traefik on a Docker network; overwrites X-Forwarded-For.
    Platform(
        "coolify", "Coolify", ("COOLIFY_RESOURCE_UUID",),
        (
            "https://github.com/coollabsio/coolify/blob/main/app/Jobs/ApplicationDeploymentJob.php",
            "https://doc.traefik.io/traefik/routing/entrypoints/#forwarded-headers",
        ),
        release=("SOURCE_COMMIT",), instance=("COOLIFY_CONTAINER_NAME",),
    ),
    # kamal-proxy on a Docker network; overwrites X-Forwarded-For, or appends where it has no TLS.
    Platform(
        "kamal", "Kamal", ("KAMAL_VERSION",),
        ("https://kamal-deploy.org/docs/configuration/proxy/",),
        release=("KAMAL_VERSION",), instance=("KAMAL_CONTAINER_NAME",),
    ),
    # Nginx on the machine itself; overwrites X-Forwarded-For.
    Platform(
        "dokku", "Dokku",
        ("DOKKU_APP_TYPE", "DOKKU_APP_RESTORE", "DOKKU_PROXY_PORT", "DOKKU_PROXY_TYPE"),
        (
            "https://dokku.com/docs/configuration/environment-variables/",
            "https://dokku.com/docs/networking/proxies/nginx/",
        ),
        release=("GIT_REV",), instance=("DYNO",),
    ),
    # Appends to X-Forwarded-For.
    Platform(
        "heroku", "Heroku", ("HEROKU_APP_ID", "HEROKU_DYNO_ID", "DYNO"),
        (
            "https://devcenter.heroku.com/articles/http-routing",
            "https://devcenter.heroku.com/articles/dyno-metadata",
        ),
        release=("HEROKU_BUILD_COMMIT", "HEROKU_SLUG_COMMIT", "HEROKU_RELEASE_VERSION"),
        instance=("DYNO",),
    ),
    # An Application Load Balancer in the same VPC; appends to X-Forwarded-For.
    Platform(
        "ecs", "Amazon ECS", ("ECS_CONTAINER_METADATA_URI_V4",),
        (
            "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-environment-variables.html",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html",
        ),
        region=("AWS_REGION",),
    ),
    # X-Forwarded-For names its own ingress. It sets no variable: the app spec must
    # (DIGITALOCEAN_APP_ID: ${APP_ID}), or DEMIJOHN_PLATFORM.
    Platform(
        "digitalocean", "DigitalOcean App Platform", ("DIGITALOCEAN_APP_ID",),
        (
            "https://docs.digitalocean.com/products/app-platform/how-to/use-environment-variables/",
            "https://docs.digitalocean.com/support/where-can-i-find-the-client-ip-address-of-a-request-connecting-to-my-app/",
        ),
        client_ip_header="DO-Connecting-IP",
    ),
    # An ingress controller; overwrites X-Forwarded-For (ingress-nginx) or appends to it (Envoy).
    Platform(
        "kubernetes", "Kubernetes", ("KUBERNETES_SERVICE_HOST",),
        (
            "https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables",
            "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/configmap/#use-forwarded-headers",
        ),
        instance=("HOSTNAME",),
    ),
)  # fmt: skip

# On other hosts, such as plain Docker, clients may connect directly, so that no proxy is trusted
# unless TRUSTED_PROXIES names it.
ANYWHERE = Platform("anywhere", "Anywhere else", (), (), trusted_proxies=())

NAMES = tuple(platform.name for platform in (*PLATFORMS, ANYWHERE))


def detect(environ: Mapping[str, str], name: str | None = None) -> Platform:
    """The platform called `name`, else the one whose variables are set, else ANYWHERE."""
    if name:
        return next(platform for platform in (*PLATFORMS, ANYWHERE) if platform.name == name)
    return next((p for p in PLATFORMS if any(environ.get(m) for m in p.markers)), ANYWHERE)


def expand(trusted_proxies: Iterable[str]) -> list[str]:
    """The networks that the entries of TRUSTED_PROXIES mean, in CIDR notation, each once."""
    expanded = (NETWORKS.get(entry, (entry,)) for entry in trusted_proxies)
    return list(dict.fromkeys(network for networks in expanded for network in networks))


def entry_for(address: str) -> str:
    """The entry of TRUSTED_PROXIES for a proxy at `address`: `private`, or the address.

    Raises ValueError if `address` is not an IP address.
    """
    from ipaddress import ip_address, ip_network  # only if needed: the import takes 5 ms

    parsed = ip_address(address)
    private = any(parsed in ip_network(network) for network in PRIVATE)
    return "private" if private else address
