"""Creating, showing, closing and deleting polls, through the whole stack."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.tally.api.client import (
    QUESTION,
    check_problem,
    client,
    create_poll,
    in_one_hour,
    invalid_fields,
    manage_header,
    path_of,
    poll,
    uncached,
    wait_until_closed,
)

__all__ = ["client", "poll"]

# Creating


def test_new_poll_is_returned_with_its_manage_key(client: httpx.Client) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    response = client.post("/api/polls", json=QUESTION)
    poll = response.json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/polls/{poll['id']}"
    assert response.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"[0-9a-hjkmnp-tv-z]{8}", poll["id"])
    assert len(poll.pop("manage_key")) >= 22  # 128 bits in base 64
    created_at = datetime.fromisoformat(poll.pop("created_at"))
    assert before < created_at < datetime.now(UTC) + timedelta(minutes=1)
    assert poll == {
        "id": poll["id"],
        "question": "Tea or coffee?",
        "options": [{"id": 1, "label": "Tea"}, {"id": 2, "label": "Coffee"}],
        "multiple": False,
        "closes_at": None,
        "closed": False,
        "results": "always",
    }


def test_repeated_creation_with_the_same_key_returns_the_same_poll(client: httpx.Client) -> None:
    idempotency = {"Idempotency-Key": str(uuid.uuid4())}

    def create(_time: int) -> dict[str, Any]:
        response = client.post("/api/polls", json=QUESTION, headers=idempotency)
        assert response.status_code == 201, response.text
        return dict(response.json())

    with ThreadPoolExecutor(4) as threads:  # the first may not be finished
        first, *others = threads.map(create, range(4))
    assert others == [first] * 3
    assert client.patch(
        path_of(first), json={"closed": True}, headers=manage_header(first)
    ).is_success
    assert create(5) == first | {"closed": True}
    other = client.post("/api/polls", json=QUESTION, headers={"Idempotency-Key": "b" * 32}).json()
    assert other["id"] != first["id"]
    assert other["manage_key"] != first["manage_key"]


@pytest.mark.parametrize(
    "members", [{"question": "Tea?"}, {"options": ["Tea", "Milk"]}, {"multiple": True}]
)
def test_idempotency_key_of_a_different_poll_is_refused(
    client: httpx.Client, members: dict[str, Any]
) -> None:
    idempotency = {"Idempotency-Key": str(uuid.uuid4())}
    assert client.post("/api/polls", json=QUESTION, headers=idempotency).status_code == 201
    refused = client.post("/api/polls", json=QUESTION | members, headers=idempotency)
    assert invalid_fields(refused) == {"Idempotency-Key"}


@pytest.mark.parametrize("token", ["", "1", "x" * 31, "x" * 201, "x" * 32 + " y"])
def test_guessable_idempotency_key_is_refused(client: httpx.Client, token: str) -> None:
    response = client.post("/api/polls", json=QUESTION, headers={"Idempotency-Key": token})
    assert invalid_fields(response) == {"Idempotency-Key"}


def test_poll_is_public_without_its_manage_key(client: httpx.Client, poll: dict[str, Any]) -> None:
    response = client.get(f"/api/polls/{poll['id']}")
    assert response.status_code == 200
    assert response.json() == {name: poll[name] for name in poll if name != "manage_key"}


def test_poll_keeps_its_values(client: httpx.Client) -> None:
    poll = create_poll(client, multiple=True, closes_at="2030-01-31T18:00:00+02:00")
    shown = client.get(f"/api/polls/{poll['id']}").json()
    assert shown["multiple"] is True
    assert datetime.fromisoformat(shown["closes_at"]) == datetime(2030, 1, 31, 16, tzinfo=UTC)
    assert shown["closes_at"].endswith("Z")


@pytest.mark.parametrize("offset", ["+15:59", "+16:00", "+23:59", "-16:00", "-23:59"])
def test_closing_time_with_a_large_utc_offset_is_accepted(
    client: httpx.Client, offset: str
) -> None:
    moment = f"2030-01-31T18:00:00{offset}"
    shown = create_poll(client, closes_at=moment)["closes_at"]
    assert datetime.fromisoformat(shown) == datetime.fromisoformat(moment)


def test_labels_with_syntax_characters_are_returned_unchanged(client: httpx.Client) -> None:
    labels = [
        '{"a"}',
        "NULL",
        "back\\slash",
        "it's",
        'quo"te',
        "a,b",
        "%s %(x)s :y",
        "💛",
        "{}",
        "1",
    ]
    poll = create_poll(client, options=labels, question="'; DROP TABLE polls; --")
    shown = client.get(f"/api/polls/{poll['id']}").json()
    assert [option["label"] for option in shown["options"]] == labels
    assert shown["question"] == "'; DROP TABLE polls; --"


def test_text_is_trimmed_and_normalised(client: httpx.Client) -> None:
    poll = create_poll(
        client, question="  Caf\u0065\u0301\n or  tea? ", options=[" a\t", "\u00a0b"]
    )
    assert poll["question"] == "Caf\u00e9 or tea?"
    assert [option["label"] for option in poll["options"]] == ["a", "b"]


def test_twenty_options_of_maximum_length_are_accepted(client: httpx.Client) -> None:
    labels = [f"{number:02}" + "ü" * 98 for number in range(20)]
    assert len(create_poll(client, options=labels, question="?" * 300)["options"]) == 20


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": " \t\n\u3000"}, "question"),
        ({"question": "\u200b\u200d"}, "question"),
        ({"question": "x" * 301}, "question"),
        ({"question": "a\0b"}, "question"),
        ({"question": "a\x1bb"}, "question"),
        ({"question": 7}, "question"),
        ({"question": None}, "question"),
        ({"options": "ab"}, "options"),
        ({"options": []}, "options"),
        ({"options": ["one"]}, "options"),
        ({"options": [str(number) for number in range(21)]}, "options"),
        ({"options": ["a", ""]}, "options.1"),
        ({"options": ["a", "b", "x" * 101]}, "options.2"),
        ({"options": ["a", 1]}, "options.1"),
        ({"options": ["a", "nul\0"]}, "options.1"),
        ({"options": ["same", "same"]}, "options"),
        ({"options": ["Same", " sAME "]}, "options"),
        ({"options": ["caf\u00e9", "cafe\u0301"]}, "options"),
        ({"options": ["Stra\u00dfe", "STRASSE"]}, "options"),
        ({"multiple": 1}, "multiple"),
        ({"multiple": "true"}, "multiple"),
        ({"multiple": None}, "multiple"),
        ({"closes_at": "2001-01-01T00:00:00Z"}, "closes_at"),
        ({"closes_at": "2030-01-01T00:00:00"}, "closes_at"),
        ({"closes_at": "2030-01-01"}, "closes_at"),
        ({"closes_at": "2030-02-30T00:00:00Z"}, "closes_at"),
        ({"closes_at": "9999-12-31T23:59:59-23:59"}, "closes_at"),
        ({"closes_at": 1893456000}, "closes_at"),
        ({"closes_at": "1893456000"}, "closes_at"),
        ({"closes_at": "soon"}, "closes_at"),
        ({"surprise": 1}, "surprise"),
        ({"manage_key": "mine"}, "manage_key"),
    ],
)
def test_invalid_field_is_named(client: httpx.Client, members: dict[str, Any], field: str) -> None:
    assert invalid_fields(client.post("/api/polls", json=QUESTION | members)) == {field}


def test_all_invalid_fields_are_named_at_once(client: httpx.Client) -> None:
    assert invalid_fields(client.post("/api/polls", json={"options": ["a"], "x": 1})) == {
        "question",
        "options",
        "x",
    }


# Showing


@pytest.mark.parametrize("poll_id", ["00000000", "nothing", "x" * 500, "%F0%9F%92%9B"])
def test_unknown_poll_is_404(client: httpx.Client, poll_id: str) -> None:
    for path in ("", "/results", "/ballot", "/timeline"):
        check_problem(client.get(f"/api/polls/{poll_id}{path}"), 404, "not-found")


def test_poll_id_is_case_insensitive_with_o_and_i(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    typed = poll["id"].upper().replace("0", "O").replace("1", "I")
    assert client.get(f"/api/polls/{typed}").json()["id"] == poll["id"]


# Closing


def test_poll_is_closed_and_reopened(client: httpx.Client, poll: dict[str, Any]) -> None:
    path = f"/api/polls/{poll['id']}"
    for closed in (True, True, False, False, True):
        response = client.patch(path, json={"closed": closed}, headers=manage_header(poll))
        assert response.status_code == 200
        assert response.json()["closed"] is closed
        assert client.get(path).json()["closed"] is closed
        assert client.get(path + "/results" + uncached()).json()["closed"] is closed


def test_reopened_poll_keeps_its_closing_time(client: httpx.Client) -> None:
    poll = create_poll(client, closes_at=in_one_hour())
    path = f"/api/polls/{poll['id']}"
    client.patch(path, json={"closed": True}, headers=manage_header(poll))
    reopened = client.patch(path, json={"closed": False}, headers=manage_header(poll)).json()
    assert reopened["closed"] is False
    assert reopened["closes_at"] == poll["closes_at"]


def test_poll_reopened_after_its_closing_time_has_none(client: httpx.Client) -> None:
    poll = create_poll(client, closes_at=(datetime.now(UTC) + timedelta(seconds=1)).isoformat())
    path = f"/api/polls/{poll['id']}"
    assert poll["closed"] is False
    wait_until_closed(client, poll)
    assert client.get(path + "/results" + uncached()).json()["closed"] is True
    check_problem(client.put(path + "/ballot", json={"choices": [1]}), 409, "poll-closed")
    idempotency = client.patch(path, json={"closed": True}, headers=manage_header(poll)).json()
    assert (idempotency["closed"], idempotency["closes_at"]) == (True, poll["closes_at"])
    reopened = client.patch(path, json={"closed": False}, headers=manage_header(poll)).json()
    assert (reopened["closed"], reopened["closes_at"]) == (False, None)
    assert client.put(path + "/ballot", json={"choices": [1]}).status_code == 200


def test_closing_time_is_set_changed_and_removed(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    path = f"/api/polls/{poll['id']}"
    for moment in (in_one_hour(), in_one_hour(), None, in_one_hour()):
        changed = client.patch(path, json={"closes_at": moment}, headers=manage_header(poll)).json()
        expected = moment and datetime.fromisoformat(moment)
        found = changed["closes_at"] and datetime.fromisoformat(changed["closes_at"])
        assert (found, changed["closed"]) == (expected, False)


def test_new_closing_time_reopens_only_a_poll_that_closed_by_time(
    client: httpx.Client,
) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    elapsed, closed = create_poll(client, closes_at=soon), create_poll(client)
    client.patch(path_of(closed), json={"closed": True}, headers=manage_header(closed))
    later = {"closes_at": in_one_hour()}
    wait_until_closed(client, elapsed)
    assert (
        client.patch(path_of(elapsed), json=later, headers=manage_header(elapsed)).json()["closed"]
        is False
    )
    assert (
        client.patch(path_of(closed), json=later, headers=manage_header(closed)).json()["closed"]
        is True
    )
    changes = later | {"closed": False}
    reopened = client.patch(path_of(closed), json=changes, headers=manage_header(closed)).json()
    assert (reopened["closed"], reopened["closes_at"] is None) == (False, False)


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "tomorrow", 1, "2999-01-01T00:00:00Z"])
def test_closing_time_in_the_past_or_invalid_is_refused(
    client: httpx.Client, poll: dict[str, Any], moment: object
) -> None:
    response = client.patch(path_of(poll), json={"closes_at": moment}, headers=manage_header(poll))
    assert invalid_fields(response) == {"closes_at"}


def test_empty_change_is_refused(client: httpx.Client, poll: dict[str, Any]) -> None:
    assert invalid_fields(client.patch(path_of(poll), json={}, headers=manage_header(poll))) == {""}


@pytest.mark.parametrize("body", [{"closed": 1}, {"closed": None}, {"closed": "true"}])
def test_closed_must_be_a_boolean(
    client: httpx.Client, poll: dict[str, Any], body: dict[str, Any]
) -> None:
    response = client.patch(f"/api/polls/{poll['id']}", json=body, headers=manage_header(poll))
    assert invalid_fields(response) == {"closed"}


# Deleting


def test_deleted_poll_is_404_with_its_results_and_ballots(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    path = f"/api/polls/{poll['id']}"
    client.put(path + "/ballot", json={"choices": [1]})
    response = client.delete(path, headers=manage_header(poll))
    assert response.status_code == 204
    assert response.content == b""
    for subpath in ("", f"/results{uncached()}", "/ballot", "/timeline"):
        check_problem(client.get(path + subpath), 404, "not-found")
    check_problem(client.get(path + "/ballots.csv", headers=manage_header(poll)), 404, "not-found")
    check_problem(client.put(path + "/ballot", json={"choices": [1]}), 404, "not-found")
    check_problem(
        client.patch(path, json={"closed": True}, headers=manage_header(poll)), 404, "not-found"
    )
    check_problem(client.delete(path, headers=manage_header(poll)), 404, "not-found")


# Keys


def managed_requests(poll: dict[str, Any]) -> list[tuple[str, str, dict[str, Any] | None]]:
    path = f"/api/polls/{poll['id']}"
    return [
        ("PATCH", path, {"closed": True}),
        ("DELETE", path, None),
        ("GET", path + "/ballots.csv", None),
    ]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic dXNlcjpwYXNz", "nonsense"])
def test_managing_without_a_key_is_401(
    client: httpx.Client, poll: dict[str, Any], authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for method, path, body in managed_requests(poll):
        response = client.request(method, path, json=body, headers=headers)
        check_problem(response, 401, "key-missing")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get(f"/api/polls/{poll['id']}").json()["closed"] is False


def test_managing_with_a_wrong_key_is_403(client: httpx.Client, poll: dict[str, Any]) -> None:
    other = create_poll(client)
    wrong_keys = [
        manage_header(other),
        {"Authorization": "Bearer x"},
        {"Authorization": b"Bearer \xff\xfe"},
    ]
    for headers in wrong_keys:
        for method, path, body in managed_requests(poll):
            response = client.request(method, path, json=body, headers=headers)
            check_problem(response, 403, "key-wrong")
    assert client.get(f"/api/polls/{poll['id']}").json()["closed"] is False


def test_authorization_scheme_is_case_insensitive(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    headers = {"Authorization": f"bearer {poll['manage_key']}"}
    response = client.patch(f"/api/polls/{poll['id']}", json={"closed": True}, headers=headers)
    assert response.status_code == 200
