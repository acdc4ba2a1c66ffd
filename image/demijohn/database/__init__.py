"""Connecting to Postgres, and saying in one line why that failed."""
