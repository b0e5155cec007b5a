"""Take publications back: retractions, the states on the way back, and preparing as a state of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OUT = ("pending", "prepared", "sending", "published", "handed_over", "uncertain", "refused", "stopped")
_MORE = ("preparing", "retracting", "retracted", "by_hand")


def upgrade() -> None:
    """Bring the layout one step forward."""
    op.create_table(
        "retractions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("promise", sa.String(length=80), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('error', 'secrecy', 'duplicate', 'withdrawn')", name=op.f("ck_retractions_reason_known")
        ),
        sa.CheckConstraint("party IN ('police', 'municipality')", name=op.f("ck_retractions_party_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retractions")),
        sa.UniqueConstraint("promise", "period", "edition", name=op.f("uq_retractions_promise_period_edition")),
    )
    _guard("retractions")
    _states((*_OUT, *_MORE), "lease_while_sending", "lease_while_at_work", "state IN ('preparing', 'sending')")


def downgrade() -> None:
    """Take the layout one step back; a row on its way back becomes one that a person has stopped."""
    op.execute("UPDATE publications SET state = 'stopped' WHERE state IN ('retracting', 'retracted', 'by_hand')")
    op.execute("UPDATE publications SET state = 'pending', lease_until = NULL WHERE state = 'preparing'")
    _states(_OUT, "lease_while_at_work", "lease_while_sending", "state = 'sending'")
    op.drop_table("retractions")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION retractions_append_only()")


def _states(allowed: tuple[str, ...], old_lease: str, new_lease: str, at_work: str) -> None:
    listed = ", ".join(f"'{state}'" for state in allowed)
    with op.batch_alter_table("publications") as batch:
        batch.drop_constraint(op.f("ck_publications_state_known"), type_="check")
        batch.drop_constraint(op.f(f"ck_publications_{old_lease}"), type_="check")
        batch.create_check_constraint(op.f("ck_publications_state_known"), f"state IN ({listed})")
        batch.create_check_constraint(op.f(f"ck_publications_{new_lease}"), f"({at_work}) = (lease_until IS NOT NULL)")


def _guard(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
