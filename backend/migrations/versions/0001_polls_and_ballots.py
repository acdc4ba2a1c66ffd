"""Polls and ballots."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "polls",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("options", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("multiple", sa.Boolean, nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Column("manage_key_hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ballots",
        sa.Column(
            "poll_id", sa.Text, sa.ForeignKey("polls.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("voter", sa.LargeBinary, primary_key=True),
        sa.Column("choices", sa.ARRAY(sa.SmallInteger), nullable=False),
        sa.Column(
            "cast_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
    )


def downgrade() -> None:
    op.drop_table("ballots")
    op.drop_table("polls")
