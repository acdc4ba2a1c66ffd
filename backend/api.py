"""Validates requests and generates the OpenAPI document, with SpecTree.

SpecTree decorates plain Flask views: it validates bodies with pydantic and collects the OpenAPI
document. This module adds problem documents, headers, other media types, and separate errors for a
body that is not JSON (400, 415) and one that is invalid (422).
"""

import json
from collections.abc import Callable
from typing import Any

import flask
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from spectree import Response, SecurityScheme, SpecTree
from spectree.config import ModeEnum
from spectree.models import SecureType, SecuritySchemeData
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from . import problems, schemas

routes = Blueprint("api", __name__, url_prefix="/api")

DRAINED_BYTES = 1 << 20
BODY_METHODS = {"POST", "PUT", "PATCH"}
# The errors that any operation may answer, and those of operations with a body.
ALWAYS = (500, 503)
WITH_BODY = (400, 413, 415, 422)

Headers = dict[str, str]


class Reply(Response):
    """The responses of one operation.

    `success` maps a status to its model, or to None where there is no body; `failures` are further
    statuses, answered as problem documents; `headers` maps names to meanings, for successes;
    `media` is the media type of successes.
    """

    def __init__(
        self,
        success: dict[int, type[BaseModel] | None],
        *failures: int,
        headers: Headers | None = None,
        media: str = "application/json",
    ) -> None:
        models: dict[str, Any] = {f"HTTP_{status}": model for status, model in success.items()}
        for status in (*failures, *ALWAYS):
            problem = schemas.ValidationProblem if status == 422 else schemas.Problem
            title = problems.CATALOGUE[problems.SLUGS[status]].title
            models[f"HTTP_{status}"] = problem, title
        super().__init__(**models)
        self._headers = headers or {}
        self._media = media

    def add_model(self, *_args: Any, **_options: Any) -> None:
        """Do nothing: SpecTree would add its own 422 to every operation, even without a body."""

    def generate_spec(self, naming_strategy: Any = None) -> dict[str, Any]:
        replies = super().generate_spec(naming_strategy)
        for status, reply in replies.items():
            if int(status) >= 400:
                reply["content"] = {
                    "application/problem+json": reply["content"].pop("application/json")
                }
                if status == "503":
                    reply["headers"] = _header_objects({"Retry-After": "Seconds to wait"})
            elif self._headers:
                reply["headers"] = _header_objects(self._headers)
            if status == "200" and self._media != "application/json":
                reply["content"] = {self._media: {"schema": {"type": "string"}}}
        return dict(sorted(replies.items()))


def _header_objects(headers: Headers) -> dict[str, Any]:
    return {
        name: {"description": meaning, "schema": {"type": "string"}}
        for name, meaning in headers.items()
    }


def _refuse_invalid(_request: Any, _response: Any, error: Exception | None, *_unused: Any) -> None:
    """SpecTree's hook after validation. Raises Problem if the request is invalid."""
    if isinstance(error, ValidationError):
        raise problems.Problem(
            "validation",
            errors=[
                {"field": ".".join(map(str, found["loc"])), "message": found["msg"]}
                for found in error.errors(include_url=False, include_context=False)
            ],
        )


def _name(model: Any) -> str:
    return str(model.__name__)


_spectree = SpecTree(
    "flask",
    title="Tally",
    version="1",
    description="Live polls: create one, vote, watch the count.",
    mode=ModeEnum.strict,
    page_templates={},
    before=_refuse_invalid,
    naming_strategy=_name,
    nested_naming_strategy=lambda _parent, child: child,
    security_schemes=[
        SecurityScheme(
            name="manageKey",
            data=SecuritySchemeData(
                type=SecureType.HTTP,
                scheme="bearer",
                description="The manage_key from the response to createPoll",
            ),
        )
    ],
)

POLL_ID = {"poll_id": "The poll's id; letter case and look-alikes (O, I, L) do not matter"}


def operation(
    operation_id: str, reply: Reply, *, managed: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., ResponseReturnValue]]:
    """Decorate a view: validate its parameters, document it, serialise the model it returns.

    `managed` operations need the poll's manage key.
    """
    return _spectree.validate(
        resp=reply,
        operation_id=operation_id,
        security=[{"manageKey": []}] if managed else None,
        path_parameter_descriptions=POLL_ID,
    )


def require_json() -> None:
    """Before a view with a body: reject a body that is not JSON, which SpecTree treats as {}."""
    if request.url_rule is None or request.method not in BODY_METHODS:
        return
    if request.mimetype != "application/json":
        raise problems.Problem("not-json", "Send the body as application/json")
    try:
        request.get_json()
    except BadRequest:
        raise problems.Problem("malformed", "The body is not valid JSON") from None
    except RequestEntityTooLarge:
        # The unread rest would be parsed as the next request on this connection.
        request.environ["wsgi.input"].read(DRAINED_BYTES)
        raise


def document() -> str:
    """The current app's OpenAPI document; the text is the same for the same app."""
    spec = _spectree.spec
    known = spec["components"]["schemas"]
    used = json.dumps(spec)
    # Drop unused models: those of query parameters are written out as parameters.
    spec["components"]["schemas"] = {
        name: model for name, model in known.items() if f'"#/components/schemas/{name}"' in used
    }
    return json.dumps(spec, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@routes.get("/openapi.json")
def show_document() -> flask.Response:
    """Show the OpenAPI document."""
    response = flask.Response(document(), mimetype="application/json")
    # It changes with a release.
    response.headers["Cache-Control"] = "public, max-age=60, s-maxage=60"
    response.add_etag()
    return response
