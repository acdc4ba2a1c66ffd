"""Gunicorn's own error responses have the texts of nginx.conf."""

import pytest
from demijohn.worker.error_response import DETAILS

from tests.support.nginx_conf import error_texts


@pytest.mark.parametrize("status", [400, 431])
def test_error_of_gunicorn_has_the_texts_of_nginx(status: int) -> None:
    assert DETAILS[status] == (error_texts("problem")[status], error_texts("detail")[status])
