"""An app that cannot be imported."""

raise LookupError("the app's own mistake")
