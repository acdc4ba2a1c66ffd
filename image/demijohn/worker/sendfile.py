"""Lets Nginx send a file of the data folder that the app names by X-Sendfile.

Flask's `send_file` does that with USE_X_SENDFILE
(https://flask.palletsprojects.com/en/stable/config/#USE_X_SENDFILE). Nginx has another header, with
a URL (https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers). No thread is
occupied while a client reads.
"""

import os.path
from urllib.parse import quote

from demijohn.common.data_location import DATA_LOCATION

Headers = list[tuple[str, str]]


def to_nginx(headers: Headers, folder: str) -> Headers:
    """The headers, with X-Sendfile as X-Accel-Redirect.

    Raises RuntimeError if the file is not in `folder`, the data folder, or that is "".
    """
    path = next((value for name, value in headers if name.lower() == "x-sendfile"), None)
    if path is None:
        return headers
    real = os.path.realpath(path)
    if not folder or os.path.commonpath([real, folder]) != folder:
        raise RuntimeError(
            f"X-Sendfile: {path} is not in DEMIJOHN_DATA_DIR. "
            "Send a file of that folder, or leave USE_X_SENDFILE off."
        )
    kept = [pair for pair in headers if pair[0].lower() not in ("x-sendfile", "content-length")]
    return [*kept, ("X-Accel-Redirect", DATA_LOCATION + quote(os.path.relpath(real, folder)))]
