"""`python -m demijohn.worker.check_import`: ends with the error of the app's import, if it has one.

The release runs it to learn why a command that imports the app has failed.
"""

import os

from demijohn.worker.app_loader import load_or_exit

if __name__ == "__main__":
    load_or_exit(os.environ["DEMIJOHN_APP_MODULE"], os.environ["DEMIJOHN_APP_DIR"])
    os._exit(0)  # threads that the app has started must not delay this
