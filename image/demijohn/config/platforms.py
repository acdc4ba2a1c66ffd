"""What each host says of itself, and which hop in front of us it vouches for.

A header that names the client can be forged by the client, unless the edge overwrites it and the
request really comes from the edge; so a header goes with the networks that it is believed from.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Host:
    """`marker` is a variable that only this host sets; the others name variables with the facts."""

    name: str
    marker: str
    client_ip_header: str
    trusted_proxies: tuple[str, ...]
    release: str = ""
    region: str = ""
    instance: str = ""


# Cloudflare's edge, which stands before Render's (https://www.cloudflare.com/ips/).
CLOUDFLARE = (
    "173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18",
    "108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17",
    "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22",
    "2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32",
    "2a06:98c0::/29", "2c0f:f248::/32",
)  # fmt: skip

HOSTS = (
    # https://fly.io/docs/networking/request-headers/ and https://fly.io/docs/machines/runtime-environment/
    Host(
        "fly", "FLY_APP_NAME", "Fly-Client-IP", ("172.16.0.0/12", "fdaa::/16"),
        release="FLY_IMAGE_REF", region="FLY_REGION", instance="FLY_MACHINE_ID",
    ),
    # https://render.com/docs/environment-variables; the client is the last entry that is no proxy.
    Host(
        "render", "RENDER", "X-Forwarded-For", ("10.0.0.0/8", *CLOUDFLARE),
        release="RENDER_GIT_COMMIT", instance="RENDER_INSTANCE_ID",
    ),
    # https://docs.railway.com/reference/variables
    Host(
        "railway", "RAILWAY_ENVIRONMENT_ID", "X-Real-IP", ("100.64.0.0/10", "fd12::/16"),
        release="RAILWAY_GIT_COMMIT_SHA", region="RAILWAY_REPLICA_REGION", instance="RAILWAY_REPLICA_ID",
    ),
    # https://devcenter.heroku.com/articles/http-routing: the router appends the client it saw.
    Host(
        "heroku", "DYNO", "X-Forwarded-For", ("10.0.0.0/8",),
        release="HEROKU_SLUG_COMMIT", instance="DYNO",
    ),
)  # fmt: skip

# Any other host: nothing is believed until TRUSTED_PROXIES says whom to believe.
ANYWHERE = Host("anywhere", "", "X-Forwarded-For", ())


def detect(environ: Mapping[str, str]) -> Host:
    """The host that we run on, or ANYWHERE."""
    return next((host for host in HOSTS if environ.get(host.marker)), ANYWHERE)
