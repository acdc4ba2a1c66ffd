"""An app that needs what is not installed."""

import not_installed  # noqa: F401
