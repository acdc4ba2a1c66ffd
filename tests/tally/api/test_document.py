"""The API matches its OpenAPI document, through Nginx, with valid and invalid requests.

Schemathesis generates requests from the document and validates the responses: no 5xx, and only
documented statuses, headers, media types and bodies. It does not know any polls, and nearly all
responses would be 404, so most requests are pointed at a poll that is created for them.
"""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from schemathesis.specs.openapi import checks

from tests.support.stack import Stack
from tests.tally.api.client import create_poll, in_one_hour, manage_header, new_client, path_of

MAX_EXAMPLES = 60  # per operation, besides the edge cases of each parameter

# The document cannot express every rule: that text must be visible, or that a time must be in the
# future. So requests that are valid by the document may be refused.
EXCLUDED_CHECKS = [checks.positive_data_acceptance]
# This check repeats a successful request with a wrong key, and expects a refusal; but after a
# deletion the poll does not exist.
EXCLUDED_CHECKS_OF_DELETE = [*EXCLUDED_CHECKS, checks.ignored_auth]

# By operation and status, for requests with the operation's method.
ResponseCounts = Counter[tuple[str, int]]

# The minimum count of each status; with fewer, the requests do not cover what they should.
REACHED = {
    "createPoll": {201: 20, 400: 1, 415: 1, 422: 20},
    "getPoll": {200: 20, 404: 1},
    "updatePoll": {200: 20, 400: 1, 401: 1, 403: 1, 404: 1, 415: 1, 422: 1},
    "deletePoll": {204: 20, 401: 1, 403: 1, 404: 1},
    "vote": {200: 20, 400: 1, 404: 1, 409: 1, 415: 1, 422: 1},
    "getBallot": {200: 20, 404: 1},
    "getResults": {200: 20, 404: 1},
    "getTimeline": {200: 20, 404: 1},
    "exportBallots": {200: 20, 401: 1, 403: 1, 404: 1},
    "getStatus": {200: 1},
}


@pytest.fixture(scope="module")
def document(stack: Stack) -> schemathesis.BaseSchema:
    """The served document. Generation is deterministic, so that a failure comes from a change."""
    config = schemathesis.Config(seed=1)
    schema = schemathesis.openapi.from_url(stack.url + "/api/openapi.json", config=config)
    schema.config.generation.update(max_examples=MAX_EXAMPLES, deterministic=True)
    return schema


@pytest.fixture(scope="module")
def response_counts(stack: Stack) -> Iterator[ResponseCounts]:
    """Count the responses of a stack; fail if the statuses in REACHED are too rare."""
    counts: ResponseCounts = Counter()
    yield counts
    missing = [
        f"{operation} {status}: {counts[operation, status]} of {minimum}"
        for operation, statuses in REACHED.items()
        for status, minimum in statuses.items()
        if counts[operation, status] < minimum
    ]
    assert not missing


@pytest.fixture(scope="module")
def host(stack: Stack) -> Iterator[httpx.Client]:
    """The client that creates the polls."""
    with new_client(stack.url) as client:
        yield client


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


api = schemathesis.pytest.from_fixture("document")

pytestmark = [
    # Both drivers; a pooler does not change the responses.
    pytest.mark.parametrize(
        "stack", ["psycopg2", pytest.param("pg8000", marks=pytest.mark.slow)], indirect=True
    ),
    pytest.mark.timeout(900),  # several thousand requests
]


@api.parametrize()
def test_responses_match_the_openapi_document(
    case: schemathesis.Case,
    document: schemathesis.BaseSchema,
    host: httpx.Client,
    session: requests.Session,
    response_counts: ResponseCounts,
) -> None:
    # The random choices follow from the case, so that they are the same when it is repeated.
    content = case.method, case.path_parameters, case.query, dict(case.headers or {})
    chance = random.Random(repr((content, case.media_type and case.body)))
    # The Host header is not part of the API: Nginx itself refuses invalid ones (RFC 9112, 3.2).
    for name in [name for name in case.headers or {} if name.lower() == "host"]:
        del case.headers[name]
    if "poll_id" in case.operation.path:
        point_at_a_poll(case, host, chance)
    elif case.operation.method == "post" and chance.random() < 0.5:
        make_valid(case)
    response = case.call(session=session)
    validate(case, response, response_counts)
    if operation_id(case) == "createPoll" and response.status_code == 201:
        for next_case in poll_lifecycle(response.json(), document):
            validate(next_case, next_case.call(session=session), response_counts)


def validate(
    case: schemathesis.Case, response: schemathesis.Response, response_counts: ResponseCounts
) -> None:
    if case.method.lower() == case.operation.method:
        response_counts[operation_id(case), response.status_code] += 1
    excluded = EXCLUDED_CHECKS_OF_DELETE if case.method == "DELETE" else EXCLUDED_CHECKS
    case.validate_response(response, excluded_checks=excluded)


def operation_id(case: schemathesis.Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def point_at_a_poll(case: schemathesis.Case, host: httpx.Client, chance: random.Random) -> None:
    """Point most cases at some kind of poll, and add its key to most that need one."""
    if chance.random() < 0.2:
        return
    poll = chance.choice(
        [create_poll, multiple_choice_poll, poll_with_ballot, closed_poll, deleted_poll]
    )(host)
    case.path_parameters = {"poll_id": poll["id"]}
    if "security" in case.operation.definition.raw:
        keys = [manage_header(poll)] * 3 + [manage_header(create_poll(host)), {}]
        case.headers.update(chance.choice(keys))


def make_valid(case: schemathesis.Case) -> None:
    """Make a body acceptable that is valid by the document: most contain invisible characters."""
    if case.meta and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        body = dict(case.body)
        body["question"] = visible(body["question"])
        body["options"] = [visible(option) for option in body["options"]]
        body.pop("closes_at", None)  # it is rarely in the future
        case.body = body


def visible(text: str) -> str:
    return "".join(letter if letter.isprintable() and letter != " " else "·" for letter in text)


def poll_lifecycle(
    poll: dict[str, Any], document: schemathesis.BaseSchema
) -> Iterator[schemathesis.Case]:
    """All operations on a poll with text that Schemathesis has generated."""
    for method, rest, body in [
        ("GET", "", None),
        ("PUT", "/ballot", {"choices": [1]}),
        ("GET", "/ballot", None),
        ("GET", "/results", None),
        ("GET", "/timeline", None),
        ("GET", "/viewing-key", None),
        ("GET", "/ballots.csv", None),
        ("PATCH", "", {"closed": True}),
        ("PUT", "/ballot", {"choices": [1]}),
        ("DELETE", "", None),
        ("GET", "", None),
    ]:
        operation = document["/api/polls/{poll_id}" + rest][method]
        content = {"body": body, "media_type": "application/json"} if body else {}
        yield operation.Case(
            path_parameters={"poll_id": poll["id"]}, headers=manage_header(poll), **content
        )


def multiple_choice_poll(host: httpx.Client) -> dict[str, Any]:
    """Create a multiple-choice poll with the maximum number of options."""
    options = [f"Option {number}" for number in range(1, 21)]
    return create_poll(host, options=options, multiple=True, closes_at=in_one_hour())


def poll_with_ballot(host: httpx.Client) -> dict[str, Any]:
    poll = multiple_choice_poll(host)
    response = host.put(path_of(poll) + "/ballot", json={"choices": [1, 2]})
    assert response.status_code == 200
    return poll


def closed_poll(host: httpx.Client) -> dict[str, Any]:
    poll = poll_with_ballot(host)
    assert (
        host.patch(path_of(poll), json={"closed": True}, headers=manage_header(poll)).status_code
        == 200
    )
    return poll


def deleted_poll(host: httpx.Client) -> dict[str, Any]:
    """Create and delete a poll."""
    poll = create_poll(host)
    assert host.delete(path_of(poll), headers=manage_header(poll)).status_code == 204
    return poll
