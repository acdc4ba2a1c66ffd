"""Routes of an app that API_PATHS does not cover."""

import pytest
from demijohn.worker.unreachable_routes import warning
from flask import Flask

ELSEWHERE = "the frontend answers there, not the app. "


def make_app(*paths: str) -> Flask:
    app = Flask("routes")
    for path in paths:
        app.add_url_rule(path, endpoint=path.replace(".", "-"), view_func=lambda **_: "")
    return app


@pytest.mark.parametrize(
    ("paths", "api_paths", "prefix", "expected"),
    [
        (["/api/users", "/api/users/<id>", "/api"], ["/api"], "", ""),
        (["/users"], ["/api"], "/api", ""),
        (["/api/users", "/socket/x"], ["/api", "/socket"], "", ""),
        (["/login", "/"], ["/"], "", ""),
        (["/api/a", "/healthz"], ["/api"], "", ""),
        (["/", "/<path:path>", "/api/a"], ["/api"], "", ""),
        (["/login", "/api/a"], ["/api"], "", "/login not in API_PATHS=/api: "),
        (["/apis"], ["/api"], "", "/apis not in "),
        (["/"], ["/api"], "", "/ not in "),
        (
            ["/admin/a", "/admin/b", "/z"],
            ["/api", "/x"],
            "",
            "/admin/…, /z not in API_PATHS=/api,/x",
        ),
        ([f"/{name}" for name in "abcdefg"], ["/api"], "", "/a, /b, /c, /d, /e and 2 more not in"),
    ],
)
def test_routes_that_no_request_reaches_are_named(
    paths: list[str], api_paths: list[str], prefix: str, expected: str
) -> None:
    line = warning(make_app(*paths), api_paths, prefix)
    assert line.startswith(expected) and bool(line) == bool(expected)
    assert not line or line.endswith("Add what the app is to serve, or set API_PATHS=/.")


def test_app_without_a_url_map_has_no_unreachable_routes() -> None:
    assert warning(lambda environ, start_response: [], ["/api"], "") == ""
