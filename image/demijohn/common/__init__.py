"""What all packages use: exit codes, signals, the log, the terminal. Imports no other package."""
