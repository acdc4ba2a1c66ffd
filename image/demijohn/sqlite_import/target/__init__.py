"""The Postgres side: reads its catalog, checks it, creates tables and constraints."""
