"""When the results of a poll may be seen, and the key that shows them earlier."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Server-side defaults, because the previous release still creates polls.
COLUMNS = (
    sa.Column("results", sa.Text, nullable=False, server_default="always"),
    sa.Column(
        "viewing_key",
        sa.Text,
        nullable=False,
        server_default=sa.text("replace(gen_random_uuid()::text, '-', '')"),
    ),
)


def upgrade() -> None:
    for column in COLUMNS:
        op.add_column("polls", column)


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_column("polls", column.name)
