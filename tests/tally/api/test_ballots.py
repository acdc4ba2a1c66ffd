"""Voting: one ballot per voter and poll, also under concurrent requests."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.tally.api.client import (
    check_problem,
    client,
    create_poll,
    get_current_results,
    get_votes,
    invalid_fields,
    manage_header,
    new_client,
    path_of,
    poll,
)

__all__ = ["client", "poll"]

OPTIONS = {"options": ["a", "b", "c"]}


def vote(client: httpx.Client, poll: dict[str, Any], *choices: Any) -> httpx.Response:
    return client.put(path_of(poll) + "/ballot", json={"choices": list(choices)})


def get_choices(client: httpx.Client, poll: dict[str, Any]) -> list[int]:
    response = client.get(path_of(poll) + "/ballot")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    return list(response.json()["choices"])


def run_at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0)` … `work(count - 1)` in `count` threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_vote_is_stored_and_counted(client: httpx.Client, poll: dict[str, Any]) -> None:
    response = vote(client, poll, 2)
    assert (response.status_code, response.json()) == (200, {"choices": [2], "viewing_key": None})
    assert response.headers["Cache-Control"] == "no-store"
    assert get_choices(client, poll) == [2]
    assert get_votes(client, poll) == [0, 1]


def test_ballot_is_empty_before_the_first_vote(client: httpx.Client, poll: dict[str, Any]) -> None:
    assert get_choices(client, poll) == []
    assert get_current_results(client, poll)["ballots"] == 0


def test_repeated_vote_changes_nothing(client: httpx.Client, poll: dict[str, Any]) -> None:
    vote(client, poll, 1)
    before = client.get(path_of(poll) + "/timeline").json()
    assert [vote(client, poll, 1).status_code for _ in range(3)] == [200] * 3
    assert get_votes(client, poll) == [1, 0]
    assert client.get(path_of(poll) + "/timeline").json() == before


def test_changed_vote_replaces_the_first(client: httpx.Client, poll: dict[str, Any]) -> None:
    for choice in (1, 2, 1, 2):
        assert vote(client, poll, choice).status_code == 200
    assert get_choices(client, poll) == [2]
    assert get_votes(client, poll) == [0, 1]


def test_ballot_of_a_multiple_choice_poll_has_several_choices(client: httpx.Client) -> None:
    poll = create_poll(client, multiple=True, **OPTIONS)
    assert vote(client, poll, 3, 1).json()["choices"] == [1, 3]
    assert vote(client, poll, 2, 3).json()["choices"] == [2, 3]
    assert get_choices(client, poll) == [2, 3]
    assert get_votes(client, poll) == [0, 1, 1]
    assert get_current_results(client, poll)["ballots"] == 1


@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ([], "choices"),
        ([4], "choices"),
        ([1, 1], "choices"),
        ([0], "choices.0"),
        ([-1], "choices.0"),
        ([21], "choices.0"),
        (["1"], "choices.0"),
        ([1.5], "choices.0"),
        ([True], "choices.0"),
        ([None], "choices.0"),
        ([2**15], "choices.0"),
        ([2**63], "choices.0"),
        ([10**400], "choices.0"),
        ([[1]], "choices.0"),
        (1, "choices"),
        (None, "choices"),
        ("1", "choices"),
        ({"1": 1}, "choices"),
        (list(range(1, 22)), "choices"),
    ],
    ids=str,
)
def test_invalid_choices_are_refused(
    client: httpx.Client, multiple: bool, choices: Any, field: str
) -> None:
    poll = create_poll(client, multiple=multiple, **OPTIONS)
    vote(client, poll, 2)
    response = client.put(path_of(poll) + "/ballot", json={"choices": choices})
    assert field in invalid_fields(response)
    assert get_choices(client, poll) == [2]


def test_two_choices_in_a_single_choice_poll_are_refused(client: httpx.Client) -> None:
    poll = create_poll(client, multiple=False, **OPTIONS)
    assert invalid_fields(vote(client, poll, 1, 2)) == {"choices"}
    assert get_current_results(client, poll)["ballots"] == 0


def test_unknown_member_of_a_ballot_is_refused(client: httpx.Client, poll: dict[str, Any]) -> None:
    body = {"choices": [1], "weight": 9}
    assert invalid_fields(client.put(path_of(poll) + "/ballot", json=body)) == {"weight"}


# Closed polls


def test_closed_poll_refuses_votes_and_keeps_its_ballots(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    vote(client, poll, 1)
    client.patch(path_of(poll), json={"closed": True}, headers=manage_header(poll))
    for choice in (1, 2):
        check_problem(vote(client, poll, choice), 409, "poll-closed")
    assert get_choices(client, poll) == [1]
    assert get_votes(client, poll) == [1, 0]
    client.patch(path_of(poll), json={"closed": False}, headers=manage_header(poll))
    assert vote(client, poll, 2).status_code == 200


def test_votes_count_exactly_if_they_precede_the_closing(client: httpx.Client, stack: Any) -> None:
    """Votes answered 200 count and those answered 409 do not, even while the poll is closing."""
    poll = create_poll(client)
    total = 24

    def take_part(number: int) -> int:
        with new_client(stack.url) as voter:
            if number == total // 2:
                closed = voter.patch(
                    path_of(poll), json={"closed": True}, headers=manage_header(poll)
                )
                assert closed.status_code == 200
                return get_current_results(voter, poll)["ballots"]
            return vote(voter, poll, 1).status_code

    outcomes = run_at_once(total, take_part)
    counted_by_closer = outcomes.pop(total // 2)
    statuses = Counter(outcomes)
    assert set(statuses) <= {200, 409}
    assert statuses[200] == counted_by_closer == get_current_results(client, poll)["ballots"]


def test_constant_votes_do_not_delay_the_closing(client: httpx.Client, stack: Any) -> None:
    poll = create_poll(client)
    closed = threading.Event()

    def keep_voting(_number: int) -> int:
        with new_client(stack.url) as voter:
            for turn in range(10_000):
                if vote(voter, poll, turn % 2 + 1).status_code == 409:
                    return 409
        return 200

    def close() -> int:
        response = client.patch(path_of(poll), json={"closed": True}, headers=manage_header(poll))
        closed.set()
        return response.status_code

    def take_part(number: int) -> int:
        return close() if number == 0 else keep_voting(number)

    assert run_at_once(9, take_part) == [200, *[409] * 8]
    assert closed.is_set()


# Voters


def test_voter_cookie_is_http_only_and_limited_to_its_poll(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    response = vote(client, poll, 1)
    (cookie,) = response.headers.get_list("Set-Cookie")
    name, _, value = cookie.partition(";")[0].partition("=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert name == "tally_voter"
    assert len(value) >= 22  # 128 bits in base 64
    assert {"httponly", "samesite=lax", f"max-age={365 * 24 * 3600}"} <= attributes
    assert f"path={path_of(poll)}/ballot" in attributes
    assert "secure" not in attributes
    assert "Set-Cookie" not in vote(client, poll, 2).headers


def test_voter_cookie_is_set_before_the_first_vote(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    """So a double click on a first visit counts as one voter."""
    get_choices(client, poll)
    cookie = client.cookies["tally_voter"]
    vote(client, poll, 1)
    assert client.cookies["tally_voter"] == cookie


def test_late_cookie_of_another_poll_does_not_replace_the_voter(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    """A device without a vote opens two polls at once."""
    late_response = httpx.get(f"{client.base_url}{path_of(create_poll(client))}/ballot")
    vote(client, poll, 1)
    client.cookies.extract_cookies(late_response)
    assert get_choices(client, poll) == [1]
    vote(client, poll, 2)
    assert client.get(f"{path_of(poll)}/results").json()["ballots"] == 1


def test_refused_vote_sets_no_cookie(client: httpx.Client, poll: dict[str, Any]) -> None:
    assert "Set-Cookie" not in vote(client, poll, 9).headers
    assert "Set-Cookie" not in client.get("/api/polls/00000000/ballot").headers


@pytest.mark.parametrize("forged", ["", "x", "x" * 33, "!" * 32, "a" * 5000, "\u00e4" * 32])
def test_invalid_voter_cookie_is_replaced(
    stack: Any, client: httpx.Client, poll: dict[str, Any], forged: str
) -> None:
    headers = {"Cookie": f"tally_voter={forged}".encode()}
    response = httpx.put(
        stack.url + path_of(poll) + "/ballot", json={"choices": [1]}, headers=headers, timeout=30
    )
    assert response.status_code == 200
    assert response.cookies["tally_voter"] != forged


def test_ballot_of_a_voter_is_not_visible_to_others(
    client: httpx.Client, poll: dict[str, Any], stack: Any
) -> None:
    vote(client, poll, 1)
    with new_client(stack.url) as other:
        assert get_choices(other, poll) == []
        vote(other, poll, 2)
        assert get_choices(other, poll) == [2]
    assert get_choices(client, poll) == [1]
    assert get_votes(client, poll) == [1, 1]


def test_voter_has_one_ballot_per_poll(client: httpx.Client) -> None:
    polls = [create_poll(client) for _ in range(3)]
    for number, one_poll in enumerate(polls):
        vote(client, one_poll, number % 2 + 1)
    assert [get_votes(client, one_poll) for one_poll in polls] == [[1, 0], [0, 1], [1, 0]]


def test_concurrent_votes_of_one_voter_leave_one_ballot(
    client: httpx.Client, poll: dict[str, Any], stack: Any
) -> None:
    get_choices(client, poll)
    cookies = dict(client.cookies)

    def repeat(number: int) -> int:
        with httpx.Client(base_url=stack.url, cookies=cookies, timeout=30) as client:
            return vote(client, poll, number % 2 + 1).status_code

    assert run_at_once(16, repeat) == [200] * 16
    assert get_current_results(client, poll)["ballots"] == 1
    assert get_votes(client, poll) in ([1, 0], [0, 1])
    assert get_votes(client, poll)[get_choices(client, poll)[0] - 1] == 1


def test_concurrent_votes_are_all_counted(client: httpx.Client, stack: Any) -> None:
    poll = create_poll(client, multiple=True, **OPTIONS)
    ballots = [[1], [2], [1, 3], [1, 2, 3]]

    def take_part(number: int) -> int:
        with new_client(stack.url) as voter:
            return vote(voter, poll, *ballots[number % 4]).status_code

    assert run_at_once(40, take_part) == [200] * 40
    assert get_current_results(client, poll)["ballots"] == 40
    assert get_votes(client, poll) == [30, 20, 20]


def test_votes_during_a_deletion_get_200_or_404(client: httpx.Client, stack: Any) -> None:
    poll = create_poll(client)

    def take_part(number: int) -> int:
        with new_client(stack.url) as voter:
            if number == 5:
                return voter.delete(path_of(poll), headers=manage_header(poll)).status_code
            return vote(voter, poll, 1).status_code

    statuses = run_at_once(16, take_part)
    assert statuses.pop(5) == 204
    assert set(statuses) <= {200, 404}
    check_problem(client.get(path_of(poll)), 404, "not-found")
