"""What runs in each Gunicorn worker, around the app."""
