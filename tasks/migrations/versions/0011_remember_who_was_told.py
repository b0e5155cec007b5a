"""Who was told of an alarm: one who didn't get it is told later, whoever else did."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the layout one step forward: what was told until now was told to all."""
    op.create_table(
        "alarm_tellings",
        sa.Column("alarm_id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("solved", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_alarm_tellings_alarm_id_alarms")),
        sa.PrimaryKeyConstraint("alarm_id", "recipient", name=op.f("pk_alarm_tellings")),
    )
    op.execute(
        "INSERT INTO alarm_tellings (alarm_id, recipient, level, solved) "
        "SELECT id, '', told_level, solved_told FROM alarms WHERE told_level IS NOT NULL"
    )
    op.drop_column("alarms", "told_level")
    op.drop_column("alarms", "solved_told")


def downgrade() -> None:
    """Take the step back: what one was told counts as told to all."""
    op.add_column("alarms", sa.Column("told_level", sa.Integer(), nullable=True))
    op.add_column("alarms", sa.Column("solved_told", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    told = "FROM alarm_tellings WHERE alarm_tellings.alarm_id = alarms.id"
    op.execute(f"UPDATE alarms SET told_level = (SELECT max(level) {told})")  # noqa: S608 - our own words
    op.execute(f"UPDATE alarms SET solved_told = true WHERE EXISTS (SELECT 1 {told} AND solved)")  # noqa: S608
    op.drop_table("alarm_tellings")
