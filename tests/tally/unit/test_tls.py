"""libpq's sslmode for pg8000."""

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
def test_tls_without_a_root_certificate_verifies_nothing(mode: str) -> None:
    context = tls.context({"sslmode": mode})
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_verification_without_a_root_certificate_is_refused(mode: str) -> None:
    with pytest.raises(ValueError, match="sslrootcert"):
        tls.context({"sslmode": mode})


@pytest.mark.parametrize(
    ("mode", "name_checked"), [("require", False), ("verify-ca", False), ("verify-full", True)]
)
def test_root_certificate_enables_verification_of_the_chain(
    mode: str, name_checked: bool, bundle: str
) -> None:
    context = tls.context({"sslmode": mode, "sslrootcert": bundle})
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, name_checked)


def test_prefer_does_not_verify_with_a_root_certificate(bundle: str) -> None:
    assert tls.context({"sslmode": "prefer", "sslrootcert": bundle}).verify_mode == ssl.CERT_NONE


def test_sslrootcert_system_verifies_chain_and_name() -> None:
    context = tls.context({"sslrootcert": "system"})
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_default_mode_is_prefer() -> None:
    assert tls.mode({}) == "prefer"


def test_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="sslmode=on"):
        tls.mode({"sslmode": "on"})


def test_minimum_version_is_tls_1_2() -> None:
    assert tls.context({}).minimum_version == ssl.TLSVersion.TLSv1_2
    newest = tls.context({"ssl_min_protocol_version": "TLSv1.3"})
    assert newest.minimum_version == ssl.TLSVersion.TLSv1_3


def test_missing_root_certificate_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        tls.context({"sslmode": "verify-full", "sslrootcert": str(tmp_path / "none.crt")})
