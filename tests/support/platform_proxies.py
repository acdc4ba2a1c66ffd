"""The headers that each platform's proxy passes on: test data.

Each function models a proxy: from the address that the proxy sees and the headers that it receives,
it returns the headers that it passes on. Where the platform does not document them (marked), it
does what proxies of its kind do.
"""

from collections.abc import Callable

Headers = dict[str, str]
Edge = Callable[[str, Headers], Headers]

CLOUDFLARE_EDGE = "172.71.95.118"


def cloudflare(client: str, sent: Headers) -> Headers:
    """https://developers.cloudflare.com/fundamentals/reference/http-headers/"""
    return appending(client, sent) | {
        "CF-Connecting-IP": client,
        "CF-Visitor": '{"scheme":"https"}',
        "CF-Ray": "230b030023ae2822-SJC",
    }


def appending(client: str, sent: Headers) -> Headers:
    """Most proxies append the address that they see."""
    chain = ", ".join(filter(None, (sent.get("X-Forwarded-For"), client)))
    return sent | {"X-Forwarded-For": chain, "X-Forwarded-Proto": "https"}


def overwriting(client: str, sent: Headers) -> Headers:
    """Proxies that trust no other proxy in front of them."""
    return sent | {"X-Forwarded-For": client, "X-Forwarded-Proto": "https"}


def fly(client: str, sent: Headers) -> Headers:
    """https://fly.io/docs/networking/request-headers/: the app's own address comes last."""
    given = appending("66.241.124.230", appending(client, sent))
    return given | {"Fly-Client-IP": client, "X-Forwarded-SSL": "on", "X-Forwarded-Port": "443"}


def render(client: str, sent: Headers) -> Headers:
    """Cloudflare, then its own proxy, both appending."""
    behind_proxy = cloudflare(client, sent) | {"True-Client-IP": client}
    return appending("10.19.64.237", appending(CLOUDFLARE_EDGE, behind_proxy))


def railway(client: str, sent: Headers) -> Headers:
    """https://docs.railway.com/networking/public-networking/specs-and-limits"""
    given = appending("152.233.33.7", overwriting(client, sent))
    return given | {"X-Real-IP": client, "X-Railway-Edge": "railway/us-west2"}


def koyeb(client: str, sent: Headers) -> Headers:
    """Cloudflare, then its own gateway (not documented)."""
    return appending(CLOUDFLARE_EDGE, cloudflare(client, sent))


def azure(client: str, sent: Headers) -> Headers:
    """Envoy, which overwrites here; the form with a port is that of Application Gateway."""
    return overwriting(f"[{client}]:49152" if ":" in client else f"{client}:49152", sent)


def coolify(client: str, sent: Headers) -> Headers:
    """Traefik deletes the headers that it sets itself, and passes on the others."""
    return overwriting(client, sent) | {"X-Real-Ip": client, "X-Forwarded-Server": "0a1b2c"}


def ecs(client: str, sent: Headers) -> Headers:
    """An Application Load Balancer that preserves the client's port."""
    return appending(f"[{client}]:49152" if ":" in client else f"{client}:49152", sent)


def digitalocean(client: str, sent: Headers) -> Headers:
    """Cloudflare, then an ingress whose own address is in X-Forwarded-For.

    Two Cloudflare zones in a row count as one hop (not documented).
    """
    visitor = sent["CF-Connecting-IP"] if client == CLOUDFLARE_EDGE else client
    return overwriting("104.248.100.1", cloudflare(visitor, sent)) | {"DO-Connecting-IP": client}


def kubernetes(client: str, sent: Headers) -> Headers:
    """ingress-nginx with its default, `use-forwarded-headers: false`."""
    passed = overwriting(client, sent) | {"X-Real-IP": client, "X-Forwarded-Scheme": "https"}
    return passed | {"X-Original-Forwarded-For": sent.get("X-Forwarded-For", "")}


EDGES: dict[str, Edge] = {
    "fly": fly,
    "render": render,
    "railway": railway,
    "koyeb": koyeb,
    "northflank": appending,  # not documented
    "azure": azure,
    "cloudrun": appending,
    "coolify": coolify,
    "kamal": overwriting,
    "dokku": overwriting,
    "heroku": appending,
    "ecs": ecs,
    "digitalocean": digitalocean,
    "kubernetes": kubernetes,
}

# Headers that a client may forge; the proxy decides which of them arrive.
FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "http",
    "X-Real-IP": "6.6.6.6",
    "Fly-Client-IP": "6.6.6.6",
    "CF-Connecting-IP": "6.6.6.6",
    "CF-Visitor": '{"scheme":"http"}',
    "True-Client-IP": "6.6.6.6",
    "DO-Connecting-IP": "6.6.6.6",
    "X-Client-IP": "6.6.6.6",
    "Forwarded": "for=6.6.6.6;proto=http",
    "X-Forwarded-Ssl": "off",
    "X-Untrusted-Proxy": "6.6.6.6 X-Forwarded-For",
}
