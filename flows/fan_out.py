"""Share work out: in chunks, one task each, in this process or in several."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from prefect import Task
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner

import config as configuration
from config.schema import Engine
from flows import show
from tasks.model import Refused

# A promise or a source by its id, or a promise with a period.
Wanted = str | tuple[str, str]


def spread(task: Task[..., list[Any]], what: str, wanted: Sequence[Wanted], **more: Any) -> list[Any]:
    """Return what `task(wanted=…, **more)` makes of all that is wanted, a chunk at a time, in their order.

    engine.toml says how many make a chunk, and which processes share them: some beside the flow's own, which needs
    nothing installed or running, or the workers of a Dask cluster on other machines. Few get a task each, so that
    Prefect's pages name them.
    """
    engine = configuration.load().engine
    many = len(wanted) >= engine.from_promises
    size = engine.chunk if many else 1
    chunks = [list(wanted[start : start + size]) for start in range(0, len(wanted), size)]
    tasks = [task.with_options(task_run_name=f"{what} {_name(chunk)}") for chunk in chunks]
    if not many or len(chunks) < 2 or (engine.processes < 2 and not engine.dask):
        names = show.progress(what.capitalize(), [_name(chunk) for chunk in chunks])
        made = [run(wanted=chunk, **more) for run, chunk, _ in zip(tasks, chunks, names, strict=True)]
        return [one for part in made for one in part]
    with _runner(engine, len(chunks)) as runner:
        futures = [runner.submit(run, {"wanted": chunk, **more}) for run, chunk in zip(tasks, chunks, strict=True)]
        return [one for future in futures for one in future.result()]


def _runner(engine: Engine, chunks: int) -> TaskRunner[Any]:
    """Return what runs the chunks side by side; Refused where Dask is asked for and not installed."""
    if not engine.dask:
        return ProcessPoolTaskRunner(max_workers=min(engine.processes, chunks))
    try:
        made: TaskRunner[Any] = import_module("prefect_dask").DaskTaskRunner(address=engine.dask)
    except ModuleNotFoundError:
        raise Refused("LOFTESKOLL_DASK är satt, men prefect-dask saknas: pip install lofteskoll[dask].") from None
    return made


def _name(chunk: Sequence[Wanted]) -> str:
    first, last = (one if isinstance(one, str) else " ".join(one) for one in (chunk[0], chunk[-1]))
    return first if len(chunk) == 1 else f"{first} – {last} ({len(chunk)})"
