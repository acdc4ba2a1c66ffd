"""The names of files in the run directory that several processes use."""

DRAIN_MARKER = "draining"  # exists from the first signal on; /readyz then answers 503
LOADED_MARKER = "app-loaded"  # exists while a worker has imported the app
NEEDS_MARKER = "app-needs"  # the settings that the first worker has found to be needed, as JSON
WARNED_MARKER = "app-warned"  # exists when a worker has logged what does not work in the app
FAILED_MARKER = "app-failed"  # the exit status of a process that could not import it, and why

# Each file contains the line that a worker logged about such a proxy. There are two, so that a
# client that forges headers does not suppress the warning about a proxy in a private network.
UNTRUSTED_PROXIES = {"private": "untrusted-private-proxy", "public": "untrusted-public-proxy"}
