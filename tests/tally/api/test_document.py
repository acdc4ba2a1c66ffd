"""The API does what its OpenAPI document says, whatever is sent to it, through the front door.

Schemathesis makes requests out of the document, valid ones and others, and holds the answers
against it: no 5xx, and no status, header, media type or body but as documented. By itself it knows
no polls, and nearly all would be 404: most requests are led to a poll that is made for them.
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
from tests.tally.api.client import created, in_an_hour, key, new_client, path_of

MAX_EXAMPLES = 60  # an operation, on top of the limits and oddities of each of its parameters

# The document cannot say all: that text must show something, or that a moment must be ahead. What
# is valid by the document may be refused.
UNFIT = [checks.positive_data_acceptance]
# This check repeats what was granted with a wrong key, and expects to be refused for the key; but
# what was deleted is not there any more.
UNFIT_FOR_DELETING = [*UNFIT, checks.ignored_auth]

Answers = Counter[tuple[str, int]]  # operation and status, of requests by the operation's method

# How often each of these is the answer at least, or the requests miss what they are meant for.
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
    """The document as it is served. Not random: a change that breaks this test is to blame for it,
    and not the day.
    """
    config = schemathesis.Config(seed=1)
    schema = schemathesis.openapi.from_url(stack.url + "/api/openapi.json", config=config)
    schema.config.generation.update(max_examples=MAX_EXAMPLES, deterministic=True)
    return schema


@pytest.fixture(scope="module")
def answers(stack: Stack) -> Iterator[Answers]:
    """Counts the answers of one stack, and fails if what is meant to be reached was not."""
    counted: Answers = Counter()
    yield counted
    seldom = [
        f"{operation} {status}: {counted[operation, status]} of {fewest}"
        for operation, statuses in REACHED.items()
        for status, fewest in statuses.items()
        if counted[operation, status] < fewest
    ]
    assert not seldom


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Iterator[httpx.Client]:
    """Who makes the polls."""
    with new_client(stack.url) as client:
        yield client


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


api = schemathesis.pytest.from_fixture("document")

pytestmark = [
    # Both drivers; whether a pooler stands before Postgres changes no answer's form.
    pytest.mark.parametrize("stack", ["psycopg2", "pg8000"], indirect=True),
    pytest.mark.timeout(900),  # some thousand requests; to count the seconds is for benches
]


@api.parametrize()
def test_every_answer_is_as_documented(
    case: schemathesis.Case,
    document: schemathesis.BaseSchema,
    owner: httpx.Client,
    session: requests.Session,
    answers: Answers,
) -> None:
    # What is chosen here follows from the case, so that it is the same when the case is repeated.
    content = case.method, case.path_parameters, case.query, dict(case.headers or {})
    chance = random.Random(repr((content, case.media_type and case.body)))
    # Which host is asked is no part of the API: Nginx itself refuses what is none (RFC 9112, 3.2).
    for name in [name for name in case.headers or {} if name.lower() == "host"]:
        del case.headers[name]
    if "poll_id" in case.operation.path:
        lead_to_a_poll(case, owner, chance)
    elif case.operation.method == "post" and chance.random() < 0.5:
        tidy(case)
    answer = case.call(session=session)
    judge(case, answer, answers)
    if name_of(case) == "createPoll" and answer.status_code == 201:
        for following in life_of(answer.json(), document):
            judge(following, following.call(session=session), answers)


def judge(case: schemathesis.Case, answer: schemathesis.Response, answers: Answers) -> None:
    if case.method.lower() == case.operation.method:
        answers[name_of(case), answer.status_code] += 1
    unfit = UNFIT_FOR_DELETING if case.method == "DELETE" else UNFIT
    case.validate_response(answer, excluded_checks=unfit)


def name_of(case: schemathesis.Case) -> str:
    return str(case.operation.definition.raw["operationId"])


def lead_to_a_poll(case: schemathesis.Case, owner: httpx.Client, chance: random.Random) -> None:
    """Point most cases at a poll of some kind, and give most of those its key that need one."""
    if chance.random() < 0.2:
        return
    poll = chance.choice([created, of_many, voted, closed, deleted])(owner)
    case.path_parameters = {"poll_id": poll["id"]}
    if "security" in case.operation.definition.raw:
        keys = [key(poll)] * 3 + [key(created(owner)), {}]
        case.headers.update(chance.choice(keys))


def tidy(case: schemathesis.Case) -> None:
    """Make a body that is valid by the document valid: most have a character that shows nothing."""
    if case.meta and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        body = dict(case.body)
        body["question"] = visible(body["question"])
        body["options"] = [visible(option) for option in body["options"]]
        body.pop("closes_at", None)  # seldom is it ahead
        case.body = body


def visible(text: str) -> str:
    return "".join(letter if letter.isprintable() and letter != " " else "·" for letter in text)


def life_of(poll: dict[str, Any], document: schemathesis.BaseSchema) -> Iterator[schemathesis.Case]:
    """All that can be done with a poll whose text Schemathesis has thought up."""
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
        yield operation.Case(path_parameters={"poll_id": poll["id"]}, headers=key(poll), **content)


def of_many(owner: httpx.Client) -> dict[str, Any]:
    """Of as many options as there may be, several may be chosen."""
    options = [f"Option {number}" for number in range(1, 21)]
    return created(owner, options=options, multiple=True, closes_at=in_an_hour())


def voted(owner: httpx.Client) -> dict[str, Any]:
    poll = of_many(owner)
    answer = owner.put(path_of(poll) + "/ballot", json={"choices": [1, 2]})
    assert answer.status_code == 200
    return poll


def closed(owner: httpx.Client) -> dict[str, Any]:
    poll = voted(owner)
    assert owner.patch(path_of(poll), json={"closed": True}, headers=key(poll)).status_code == 200
    return poll


def deleted(owner: httpx.Client) -> dict[str, Any]:
    """An id as good as any, of a poll that is no more."""
    poll = created(owner)
    assert owner.delete(path_of(poll), headers=key(poll)).status_code == 204
    return poll
