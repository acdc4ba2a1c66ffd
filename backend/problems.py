"""The API's errors, as RFC 9457 problem documents.

Views raise Problem. Flask's own errors (404 on an unknown path, 405, 413) and unhandled exceptions
become problems too, so that a client needs to parse only one format.
"""

from http import HTTPStatus
from typing import Any, NamedTuple, NotRequired, TypedDict

from flask import Flask, Response, current_app, json
from werkzeug.exceptions import HTTPException

from .postgres_errors import KnownAway, is_unavailable, reason

RETRY_AFTER_SECONDS = 2


class Kind(NamedTuple):
    """A kind of problem: its status, its title, and the detail where a case has none of its own."""

    status: HTTPStatus
    title: str
    detail: str | None = None


# By the last part of a problem's `type`; clients may rely on that, the status and the title. What
# HTTP itself defines has HTTP's title, as in nginx.conf.
CATALOGUE = {
    "malformed": Kind(HTTPStatus.BAD_REQUEST, "Bad Request", "The request is malformed."),
    "key-missing": Kind(HTTPStatus.UNAUTHORIZED, "A manage key is needed"),
    "key-wrong": Kind(HTTPStatus.FORBIDDEN, "This key does not manage this poll"),
    "not-found": Kind(HTTPStatus.NOT_FOUND, "Not Found", "There is nothing at this address."),
    "method-not-allowed": Kind(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "Method Not Allowed",
        "This address does not support that method.",
    ),
    "poll-closed": Kind(HTTPStatus.CONFLICT, "The poll is closed"),
    "too-large": Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Content Too Large",
        "The body of the request is too large.",
    ),
    "not-json": Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", "The request must be JSON."
    ),
    "validation": Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "The request has invalid fields"),
    "internal": Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Internal Server Error",
        "The server encountered an error.",
    ),
    "unavailable": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Service Unavailable",
        "The database is unavailable. Try again in a moment.",
    ),
}
SLUGS = {int(kind.status): slug for slug, kind in CATALOGUE.items()}


class FieldError(TypedDict):
    """An error in one field; `field` is a path such as `options.1`."""

    field: str
    message: str


class Members(TypedDict):
    """The members of a problem document."""

    type: str
    title: str
    status: int
    detail: NotRequired[str]
    errors: NotRequired[list[FieldError]]


class Problem(Exception):
    """An error response: a slug from CATALOGUE, and details of this case."""

    def __init__(
        self,
        slug: str,
        detail: str | None = None,
        *,
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(slug, detail)
        self.slug = slug
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


def register(app: Flask) -> None:
    """Make `app` answer every error as a problem document."""
    app.register_error_handler(Problem, _render)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_exception)


def _render(problem: Problem) -> Response:
    status, title, usual_detail = CATALOGUE[problem.slug]
    members: Members = {
        "type": f"/problems/{problem.slug}",
        "title": title,
        "status": int(status),
    }
    if detail := problem.detail or usual_detail:
        members["detail"] = detail
    if problem.errors is not None:
        members["errors"] = problem.errors
    response = Response(json.dumps(members), status, mimetype="application/problem+json")
    response.headers.update(problem.headers)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _from_http(error: HTTPException) -> Any:
    """Convert an exception of Flask or Werkzeug; redirects are returned unchanged."""
    status = error.code or 500
    if status < 400:
        return error
    if status not in SLUGS:
        status = 400 if status < 500 else 500
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return _render(Problem(SLUGS[status], headers=headers))


def _from_exception(error: Exception) -> Response:
    """Answer 503 if the database is away, else log the exception as a bug and answer 500."""
    if is_unavailable(error):
        if not isinstance(getattr(error, "orig", None), KnownAway):
            current_app.logger.warning("database unavailable: %s", reason(error))
        return _render(Problem("unavailable"))
    current_app.logger.exception("unhandled exception")
    return _render(Problem("internal"))
