"""`demijohn import-sqlite`: copies a SQLite file into Postgres exactly, or says what differs.

command.py parses the options, importer.py runs the steps. Each folder imports only those before it:
model, source, types, target, workers, planning, checksum, load, verify, report.
"""
