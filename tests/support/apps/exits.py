"""An app that ends its process while it is imported."""

import sys

if "API_KEY" not in sys.argv:
    sys.exit("set API_KEY")
