"""Encodes rows as CSV, feeds them to COPY, and skips rows that violate foreign keys."""
