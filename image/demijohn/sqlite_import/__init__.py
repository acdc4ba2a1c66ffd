"""`demijohn import-sqlite`: a SQLite file's data into Postgres, exactly, or why not.

The order of reading: command, source, schema, choose, target, create, load, proof, report.
"""
