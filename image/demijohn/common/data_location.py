"""Where Nginx has the files of DEMIJOHN_DATA_DIR, for responses with X-Accel-Redirect only."""

# No request can ask for it: names that begin with a dot are not served.
DATA_LOCATION = "/.data/"
