"""What is known before anything starts: settings, the platform, its limits, the database URL."""
