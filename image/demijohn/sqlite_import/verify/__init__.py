"""Compares the checksums of both sides, and finds the rows that differ."""
