"""The files in the run directory that more than one process knows by name."""

DRAIN_MARKER = "draining"  # there from the first signal on: /readyz then says 503

# Each holds the line that a worker logged about such a proxy. A client on the internet that forges
# headers must not use up the warning about a proxy in the private network.
UNTRUSTED_PROXIES = {"private": "untrusted-private-proxy", "public": "untrusted-public-proxy"}
