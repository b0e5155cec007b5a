"""Proposed corrections that both parties gave up."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the layout one step forward."""
    op.create_table(
        "dropped_drafts",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_dropped_drafts_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_dropped_drafts")),
    )


def downgrade() -> None:
    """Take the step back: what was given up is an open proposal again."""
    op.drop_table("dropped_drafts")
