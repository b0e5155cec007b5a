"""Orders for how it was known on a day, and for sending in chosen channels."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('waiting', 'running')")


def upgrade() -> None:
    """Bring the layout one step forward."""
    op.drop_index("uq_orders_open", table_name="orders")
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("as_of", sa.Date(), nullable=True))
        orders.add_column(sa.Column("channels", sa.JSON(), nullable=True))
        orders.drop_constraint(op.f("ck_orders_kind_known"), type_="check")
        orders.create_check_constraint(
            op.f("ck_orders_kind_known"), "kind IN ('rehearsal', 'rerun', 'snapshot', 'sending')"
        )
        orders.create_check_constraint(op.f("ck_orders_day_of_snapshot"), "(kind = 'snapshot') = (as_of IS NOT NULL)")
    _one_open()


def downgrade() -> None:
    """Take the step back: what was ordered in the newer ways is forgotten."""
    op.execute("DELETE FROM orders WHERE kind IN ('snapshot', 'sending')")
    op.drop_index("uq_orders_open", table_name="orders")
    with op.batch_alter_table("orders") as orders:
        orders.drop_constraint(op.f("ck_orders_day_of_snapshot"), type_="check")
        orders.drop_constraint(op.f("ck_orders_kind_known"), type_="check")
        orders.create_check_constraint(op.f("ck_orders_kind_known"), "kind IN ('rehearsal', 'rerun')")
        orders.drop_column("channels")
        orders.drop_column("as_of")
    _one_open()


def _one_open() -> None:
    op.create_index(
        "uq_orders_open",
        "orders",
        ["promise", "period"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
