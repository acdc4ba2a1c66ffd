"""An app with a mistake that is an AttributeError."""

settings = None
app = settings.upper  # type: ignore[attr-defined]
