"""The files in the run directory that more than one process knows by name."""

DRAIN_MARKER = "draining"  # there from the first signal on: /readyz then says 503
