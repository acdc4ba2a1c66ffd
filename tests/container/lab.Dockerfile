# What the tests put around containers of ours: HAProxy as their balancer, and ip to cut networks.
FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends haproxy iproute2 \
 && rm -rf /var/cache/apt/* /var/lib/apt/lists/*
