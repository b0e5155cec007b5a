"""What else may go on while a thread waits for the database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


def wrap(engine: Engine, waiting: Callable[[], AbstractContextManager[None]]) -> None:
    """Enter `waiting()` around each new connection and around each statement, which may have to wait for a lock."""

    @event.listens_for(engine, "do_connect")
    def _connect(dialect: Any, _record: Any, given: Any, named: Any) -> Any:
        with waiting():
            return dialect.loaded_dbapi.connect(*given, **named)

    @event.listens_for(engine, "do_execute")
    def _execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        with waiting():
            context.dialect.do_execute(cursor, statement, parameters, context)
        return True

    @event.listens_for(engine, "do_executemany")
    def _executemany(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        with waiting():
            context.dialect.do_executemany(cursor, statement, parameters, context)
        return True
