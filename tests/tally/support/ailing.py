"""Settings that put tests/tally/faults/ailing_app.py into the place of Tally."""

AILING = {
    "APP_MODULE": "tests.tally.faults.ailing_app:app",
    "WEB_CONCURRENCY": "2",
    "WEB_THREADS": "4",
}
