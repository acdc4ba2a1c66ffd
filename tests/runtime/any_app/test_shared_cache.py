"""Which responses of an app Nginx shares between clients, and what that does to the others."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.front_door import send_request
from tests.support.stack import Stack


@pytest.mark.parametrize("identity", [{"Cookie": "user=%s"}, {"X_Api_Key": "%s"}])
def test_file_for_one_user_is_not_sent_to_another(
    kitchen_sink: Stack, identity: dict[str, str]
) -> None:
    for user in (b"ann", b"bob"):
        headers = {name: value % user.decode() for name, value in identity.items()}
        assert send_request(kitchen_sink, "/api/own-file", **headers).body == user
    assert send_request(kitchen_sink, "/api/own-file").body == b"a stranger"


def test_response_that_depends_on_the_session_is_not_shared(kitchen_sink: Stack) -> None:
    first = send_request(kitchen_sink, "/api/session?user=ann")
    cookie = (first.header("Set-Cookie") or "").partition(";")[0]
    assert b"ann" in send_request(kitchen_sink, "/api/session", Cookie=cookie).body
    assert b"a stranger" in send_request(kitchen_sink, "/api/session").body


@pytest.mark.parametrize("condition", [{}, {"If_None_Match": '"hot-1"'}], ids=["plain", "known"])
def test_viewers_of_a_hot_response_cost_one_call(
    kitchen_sink: Stack, condition: dict[str, str], request: pytest.FixtureRequest
) -> None:
    path = f"/api/hot?{request.node.callspec.id}"  # a key of its own

    def view(_: int) -> tuple[int, str | None]:
        response = send_request(kitchen_sink, path, **condition)
        return response.status, response.header("X-Calls")

    # Nginx saves a response after it has passed it on.
    kitchen_sink.wait_for(lambda: view(0) == view(0), "the saved response")
    first = view(0)
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(view, range(200)))
    assert seen == {first}
    assert first[0] == (304 if condition else 200)


def test_client_with_an_old_version_gets_the_hot_response(kitchen_sink: Stack) -> None:
    for _ in range(2):  # from the app, and from the cache
        response = send_request(kitchen_sink, "/api/hot?old", If_None_Match='"hot-0"')
        assert (response.status, response.body) == (200, b'"hot"\n')


def test_response_larger_than_the_limit_is_not_cached(kitchen_sink: Stack) -> None:
    for size, status in ((131072, "nginx; hit"), (131073, "nginx; fwd=uri-miss")):
        path = f"/api/large-public/1?bytes={size}"
        send_request(kitchen_sink, path)
        assert send_request(kitchen_sink, path).header("Cache-Status") == status
