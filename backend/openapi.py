"""`python -m backend.openapi` prints the API's OpenAPI document, without a database."""

import sys

from . import api, create_app

if __name__ == "__main__":
    with create_app().app_context():
        sys.stdout.write(api.document())
