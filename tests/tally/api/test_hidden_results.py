"""Results that not everyone sees yet: after voting only, or once the poll is closed."""

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
    problem,
    uncached,
)

__all__ = ["client"]


def results_with(client: httpx.Client, poll: dict[str, Any], viewing_key: str = "") -> Any:
    return client.get(f"{path_of(poll)}/results{uncached()}&key={viewing_key}").json()


def hosts_key(client: httpx.Client, poll: dict[str, Any]) -> str:
    answer = client.get(path_of(poll) + "/viewing-key", headers=key(poll))
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.json()["viewing_key"])


def expect_hidden(client: httpx.Client, poll: dict[str, Any], viewing_key: str = "") -> None:
    results = results_with(client, poll, viewing_key)
    assert results["hidden"] is True
    assert [option["votes"] for option in results["options"]] == [None, None]
    assert results["ballots"] == 1  # how many have voted is no secret
    timeline = client.get(f"{path_of(poll)}/timeline{uncached()}&key={viewing_key}").json()
    assert (timeline["hidden"], timeline["buckets"]) == (True, [])


def expect_shown(client: httpx.Client, poll: dict[str, Any], viewing_key: str = "") -> None:
    results = results_with(client, poll, viewing_key)
    assert results["hidden"] is False
    assert [option["votes"] for option in results["options"]] == [0, 1]
    timeline = client.get(f"{path_of(poll)}/timeline{uncached()}&key={viewing_key}").json()
    assert timeline["hidden"] is False
    assert sum(bucket["ballots"] for bucket in timeline["buckets"]) == 1


def test_who_voted_sees_what_others_do_not_see_yet(client: httpx.Client, stack: Any) -> None:
    poll = created(client, results="voted")
    assert poll["results"] == "voted"
    assert client.get(path_of(poll) + "/ballot").json() == {"choices": [], "viewing_key": None}
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    assert client.get(path_of(poll) + "/ballot").json() == cast
    expect_shown(client, poll, cast["viewing_key"])
    with new_client(stack.url) as other:
        assert other.get(path_of(poll) + "/ballot").json()["viewing_key"] is None
        expect_hidden(other, poll)
        expect_hidden(other, poll, "nobodys")
        expect_hidden(other, poll, "%F0%9F%8D%B7")


def test_nobody_but_the_host_sees_what_is_shown_once_closed(client: httpx.Client) -> None:
    poll = created(client, results="closed")
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    assert cast["viewing_key"] is None
    expect_hidden(client, poll)
    expect_shown(client, poll, hosts_key(client, poll))
    client.patch(path_of(poll), json={"closed": True}, headers=key(poll))
    expect_shown(client, poll)
    client.patch(path_of(poll), json={"closed": False}, headers=key(poll))
    expect_hidden(client, poll)


def test_results_for_everyone_need_no_key(client: httpx.Client) -> None:
    poll = created(client)
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    assert (poll["results"], cast["viewing_key"]) == ("always", None)
    expect_shown(client, poll)


def test_the_viewing_key_is_the_hosts_and_each_polls_own(client: httpx.Client) -> None:
    one, two = created(client, results="closed"), created(client, results="closed")
    client.put(path_of(one) + "/ballot", json={"choices": [2]})
    assert len({hosts_key(client, one), hosts_key(client, two)}) == 2
    assert len(hosts_key(client, one)) == 32
    path = path_of(one) + "/viewing-key"
    problem(client.get(path), 401, "key-missing")
    problem(client.get(path, headers=key(two)), 403, "key-wrong")
    expect_hidden(client, one, hosts_key(client, two))


def test_a_key_shares_one_cached_answer(client: httpx.Client, stack: Any) -> None:
    """Two thousand who voted cost the database what two thousand without a secret do."""
    poll = created(client, results="voted")
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    path = f"{path_of(poll)}/results?key={cast['viewing_key']}"
    with new_client(stack.url) as other:
        moments = {each.get(path).json()["as_of"] for each in (client, other) * 10}
    assert len(moments) < 20


@pytest.mark.parametrize("results", ["never", "", None, True, ["always"]])
def test_when_results_are_shown_is_one_of_three(client: httpx.Client, results: object) -> None:
    body = {"question": "Tea?", "options": ["Yes", "No"], "results": results}
    assert fields(client.post("/api/polls", json=body)) == {"results"}


def test_two_keys_in_one_address_open_nothing(client: httpx.Client) -> None:
    poll = created(client, results="voted")
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    expect_hidden(client, poll, f"wrong&key={cast['viewing_key']}x")
