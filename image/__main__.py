"""Lets `python -m demijohn` stand in for the `demijohn` command."""

import sys

from .cli import main

sys.exit(main())
