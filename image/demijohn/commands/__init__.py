"""The commands for people and probes: backup, doctor, healthcheck, run, smoke."""
