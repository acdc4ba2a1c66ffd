"""One poll a manage key: a request to create one that is sent again finds what it has created."""

from alembic import op

revision = "0003"
down_revision = "0002"

# The release before this one draws each key of 192 bits, so that it never meets the index.
INDEX = "polls_manage_key_hash"


def upgrade() -> None:
    op.create_index(INDEX, "polls", ["manage_key_hash"], unique=True)


def downgrade() -> None:
    op.drop_index(INDEX, "polls")
