"""Tally's errors and those of Nginx are the same to a client."""

import pytest

from backend.problems import CATALOGUE
from tests.support.nginx_conf import error_texts

SHARED = sorted(set(CATALOGUE) & set(error_texts("problem").values()))


@pytest.mark.parametrize("slug", SHARED)
def test_problem_that_nginx_also_answers_has_the_same_texts(slug: str) -> None:
    kind = CATALOGUE[slug]
    assert error_texts("problem")[kind.status] == slug
    assert error_texts("title")[kind.status] == kind.title
    assert error_texts("detail")[kind.status] == kind.detail


def test_general_problems_are_shared_with_nginx() -> None:
    assert SHARED == ["malformed", "method-not-allowed", "not-found", "too-large"]
