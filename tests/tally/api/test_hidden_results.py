"""Hidden results: shown after voting, or once the poll is closed."""

from typing import Any

import httpx
import pytest

from tests.tally.api.client import (
    check_problem,
    client,
    create_poll,
    invalid_fields,
    manage_header,
    new_client,
    path_of,
    uncached,
)

__all__ = ["client"]


def results_with(client: httpx.Client, poll: dict[str, Any], viewing_key: str = "") -> Any:
    return client.get(f"{path_of(poll)}/results{uncached()}&key={viewing_key}").json()


def host_viewing_key(client: httpx.Client, poll: dict[str, Any]) -> str:
    response = client.get(path_of(poll) + "/viewing-key", headers=manage_header(poll))
    assert response.headers["Cache-Control"] == "no-store"
    return str(response.json()["viewing_key"])


def expect_hidden(client: httpx.Client, poll: dict[str, Any], viewing_key: str = "") -> None:
    results = results_with(client, poll, viewing_key)
    assert results["hidden"] is True
    assert [option["votes"] for option in results["options"]] == [None, None]
    assert results["ballots"] == 1  # the number of ballots is public
    timeline = client.get(f"{path_of(poll)}/timeline{uncached()}&key={viewing_key}").json()
    assert (timeline["hidden"], timeline["buckets"]) == (True, [])


def expect_shown(client: httpx.Client, poll: dict[str, Any], viewing_key: str = "") -> None:
    results = results_with(client, poll, viewing_key)
    assert results["hidden"] is False
    assert [option["votes"] for option in results["options"]] == [0, 1]
    timeline = client.get(f"{path_of(poll)}/timeline{uncached()}&key={viewing_key}").json()
    assert timeline["hidden"] is False
    assert sum(bucket["ballots"] for bucket in timeline["buckets"]) == 1


def test_results_after_voting_are_hidden_from_others(client: httpx.Client, stack: Any) -> None:
    poll = create_poll(client, results="voted")
    assert poll["results"] == "voted"
    assert client.get(path_of(poll) + "/ballot").json() == {"choices": [], "viewing_key": None}
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    assert client.get(path_of(poll) + "/ballot").json() == cast
    expect_shown(client, poll, cast["viewing_key"])
    with new_client(stack.url) as other:
        assert other.get(path_of(poll) + "/ballot").json()["viewing_key"] is None
        expect_hidden(other, poll)
        expect_hidden(other, poll, "unknown")
        expect_hidden(other, poll, "%F0%9F%8D%B7")


def test_results_after_closing_are_shown_to_the_host_only(client: httpx.Client) -> None:
    poll = create_poll(client, results="closed")
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    assert cast["viewing_key"] is None
    expect_hidden(client, poll)
    expect_shown(client, poll, host_viewing_key(client, poll))
    client.patch(path_of(poll), json={"closed": True}, headers=manage_header(poll))
    expect_shown(client, poll)
    client.patch(path_of(poll), json={"closed": False}, headers=manage_header(poll))
    expect_hidden(client, poll)


def test_public_results_need_no_key(client: httpx.Client) -> None:
    poll = create_poll(client)
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    assert (poll["results"], cast["viewing_key"]) == ("always", None)
    expect_shown(client, poll)


def test_viewing_key_differs_per_poll_and_needs_the_manage_key(client: httpx.Client) -> None:
    one, two = create_poll(client, results="closed"), create_poll(client, results="closed")
    client.put(path_of(one) + "/ballot", json={"choices": [2]})
    assert len({host_viewing_key(client, one), host_viewing_key(client, two)}) == 2
    assert len(host_viewing_key(client, one)) == 32
    path = path_of(one) + "/viewing-key"
    check_problem(client.get(path), 401, "key-missing")
    check_problem(client.get(path, headers=manage_header(two)), 403, "key-wrong")
    expect_hidden(client, one, host_viewing_key(client, two))


def test_requests_with_the_same_viewing_key_share_the_cache(
    client: httpx.Client, stack: Any
) -> None:
    """Two thousand voters with a viewing key cost the database no more than without one."""
    poll = create_poll(client, results="voted")
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    path = f"{path_of(poll)}/results?key={cast['viewing_key']}"
    with new_client(stack.url) as other:
        timestamps = {viewer.get(path).json()["as_of"] for viewer in (client, other) * 10}
    assert len(timestamps) < 20


@pytest.mark.parametrize("results", ["never", "", None, True, ["always"]])
def test_invalid_results_visibility_is_refused(client: httpx.Client, results: object) -> None:
    body = {"question": "Tea?", "options": ["Yes", "No"], "results": results}
    assert invalid_fields(client.post("/api/polls", json=body)) == {"results"}


def test_two_viewing_keys_in_a_url_show_nothing(client: httpx.Client) -> None:
    poll = create_poll(client, results="voted")
    cast = client.put(path_of(poll) + "/ballot", json={"choices": [2]}).json()
    expect_hidden(client, poll, f"wrong&key={cast['viewing_key']}x")
