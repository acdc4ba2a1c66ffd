"""`python -m demijohn`, the same as the `demijohn` command."""

import sys

from demijohn.cli import main

sys.exit(main())
