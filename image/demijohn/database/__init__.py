"""Connections to Postgres, and one-line explanations of why they fail."""
