"""The threads or processes that read the SQLite file, and the queues between them."""
