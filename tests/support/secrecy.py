"""Secrets, which no log line and no response may contain."""

import base64
import re
from urllib.parse import quote, unquote

SECRET_KEY = "signs-cookies-and-must-not-show"
SHORTEST = 6  # a shorter password occurs in any text by chance


def secrets_of(settings: dict[str, str]) -> list[str]:
    """The secrets in the settings: the passwords of the databases and SECRET_KEY."""
    found = [settings.get("SECRET_KEY") or "", settings.get("PGPASSWORD") or ""]
    urls = [settings.get(name) or "" for name in ("DATABASE_URL", "RELEASE_DATABASE_URL")]
    logins = [re.match(r"\w+://[^:/@]*:(.*)@", url) for url in urls]
    found += [unquote(login[1]) for login in logins if login]
    return [secret for secret in found if len(secret) >= SHORTEST]


def assert_no_secret(secrets: list[str], text: str) -> None:
    """Fail if `text` contains one of the secrets: plain, URL-encoded or in base 64."""
    for secret in secrets:
        forms = {secret, quote(secret), quote(secret, safe=""), repr(secret)[1:-1]}
        forms |= {base64.b64encode(secret.encode()).decode().rstrip("=")}
        shown = [line for line in text.splitlines() if any(form in line for form in forms)]
        assert not shown, f"a secret is shown: {shown}"
