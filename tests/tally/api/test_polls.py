"""Creating, showing, closing and deleting polls, over the whole stack."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.tally.api.client import (
    QUESTION,
    client,
    created,
    fields,
    in_an_hour,
    key,
    path_of,
    poll,
    problem,
    uncached,
    wait_until_closed,
)

__all__ = ["client", "poll"]

# Creating


def test_a_new_poll_is_answered_whole_with_its_key(client: httpx.Client) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    answer = client.post("/api/polls", json=QUESTION)
    poll = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/polls/{poll['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
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


def test_who_had_no_answer_asks_again_and_is_answered_the_same_poll(client: httpx.Client) -> None:
    again = {"Idempotency-Key": str(uuid.uuid4())}

    def ask(_time: int) -> dict[str, Any]:
        answer = client.post("/api/polls", json=QUESTION, headers=again)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    with ThreadPoolExecutor(4) as threads:  # the first may still be under way
        first, *others = threads.map(ask, range(4))
    assert others == [first] * 3
    assert client.patch(path_of(first), json={"closed": True}, headers=key(first)).is_success
    assert ask(5) == first | {"closed": True}
    other = client.post("/api/polls", json=QUESTION, headers={"Idempotency-Key": "b" * 32}).json()
    assert other["id"] != first["id"]
    assert other["manage_key"] != first["manage_key"]


@pytest.mark.parametrize(
    "members", [{"question": "Tea?"}, {"options": ["Tea", "Milk"]}, {"multiple": True}]
)
def test_a_key_that_has_brought_another_poll_is_refused(
    client: httpx.Client, members: dict[str, Any]
) -> None:
    again = {"Idempotency-Key": str(uuid.uuid4())}
    assert client.post("/api/polls", json=QUESTION, headers=again).status_code == 201
    refused = client.post("/api/polls", json=QUESTION | members, headers=again)
    assert fields(refused) == {"Idempotency-Key"}


@pytest.mark.parametrize("token", ["", "1", "x" * 31, "x" * 201, "x" * 32 + " y"])
def test_a_key_that_others_could_hit_upon_is_refused(client: httpx.Client, token: str) -> None:
    answer = client.post("/api/polls", json=QUESTION, headers={"Idempotency-Key": token})
    assert fields(answer) == {"Idempotency-Key"}


def test_a_poll_is_shown_to_everyone_without_its_key(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    answer = client.get(f"/api/polls/{poll['id']}")
    assert answer.status_code == 200
    assert answer.json() == {name: poll[name] for name in poll if name != "manage_key"}


def test_a_poll_keeps_what_it_was_given(client: httpx.Client) -> None:
    poll = created(client, multiple=True, closes_at="2030-01-31T18:00:00+02:00")
    shown = client.get(f"/api/polls/{poll['id']}").json()
    assert shown["multiple"] is True
    assert datetime.fromisoformat(shown["closes_at"]) == datetime(2030, 1, 31, 16, tzinfo=UTC)
    assert shown["closes_at"].endswith("Z")


@pytest.mark.parametrize("offset", ["+15:59", "+16:00", "+23:59", "-16:00", "-23:59"])
def test_an_offset_that_postgres_does_not_know_is_a_moment_all_the_same(
    client: httpx.Client, offset: str
) -> None:
    moment = f"2030-01-31T18:00:00{offset}"
    shown = created(client, closes_at=moment)["closes_at"]
    assert datetime.fromisoformat(shown) == datetime.fromisoformat(moment)


def test_labels_that_look_like_syntax_come_back_as_they_were(client: httpx.Client) -> None:
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
    poll = created(client, options=labels, question="'; DROP TABLE polls; --")
    shown = client.get(f"/api/polls/{poll['id']}").json()
    assert [option["label"] for option in shown["options"]] == labels
    assert shown["question"] == "'; DROP TABLE polls; --"


def test_text_is_trimmed_and_composed(client: httpx.Client) -> None:
    poll = created(client, question="  Caf\u0065\u0301\n or  tea? ", options=[" a\t", "\u00a0b"])
    assert poll["question"] == "Caf\u00e9 or tea?"
    assert [option["label"] for option in poll["options"]] == ["a", "b"]


def test_twenty_options_of_full_length_are_taken(client: httpx.Client) -> None:
    labels = [f"{number:02}" + "ü" * 98 for number in range(20)]
    assert len(created(client, options=labels, question="?" * 300)["options"]) == 20


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
def test_an_invalid_field_is_named(
    client: httpx.Client, members: dict[str, Any], field: str
) -> None:
    assert fields(client.post("/api/polls", json=QUESTION | members)) == {field}


def test_all_mistakes_are_told_at_once(client: httpx.Client) -> None:
    assert fields(client.post("/api/polls", json={"options": ["a"], "x": 1})) == {
        "question",
        "options",
        "x",
    }


# Showing


@pytest.mark.parametrize("poll_id", ["00000000", "nothing", "x" * 500, "%F0%9F%92%9B"])
def test_an_unknown_poll_is_not_found(client: httpx.Client, poll_id: str) -> None:
    for path in ("", "/results", "/ballot", "/timeline"):
        problem(client.get(f"/api/polls/{poll_id}{path}"), 404, "not-found")


def test_an_id_may_be_typed_as_it_is_heard(client: httpx.Client, poll: dict[str, Any]) -> None:
    typed = poll["id"].upper().replace("0", "O").replace("1", "I")
    assert client.get(f"/api/polls/{typed}").json()["id"] == poll["id"]


# Closing


def test_a_poll_is_closed_and_opened_again(client: httpx.Client, poll: dict[str, Any]) -> None:
    path = f"/api/polls/{poll['id']}"
    for closed in (True, True, False, False, True):
        answer = client.patch(path, json={"closed": closed}, headers=key(poll))
        assert answer.status_code == 200
        assert answer.json()["closed"] is closed
        assert client.get(path).json()["closed"] is closed
        assert client.get(path + "/results" + uncached()).json()["closed"] is closed


def test_closing_early_and_opening_again_keeps_the_closing_time(client: httpx.Client) -> None:
    poll = created(client, closes_at=in_an_hour())
    path = f"/api/polls/{poll['id']}"
    client.patch(path, json={"closed": True}, headers=key(poll))
    reopened = client.patch(path, json={"closed": False}, headers=key(poll)).json()
    assert reopened["closed"] is False
    assert reopened["closes_at"] == poll["closes_at"]


def test_a_poll_closes_at_its_time_and_may_be_opened_for_good(client: httpx.Client) -> None:
    poll = created(client, closes_at=(datetime.now(UTC) + timedelta(seconds=1)).isoformat())
    path = f"/api/polls/{poll['id']}"
    assert poll["closed"] is False
    wait_until_closed(client, poll)
    assert client.get(path + "/results" + uncached()).json()["closed"] is True
    problem(client.put(path + "/ballot", json={"choices": [1]}), 409, "poll-closed")
    again = client.patch(path, json={"closed": True}, headers=key(poll)).json()
    assert (again["closed"], again["closes_at"]) == (True, poll["closes_at"])
    reopened = client.patch(path, json={"closed": False}, headers=key(poll)).json()
    assert (reopened["closed"], reopened["closes_at"]) == (False, None)
    assert client.put(path + "/ballot", json={"choices": [1]}).status_code == 200


def test_a_closing_time_is_set_moved_and_taken_away(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    path = f"/api/polls/{poll['id']}"
    for moment in (in_an_hour(), in_an_hour(), None, in_an_hour()):
        changed = client.patch(path, json={"closes_at": moment}, headers=key(poll)).json()
        expected = moment and datetime.fromisoformat(moment)
        found = changed["closes_at"] and datetime.fromisoformat(changed["closes_at"])
        assert (found, changed["closed"]) == (expected, False)


def test_a_new_closing_time_opens_what_closed_by_itself_but_not_what_was_closed(
    client: httpx.Client,
) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    elapsed, closed = created(client, closes_at=soon), created(client)
    client.patch(path_of(closed), json={"closed": True}, headers=key(closed))
    later = {"closes_at": in_an_hour()}
    wait_until_closed(client, elapsed)
    assert (
        client.patch(path_of(elapsed), json=later, headers=key(elapsed)).json()["closed"] is False
    )
    assert client.patch(path_of(closed), json=later, headers=key(closed)).json()["closed"] is True
    both = later | {"closed": False}
    reopened = client.patch(path_of(closed), json=both, headers=key(closed)).json()
    assert (reopened["closed"], reopened["closes_at"] is None) == (False, False)


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "tomorrow", 1, "2999-01-01T00:00:00Z"])
def test_a_closing_time_must_be_ahead(
    client: httpx.Client, poll: dict[str, Any], moment: object
) -> None:
    answer = client.patch(path_of(poll), json={"closes_at": moment}, headers=key(poll))
    assert fields(answer) == {"closes_at"}


def test_a_change_that_changes_nothing_is_refused(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    assert fields(client.patch(path_of(poll), json={}, headers=key(poll))) == {""}


@pytest.mark.parametrize("body", [{"closed": 1}, {"closed": None}, {"closed": "true"}])
def test_only_a_boolean_closes(
    client: httpx.Client, poll: dict[str, Any], body: dict[str, Any]
) -> None:
    answer = client.patch(f"/api/polls/{poll['id']}", json=body, headers=key(poll))
    assert fields(answer) == {"closed"}


# Deleting


def test_a_deleted_poll_is_gone_with_all_that_hangs_on_it(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    path = f"/api/polls/{poll['id']}"
    client.put(path + "/ballot", json={"choices": [1]})
    answer = client.delete(path, headers=key(poll))
    assert answer.status_code == 204
    assert answer.content == b""
    for below in ("", f"/results{uncached()}", "/ballot", "/timeline"):
        problem(client.get(path + below), 404, "not-found")
    problem(client.get(path + "/ballots.csv", headers=key(poll)), 404, "not-found")
    problem(client.put(path + "/ballot", json={"choices": [1]}), 404, "not-found")
    problem(client.patch(path, json={"closed": True}, headers=key(poll)), 404, "not-found")
    problem(client.delete(path, headers=key(poll)), 404, "not-found")


# Keys


def managed_requests(poll: dict[str, Any]) -> list[tuple[str, str, dict[str, Any] | None]]:
    path = f"/api/polls/{poll['id']}"
    return [
        ("PATCH", path, {"closed": True}),
        ("DELETE", path, None),
        ("GET", path + "/ballots.csv", None),
    ]


@pytest.mark.parametrize("given", [None, "", "Bearer", "Basic dXNlcjpwYXNz", "nonsense"])
def test_without_a_key_nothing_is_managed(
    client: httpx.Client, poll: dict[str, Any], given: str | None
) -> None:
    headers = {} if given is None else {"Authorization": given}
    for method, path, body in managed_requests(poll):
        answer = client.request(method, path, json=body, headers=headers)
        problem(answer, 401, "key-missing")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get(f"/api/polls/{poll['id']}").json()["closed"] is False


def test_a_wrong_key_manages_nothing(client: httpx.Client, poll: dict[str, Any]) -> None:
    other = created(client)
    wrong = [key(other), {"Authorization": "Bearer x"}, {"Authorization": b"Bearer \xff\xfe"}]
    for headers in wrong:
        for method, path, body in managed_requests(poll):
            answer = client.request(method, path, json=body, headers=headers)
            problem(answer, 403, "key-wrong")
    assert client.get(f"/api/polls/{poll['id']}").json()["closed"] is False


def test_the_scheme_of_the_key_may_be_written_in_any_case(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    headers = {"Authorization": f"bearer {poll['manage_key']}"}
    answer = client.patch(f"/api/polls/{poll['id']}", json={"closed": True}, headers=headers)
    assert answer.status_code == 200
