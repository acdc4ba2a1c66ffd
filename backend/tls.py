"""Translates libpq's TLS parameters to Python's ssl module, for pg8000."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

USER_FILES = Path("~/.postgresql")  # libpq's default folder, if a URL names no file
DEBIAN_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
VERSIONS = {"TLSv1.3": ssl.TLSVersion.TLSv1_3}  # the default and the minimum is 1.2


def mode(parameters: Mapping[str, str]) -> str:
    """The effective sslmode; verify-full is the default with sslrootcert=system."""
    default = "verify-full" if parameters.get("sslrootcert") == "system" else "prefer"
    wanted = parameters.get("sslmode", default)
    if wanted not in MODES:
        raise ValueError(f"sslmode={wanted} must be one of: {', '.join(MODES)}")
    return wanted


def context(parameters: Mapping[str, str]) -> ssl.SSLContext:
    """A TLS context with libpq's meaning of `sslmode`.

    Up to `require` it encrypts without verification, except that a root certificate makes `require`
    mean `verify-ca`; only `verify-full` checks the host name. Raises ValueError or OSError if a
    parameter is invalid.
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
            f"sslmode={mode(parameters)} requires a root certificate: add sslrootcert=system, "
            "or sslrootcert= with the file from the database's provider"
        )
    if root == "system":
        made.load_default_certs()
    else:
        made.load_verify_locations(root)
    if revoked := _file(parameters, "sslcrl", "root.crl"):
        made.load_verify_locations(revoked)
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def _file(parameters: Mapping[str, str], name: str, default: str) -> str | None:
    """The file that a parameter names, or libpq's default if that exists."""
    if name in parameters:
        return parameters[name]
    path = USER_FILES.expanduser() / default
    return str(path) if path.is_file() else None


def system_bundle() -> str:
    """The file of the system's certificate authorities, for a libpq that does not find it."""
    paths = ssl.get_default_verify_paths()
    return os.environ.get("SSL_CERT_FILE") or paths.cafile or DEBIAN_BUNDLE
