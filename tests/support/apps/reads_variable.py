"""An app that requires an environment variable."""

import os

key = os.environ["NOT_SET"]
