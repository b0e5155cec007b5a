"""What a promise's readings were derived from, so that they are derived anew only where something changed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the layout one step forward."""
    op.create_table(
        "derivations",
        sa.Column("promise", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inputs", sa.String(length=64), nullable=False),
        sa.Column("shared", sa.JSON(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("activities", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("promise", name=op.f("pk_derivations")),
    )
    op.create_index(
        "ix_records_ahead",
        "records",
        ["source", "published_at"],
        unique=False,
        sqlite_where=sa.text("published_at > seen_at"),
        postgresql_where=sa.text("published_at > seen_at"),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_records_ahead", table_name="records")
    op.drop_table("derivations")
