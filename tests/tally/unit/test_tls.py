"""libpq's sslmode, as pg8000 is made to follow it."""

import ssl
from pathlib import Path

import pytest

from backend import tls


@pytest.fixture(autouse=True)
def no_files_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tls, "USER_FILES", tmp_path)


@pytest.fixture
def bundle() -> str:
    path = Path(ssl.get_default_verify_paths().cafile or tls.DEBIAN_BUNDLE)
    if not path.is_file():
        pytest.skip("no certificates on this machine")
    return str(path)


@pytest.mark.parametrize("mode", ["allow", "prefer", "require"])
def test_without_a_root_certificate_tls_is_encryption_only(mode: str) -> None:
    made = tls.context({"sslmode": mode})
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_verification_needs_a_root_certificate(mode: str) -> None:
    with pytest.raises(ValueError, match="sslrootcert"):
        tls.context({"sslmode": mode})


@pytest.mark.parametrize(
    ("mode", "name_checked"), [("require", False), ("verify-ca", False), ("verify-full", True)]
)
def test_with_a_root_certificate_the_chain_is_verified(
    mode: str, name_checked: bool, bundle: str
) -> None:
    made = tls.context({"sslmode": mode, "sslrootcert": bundle})
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, name_checked)


def test_a_root_certificate_does_not_make_prefer_verify(bundle: str) -> None:
    assert tls.context({"sslmode": "prefer", "sslrootcert": bundle}).verify_mode == ssl.CERT_NONE


def test_the_system_s_authorities_check_everything() -> None:
    made = tls.context({"sslrootcert": "system"})
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_the_default_is_tls_where_the_server_has_it() -> None:
    assert tls.mode({}) == "prefer"


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="sslmode=on"):
        tls.mode({"sslmode": "on"})


def test_old_versions_are_not_spoken() -> None:
    assert tls.context({}).minimum_version == ssl.TLSVersion.TLSv1_2
    newest = tls.context({"ssl_min_protocol_version": "TLSv1.3"})
    assert newest.minimum_version == ssl.TLSVersion.TLSv1_3


def test_a_root_certificate_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        tls.context({"sslmode": "verify-full", "sslrootcert": str(tmp_path / "none.crt")})
