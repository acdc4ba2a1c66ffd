"""The corpus of bad requests against the image, which has Debian's Nginx."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tests.runtime.nginx.test_bad_requests import CASES, check_journal, exchange
from tests.support.docker_engine import HARDENED, ROOT, Container
from tests.support.raw_http import Recorder

Launch = Callable[..., Container]


def test_bad_requests_are_refused_or_reach_the_app_unchanged(
    launch: Launch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)  # the image's user writes the journal here
    apps = ROOT / "tests" / "support" / "apps"
    mounts = ("--volume", f"{apps}:/apps:ro", "--volume", f"{tmp_path}:/recorder")
    container = launch(
        options=(*HARDENED, *mounts),
        APP_DIR="/apps",
        APP_MODULE="recorder:app",
        JOURNAL="/recorder/journal",
        RELEASE_ON_BOOT="false",
        DEMIJOHN_RATE_LIMIT="0",
        DEMIJOHN_MAX_BODY_SIZE="1m",
    ).wait_until_ready()
    address = urlsplit(container.url)
    assert address.hostname and address.port
    recorder = Recorder(address.hostname, address.port, (tmp_path / "journal").read_text)
    for case in CASES:
        for at_once in (False, True):
            exchange(recorder, case, at_once=at_once)
    check_journal(recorder)
