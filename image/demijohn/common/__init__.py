"""What every part may use: exit codes, signals, the log, the terminal. Knows no other part."""
