"""The migrations that are found if MIGRATION_COMMAND is not set."""

from pathlib import Path

import pytest
from demijohn.config.settings import load

URL = {"DATABASE_URL": "postgres://u:p@h/d", "DEMIJOHN_DOTENV": ""}


@pytest.mark.parametrize(
    ("files", "given", "expected"),
    [
        (["migrations/alembic.ini"], {}, ("flask db upgrade", "migrations/versions")),
        ([], {}, ("", "")),
        (["migrations/alembic.ini"], {"MIGRATION_COMMAND": "flask --app x db upgrade"},
         ("flask --app x db upgrade", "migrations/versions")),
        # Its second part may be needed at every deploy.
        (["migrations/alembic.ini"], {"MIGRATION_COMMAND": "sh -c 'flask db upgrade; flask seed'"},
         ("sh -c 'flask db upgrade; flask seed'", "")),
        (["migrations/alembic.ini"], {"ALEMBIC_VERSIONS": "db/versions"},
         ("flask db upgrade", "db/versions")),
    ],
)  # fmt: skip
def test_migrations_are_found_where_alembic_and_flask_migrate_put_them(
    tmp_path: Path, files: list[str], given: dict[str, str], expected: tuple[str, str]
) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    config = load(URL | {"APP_DIR": str(tmp_path)} | given)
    assert (config.migration_command, config.alembic_versions) == expected
