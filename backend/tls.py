"""libpq's TLS parameters, as Python's ssl module has them, for the driver that has none itself."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

USER_FILES = Path("~/.postgresql")  # where libpq looks where a URL names no file
DEBIAN_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
VERSIONS = {"TLSv1.3": ssl.TLSVersion.TLSv1_3}  # nothing below 1.2, which is the default


def mode(parameters: Mapping[str, str]) -> str:
    """The sslmode that holds: verify-full where the system's authorities are trusted."""
    default = "verify-full" if parameters.get("sslrootcert") == "system" else "prefer"
    wanted = parameters.get("sslmode", default)
    if wanted not in MODES:
        raise ValueError(f"sslmode={wanted} must be one of: {', '.join(MODES)}")
    return wanted


def context(parameters: Mapping[str, str]) -> ssl.SSLContext:
    """A context for TLS with libpq's meaning of `sslmode`.

    Up to `require` it encrypts and verifies nothing, unless there is a root certificate, which
    makes `require` mean `verify-ca`; only `verify-full` checks the host's name.
    Raises ValueError or OSError if the parameters cannot be met.
    """
    root = _file(parameters, "sslrootcert", "root.crt")
    verified = mode(parameters).startswith("verify-") or (mode(parameters) == "require" and root)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = mode(parameters) == "verify-full"
    made.verify_mode = ssl.CERT_REQUIRED if verified else ssl.CERT_NONE
    made.minimum_version = VERSIONS.get(
        parameters.get("ssl_min_protocol_version", ""), ssl.TLSVersion.TLSv1_2
    )
    if verified:
        _trust(made, root, parameters)
    if certificate := _file(parameters, "sslcert", "postgresql.crt"):
        key = _file(parameters, "sslkey", "postgresql.key")
        made.load_cert_chain(certificate, key, parameters.get("sslpassword"))
    return made


def _trust(made: ssl.SSLContext, root: str | None, parameters: Mapping[str, str]) -> None:
    if root is None:
        raise ValueError(
            f"sslmode={mode(parameters)} needs a root certificate: add sslrootcert=system, "
            "or sslrootcert= with the file that the database's provider offers"
        )
    if root == "system":
        made.load_default_certs()
    else:
        made.load_verify_locations(root)
    if revoked := _file(parameters, "sslcrl", "root.crl"):
        made.load_verify_locations(revoked)
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def _file(parameters: Mapping[str, str], name: str, default: str) -> str | None:
    """The file that a parameter names, or libpq's own default where that exists."""
    if name in parameters:
        return parameters[name]
    path = USER_FILES.expanduser() / default
    return str(path) if path.is_file() else None


def system_bundle() -> str:
    """The system's authorities in one file, for a libpq whose OpenSSL looks elsewhere."""
    paths = ssl.get_default_verify_paths()
    return os.environ.get("SSL_CERT_FILE") or paths.cafile or DEBIAN_BUNDLE
