"""The commands for people and probes: doctor, smoke, healthcheck."""
