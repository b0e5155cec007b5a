"""What is rendered lies once under its hash, whatever revisions name it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_FIXED = "contents_fixed"


def upgrade() -> None:
    """Bring the layout one step forward."""
    op.create_table(
        "contents",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_contents")),
    )
    op.execute(
        # SQLite needs the WHERE to tell this ON from a join's.
        "INSERT INTO contents (sha256, body) SELECT sha256, body FROM outputs WHERE true ON CONFLICT DO NOTHING"
    )
    with op.batch_alter_table("outputs") as outputs:
        outputs.drop_column("body")
        outputs.create_foreign_key(op.f("fk_outputs_sha256"), "contents", ["sha256"], ["sha256"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {_FIXED} BEFORE UPDATE ON contents BEGIN SELECT RAISE(ABORT, 'contents never change'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {_FIXED}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'contents never change'; END $$"
    )
    op.execute(f"CREATE TRIGGER {_FIXED} BEFORE UPDATE ON contents FOR EACH STATEMENT EXECUTE FUNCTION {_FIXED}()")


def downgrade() -> None:
    """Take the step back: each revision has bytes of its own again."""
    with op.batch_alter_table("outputs") as outputs:
        outputs.drop_constraint(op.f("fk_outputs_sha256"), type_="foreignkey")
        outputs.add_column(sa.Column("body", sa.LargeBinary(), nullable=True))
    op.execute("UPDATE outputs SET body = (SELECT body FROM contents WHERE contents.sha256 = outputs.sha256)")
    with op.batch_alter_table("outputs") as outputs:
        outputs.alter_column("body", existing_type=sa.LargeBinary(), nullable=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {_FIXED}() CASCADE")
    op.drop_table("contents")
