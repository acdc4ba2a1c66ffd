"""`start_response` of an app, with hints for Nginx that it never sends to clients."""

from collections.abc import Iterable
from typing import Any

from demijohn.worker import sendfile
from demijohn.worker.app_loader import StartResponse
from demijohn.worker.shared_cache import DO_NOT_KEEP, SharedCache

Headers = list[tuple[str, str]]
# A response of unknown length is a stream: Nginx passes each part on at once.
UNBUFFERED = ("X-Accel-Buffering", "no")


class ResponseStart:
    """Starts one response."""

    def __init__(
        self, start_response: StartResponse, shared_cache: SharedCache, data_dir: str
    ) -> None:
        self._start_response = start_response
        self._shared_cache = shared_cache
        self._data_dir = data_dir
        self._file: sendfile.Part | None = None

    def __call__(self, status: str, headers: Headers, exc_info: Any = None) -> Any:
        headers, self._file = sendfile.resolve(status, headers, self._data_dir)
        headers = _with_one_length(headers)
        names = {name.lower() for name, _ in headers}
        if not self._shared_cache.may_keep(headers):
            headers = [pair for pair in headers if pair[0].lower() != DO_NOT_KEEP[0].lower()]
            headers.append(DO_NOT_KEEP)
        if "content-length" not in names and "x-accel-buffering" not in names:
            headers = [*headers, UNBUFFERED]
        return self._start_response(status, headers, exc_info)

    def body(self, answer: Iterable[bytes]) -> Iterable[bytes]:
        """The app's body, or the file that stands for it."""
        if self._file is None:
            return answer
        if hasattr(answer, "close"):
            answer.close()
        return self._file.read()


def _with_one_length(headers: Headers) -> Headers:
    """The headers without all but the last Content-Length, which is the one that Gunicorn obeys.

    Nginx would answer 502.
    """
    lengths = [pair for pair in headers if pair[0].lower() == "content-length"]
    if len(lengths) < 2:
        return headers
    return [pair for pair in headers if pair not in lengths] + lengths[-1:]
