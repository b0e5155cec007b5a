"""What else may go on while a thread waits for the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

# SQLite takes its one write lock at the start of a transaction; PostgreSQL row by row, and where one is asked for.
_SQLITE = re.compile(r"^BEGIN")
_POSTGRESQL = re.compile(r"^\s*(?!SELECT)|FOR UPDATE|pg_advisory")


def wrap(engine: Engine, waiting: Callable[[], AbstractContextManager[None]]) -> None:
    """Enter `waiting()` around each new connection and around each statement that may wait for a lock.

    An answer to a plain question comes within a millisecond: to queue up again after each costs more than it gives.
    """
    locking = _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, _record: Any, given: Any, named: Any) -> Any:
        with waiting():
            return dialect.loaded_dbapi.connect(*given, **named)

    @event.listens_for(engine, "do_execute")
    def _execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        if not locking.search(statement):
            return False
        with waiting():
            context.dialect.do_execute(cursor, statement, parameters, context)
        return True
