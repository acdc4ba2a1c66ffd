"""Tally's built files, as Nginx serves them."""

import re

from tests.support.stack import Stack

YEAR = "public, max-age=31536000, immutable"


def test_tally_loads_every_asset_that_its_page_names(stack: Stack) -> None:
    _, headers, page = stack.get("/polls/whatever")
    assert headers["cache-control"] == "no-cache"
    assets = re.findall(r'"(/assets/[^"]+)"', page.decode())
    assert assets
    for asset in assets:
        status, headers, _ = stack.get(asset, Accept_Encoding="gzip")
        assert (status, headers["cache-control"]) == (200, YEAR)
        assert headers["content-encoding"] == "gzip"
    assert b'"PUBLIC_GREETING": "hello"' in stack.get("/env.js")[2]
