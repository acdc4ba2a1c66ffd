"""Lets `python -m demijohn` stand in for the `demijohn` command."""

import sys

from demijohn.cli import main

sys.exit(main())
