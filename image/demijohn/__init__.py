"""What the image puts around any Flask + React app: the boot, the supervision, the front door."""

__version__ = "0.1.0"
