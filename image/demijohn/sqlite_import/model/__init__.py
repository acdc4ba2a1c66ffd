"""What the other folders exchange: the SQLite schema, the plan, the rejects, the progress."""
