"""Voting: one ballot a voter and poll, whatever happens at the same time."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.tally.api.client import (
    client,
    created,
    fields,
    key,
    new_client,
    path_of,
    poll,
    problem,
    results_of,
    votes_of,
)

__all__ = ["client", "poll"]

OPTIONS = {"options": ["a", "b", "c"]}


def vote(client: httpx.Client, poll: dict[str, Any], *choices: Any) -> httpx.Response:
    return client.put(path_of(poll) + "/ballot", json={"choices": list(choices)})


def own(client: httpx.Client, poll: dict[str, Any]) -> list[int]:
    answer = client.get(path_of(poll) + "/ballot")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return list(answer.json()["choices"])


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0)` … `work(count - 1)` in as many threads, let go at the same moment."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_a_vote_is_answered_shown_and_counted(client: httpx.Client, poll: dict[str, Any]) -> None:
    answer = vote(client, poll, 2)
    assert (answer.status_code, answer.json()) == (200, {"choices": [2], "viewing_key": None})
    assert answer.headers["Cache-Control"] == "no-store"
    assert own(client, poll) == [2]
    assert votes_of(client, poll) == [0, 1]


def test_before_the_first_vote_the_ballot_is_empty(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    assert own(client, poll) == []
    assert results_of(client, poll)["ballots"] == 0


def test_repeating_a_vote_changes_nothing(client: httpx.Client, poll: dict[str, Any]) -> None:
    vote(client, poll, 1)
    before = client.get(path_of(poll) + "/timeline").json()
    assert [vote(client, poll, 1).status_code for _ in range(3)] == [200] * 3
    assert votes_of(client, poll) == [1, 0]
    assert client.get(path_of(poll) + "/timeline").json() == before


def test_changing_a_vote_replaces_it(client: httpx.Client, poll: dict[str, Any]) -> None:
    for choice in (1, 2, 1, 2):
        assert vote(client, poll, choice).status_code == 200
    assert own(client, poll) == [2]
    assert votes_of(client, poll) == [0, 1]


def test_several_choices_where_the_poll_allows_them(client: httpx.Client) -> None:
    poll = created(client, multiple=True, **OPTIONS)
    assert vote(client, poll, 3, 1).json()["choices"] == [1, 3]
    assert vote(client, poll, 2, 3).json()["choices"] == [2, 3]
    assert own(client, poll) == [2, 3]
    assert votes_of(client, poll) == [0, 1, 1]
    assert results_of(client, poll)["ballots"] == 1


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
def test_choices_that_cannot_be_are_refused(
    client: httpx.Client, multiple: bool, choices: Any, field: str
) -> None:
    poll = created(client, multiple=multiple, **OPTIONS)
    vote(client, poll, 2)
    answer = client.put(path_of(poll) + "/ballot", json={"choices": choices})
    assert field in fields(answer)
    assert own(client, poll) == [2]


def test_one_choice_only_where_the_poll_says_so(client: httpx.Client) -> None:
    poll = created(client, multiple=False, **OPTIONS)
    assert fields(vote(client, poll, 1, 2)) == {"choices"}
    assert results_of(client, poll)["ballots"] == 0


def test_an_unknown_member_is_refused(client: httpx.Client, poll: dict[str, Any]) -> None:
    body = {"choices": [1], "weight": 9}
    assert fields(client.put(path_of(poll) + "/ballot", json=body)) == {"weight"}


# Closed polls


def test_a_closed_poll_takes_no_vote_and_keeps_what_it_has(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    vote(client, poll, 1)
    client.patch(path_of(poll), json={"closed": True}, headers=key(poll))
    for choice in (1, 2):
        problem(vote(client, poll, choice), 409, "poll-closed")
    assert own(client, poll) == [1]
    assert votes_of(client, poll) == [1, 0]
    client.patch(path_of(poll), json={"closed": False}, headers=key(poll))
    assert vote(client, poll, 2).status_code == 200


def test_closing_is_a_line_that_no_vote_crosses(client: httpx.Client, stack: Any) -> None:
    """Every vote answered 200 counts, none answered 409 does, also while the poll is closing."""
    poll = created(client)
    total = 24

    def take_part(number: int) -> int:
        with new_client(stack.url) as voter:
            if number == total // 2:
                closed = voter.patch(path_of(poll), json={"closed": True}, headers=key(poll))
                assert closed.status_code == 200
                return results_of(voter, poll)["ballots"]
            return vote(voter, poll, 1).status_code

    outcomes = at_once(total, take_part)
    counted_by_closer = outcomes.pop(total // 2)
    statuses = Counter(outcomes)
    assert set(statuses) <= {200, 409}
    assert statuses[200] == counted_by_closer == results_of(client, poll)["ballots"]


def test_votes_in_a_stream_do_not_keep_a_poll_from_closing(
    client: httpx.Client, stack: Any
) -> None:
    poll = created(client)
    closed = threading.Event()

    def keep_voting(_number: int) -> int:
        with new_client(stack.url) as voter:
            for turn in range(10_000):
                if vote(voter, poll, turn % 2 + 1).status_code == 409:
                    return 409
        return 200

    def close() -> int:
        answer = client.patch(path_of(poll), json={"closed": True}, headers=key(poll))
        closed.set()
        return answer.status_code

    def take_part(number: int) -> int:
        return close() if number == 0 else keep_voting(number)

    assert at_once(9, take_part) == [200, *[409] * 8]
    assert closed.is_set()


# Voters


def test_a_voter_is_a_cookie_that_scripts_cannot_read(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    answer = vote(client, poll, 1)
    (cookie,) = answer.headers.get_list("Set-Cookie")
    name, _, value = cookie.partition(";")[0].partition("=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert name == "tally_voter"
    assert len(value) >= 22  # 128 bits in base 64
    assert {"httponly", "samesite=lax", f"max-age={365 * 24 * 3600}"} <= attributes
    assert f"path={path_of(poll)}/ballot" in attributes
    assert "secure" not in attributes
    assert "Set-Cookie" not in vote(client, poll, 2).headers


def test_a_voter_is_known_before_the_first_vote(client: httpx.Client, poll: dict[str, Any]) -> None:
    """So that a double click on a first visit is one voter's."""
    own(client, poll)
    cookie = client.cookies["tally_voter"]
    vote(client, poll, 1)
    assert client.cookies["tally_voter"] == cookie


def test_another_polls_late_answer_takes_no_vote_away(
    client: httpx.Client, poll: dict[str, Any]
) -> None:
    """Two polls are opened at once, by a device that has voted in none."""
    late = httpx.get(f"{client.base_url}{path_of(created(client))}/ballot")
    vote(client, poll, 1)
    client.cookies.extract_cookies(late)
    assert own(client, poll) == [1]
    vote(client, poll, 2)
    assert client.get(f"{path_of(poll)}/results").json()["ballots"] == 1


def test_a_refused_vote_makes_nobody_a_voter(client: httpx.Client, poll: dict[str, Any]) -> None:
    assert "Set-Cookie" not in vote(client, poll, 9).headers
    assert "Set-Cookie" not in client.get("/api/polls/00000000/ballot").headers


@pytest.mark.parametrize("forged", ["", "x", "x" * 33, "!" * 32, "a" * 5000, "\u00e4" * 32])
def test_a_cookie_that_is_none_of_ours_is_replaced(
    stack: Any, client: httpx.Client, poll: dict[str, Any], forged: str
) -> None:
    headers = {"Cookie": f"tally_voter={forged}".encode()}
    answer = httpx.put(
        stack.url + path_of(poll) + "/ballot", json={"choices": [1]}, headers=headers, timeout=30
    )
    assert answer.status_code == 200
    assert answer.cookies["tally_voter"] != forged


def test_voters_do_not_see_each_other(
    client: httpx.Client, poll: dict[str, Any], stack: Any
) -> None:
    vote(client, poll, 1)
    with new_client(stack.url) as other:
        assert own(other, poll) == []
        vote(other, poll, 2)
        assert own(other, poll) == [2]
    assert own(client, poll) == [1]
    assert votes_of(client, poll) == [1, 1]


def test_a_voter_has_one_ballot_in_each_poll(client: httpx.Client) -> None:
    polls = [created(client) for _ in range(3)]
    for number, each in enumerate(polls):
        vote(client, each, number % 2 + 1)
    assert [votes_of(client, each) for each in polls] == [[1, 0], [0, 1], [1, 0]]


def test_concurrent_repeats_leave_one_ballot(
    client: httpx.Client, poll: dict[str, Any], stack: Any
) -> None:
    own(client, poll)
    cookies = dict(client.cookies)

    def repeat(number: int) -> int:
        with httpx.Client(base_url=stack.url, cookies=cookies, timeout=30) as same:
            return vote(same, poll, number % 2 + 1).status_code

    assert at_once(16, repeat) == [200] * 16
    assert results_of(client, poll)["ballots"] == 1
    assert votes_of(client, poll) in ([1, 0], [0, 1])
    assert votes_of(client, poll)[own(client, poll)[0] - 1] == 1


def test_a_hall_votes_at_once_and_every_vote_counts(client: httpx.Client, stack: Any) -> None:
    poll = created(client, multiple=True, **OPTIONS)
    ballots = [[1], [2], [1, 3], [1, 2, 3]]

    def take_part(number: int) -> int:
        with new_client(stack.url) as voter:
            return vote(voter, poll, *ballots[number % 4]).status_code

    assert at_once(40, take_part) == [200] * 40
    assert results_of(client, poll)["ballots"] == 40
    assert votes_of(client, poll) == [30, 20, 20]


def test_deleting_while_votes_come_in_fails_none_of_them(client: httpx.Client, stack: Any) -> None:
    poll = created(client)

    def take_part(number: int) -> int:
        with new_client(stack.url) as voter:
            if number == 5:
                return voter.delete(path_of(poll), headers=key(poll)).status_code
            return vote(voter, poll, 1).status_code

    statuses = at_once(16, take_part)
    assert statuses.pop(5) == 204
    assert set(statuses) <= {200, 404}
    problem(client.get(path_of(poll)), 404, "not-found")
