"""The installed nginx: its version, its build options and its modules."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from demijohn.common.exit_codes import CommandError, Exit


@dataclass(frozen=True)
class NginxProgram:
    """An nginx program; `build` is the output of `nginx -V`."""

    path: str
    version: str
    build: str

    @classmethod
    def find(cls, name: str) -> "NginxProgram":
        """Look for `name` on PATH and in Debian's folders. Raises CommandError(78)."""
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if not path:
            raise CommandError(
                Exit.CONFIGURATION,
                f"no nginx at {name!r}. Install it, or name it with NGINX_PROGRAM.",
            )
        build = subprocess.run([path, "-V"], capture_output=True, text=True, check=False).stderr
        version = re.search(r"nginx version: \w+/(\S+)", build)
        if not version:
            raise CommandError(Exit.CONFIGURATION, f"{path} is not nginx. Correct NGINX_PROGRAM.")
        return cls(path, version[1], build)

    def check(self, run_dir: Path) -> None:
        """Raise CommandError(78) with Nginx's message if it rejects the configuration."""
        words = [self.path, "-t", "-q", "-p", str(run_dir), "-c", "nginx.conf", "-e", "stderr"]
        done = subprocess.run(words, capture_output=True, text=True, cwd=run_dir, check=False)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "[emerg]" in line]
            reason = re.sub(r"^.*?\[emerg\] (\d+#\d+: )?", "", errors[0]) if errors else done.stderr
            raise CommandError(
                Exit.CONFIGURATION, f"Nginx rejects its configuration: {reason.strip()}."
            )

    @property
    def gzip_static(self) -> bool:
        return "--with-http_gzip_static_module" in self.build

    def brotli_modules(self) -> list[Path]:
        """The two brotli modules (filter and static), or none if one of them is missing."""
        folder = re.search(r"--modules-path=(\S+)", self.build)
        if not folder:
            return []
        modules = [
            Path(folder[1]) / f"ngx_http_brotli_{name}_module.so" for name in ("filter", "static")
        ]
        return modules if all(module.is_file() for module in modules) else []
