"""Settings that replace Tally by tests/tally/faults/faulty_app.py."""

FAULTY_APP = {
    "APP_MODULE": "tests.tally.faults.faulty_app:app",
    "WEB_CONCURRENCY": "2",
    "WEB_THREADS": "4",
}
