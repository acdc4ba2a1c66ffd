"""The runtime around a Flask + React app: boot, process supervision and the Nginx configuration."""

__version__ = "0.1.0"
