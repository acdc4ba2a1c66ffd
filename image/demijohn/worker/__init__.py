"""The code around the app in each Gunicorn worker: probes, watchdog, error responses."""
