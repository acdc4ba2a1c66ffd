"""`make docs`: generates tables and pictures in the docs."""

import importlib
import os

from . import frontend, host_docs
from .steps import ROOT, exclusive, one_line_errors

PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    os.chdir(ROOT)
    importlib.import_module("demijohn.config.settings_docs").write()
    host_docs.write()
    with exclusive():
        frontend.install(PICTURES)
    frontend.npm("run", "render", "--silent", folder=PICTURES)


if __name__ == "__main__":
    with one_line_errors():
        main()
