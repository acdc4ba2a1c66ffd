"""Checksums of tables, computed by each side on its own and without the encoders of the load."""
