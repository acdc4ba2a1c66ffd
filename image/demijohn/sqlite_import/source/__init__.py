"""Reads the SQLite file: opens it in one snapshot, checks it, and parses its schema."""
