"""Configuration: the settings, the hosting platform, resource limits and the database URL."""
