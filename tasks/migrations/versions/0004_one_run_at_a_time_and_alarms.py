"""One run at a time for each piece of work; alarms that are told once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the layout one step forward."""
    op.create_table(
        "runs",
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=170), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("stage IN ('collect', 'reconcile', 'draft', 'watch')", name=op.f("ck_runs_stage_known")),
        sa.CheckConstraint("outcome IN ('running', 'done', 'failed')", name=op.f("ck_runs_outcome_known")),
        sa.CheckConstraint(
            "(outcome = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_runs_lease_while_running")
        ),
        sa.PrimaryKeyConstraint("stage", "subject", name=op.f("pk_runs")),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column("municipality", sa.String(length=80), server_default="", nullable=False),
        sa.Column("party", sa.String(length=12), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_level", sa.Integer(), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(
        "uq_alarms_open",
        "alarms",
        ["key"],
        unique=True,
        sqlite_where=sa.text("solved_at IS NULL"),
        postgresql_where=sa.text("solved_at IS NULL"),
    )


def downgrade() -> None:
    """Take the layout one step back; open alarms are raised again by the next look."""
    op.drop_table("alarms")
    op.drop_table("runs")
