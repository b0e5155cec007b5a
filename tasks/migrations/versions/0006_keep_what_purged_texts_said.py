"""What was derived from a text before the text was purged."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the layout one step forward."""
    op.add_column("records", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "kept_readings",
        sa.Column("promise", sa.String(length=80), nullable=False),
        sa.Column("record_id", sa.String(length=300), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.String(length=8), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("promise", "record_id", "record_version", "commitment", name=op.f("pk_kept_readings")),
    )
    op.create_table(
        "kept_pairs",
        sa.Column("promise", sa.String(length=80), nullable=False),
        sa.Column("commitment", sa.String(length=8), nullable=False),
        sa.Column("left", sa.String(length=300), nullable=False),
        sa.Column("right", sa.String(length=300), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.CheckConstraint('"left" < "right"', name=op.f("ck_kept_pairs_in_order")),
        sa.PrimaryKeyConstraint("promise", "commitment", "left", "right", name=op.f("pk_kept_pairs")),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("kept_pairs")
    op.drop_table("kept_readings")
    op.drop_column("records", "purged_at")
