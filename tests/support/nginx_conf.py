"""The texts of nginx.conf's error responses."""

import re

from local.steps import ROOT


def error_texts(variable: str) -> dict[int, str]:
    """The values of `map $status $variable`, by status."""
    text = (ROOT / "nginx.conf").read_text(encoding="utf-8")
    (body,) = re.findall(rf"map \$status \${variable} {{(.*?)}}", text, re.DOTALL)
    return {int(status): value for status, value in re.findall(r'(\d+) +"?([^";]+)"?;', body)}
