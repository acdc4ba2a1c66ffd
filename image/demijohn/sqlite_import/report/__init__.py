"""Messages, the summary, the JSON report and the progress bar."""
