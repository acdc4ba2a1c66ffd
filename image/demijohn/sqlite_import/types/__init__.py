"""The Postgres types: encode SQLite values exactly, or raise ConversionError."""
