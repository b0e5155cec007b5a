"""Alembic's entry: runs the migrations on the connection that the store hands over."""

from typing import Literal

from alembic import context

from tasks.store.tables import Moment, metadata


def _plain(_kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our own column type as what the database sees, so that old migrations need no code of ours."""
    return "sa.DateTime(timezone=True)" if isinstance(item, Moment) else False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=_plain)
with context.begin_transaction():
    context.run_migrations()
