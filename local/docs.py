"""`make docs`: the tables in the docs that are generated from the code and from the tests."""

import importlib
import os

from . import host_docs
from .steps import ROOT, one_line_errors


def main() -> None:
    os.chdir(ROOT)
    importlib.import_module("demijohn.config.settings_docs").write()
    host_docs.write()


if __name__ == "__main__":
    with one_line_errors():
        main()
