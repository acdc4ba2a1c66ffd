"""One poll per manage key, so that a repeated request to create a poll finds the first one."""

from alembic import op

revision = "0003"
down_revision = "0002"

# The previous release generates keys of 192 random bits, so that it never violates the index.
INDEX = "polls_manage_key_hash"


def upgrade() -> None:
    op.create_index(INDEX, "polls", ["manage_key_hash"], unique=True)


def downgrade() -> None:
    op.drop_index(INDEX, "polls")
