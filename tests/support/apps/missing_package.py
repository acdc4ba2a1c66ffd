"""An app that imports a package that is not installed."""

import not_installed  # noqa: F401
