"""Share work out: in chunks, one task each, in this process or in several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect import Task
from prefect.task_runners import ProcessPoolTaskRunner

import config as configuration
from flows import show

# A promise or a source by its id, or a promise with a period.
Wanted = str | tuple[str, str]


def spread(task: Task[..., list[Any]], what: str, wanted: Sequence[Wanted], **more: Any) -> list[Any]:
    """Return what `task(wanted=…, **more)` makes of all that is wanted, a chunk at a time, in their order.

    engine.toml says how many make a chunk and how many processes share them. Few get a task each, so that Prefect's
    pages name them. Prefect's own pool of processes needs nothing installed or running beside it; several machines
    share the flows by a work pool.
    """
    engine = configuration.load().engine
    many = len(wanted) >= engine.from_promises
    size = engine.chunk if many else 1
    chunks = [list(wanted[start : start + size]) for start in range(0, len(wanted), size)]
    tasks = [task.with_options(task_run_name=f"{what} {_name(chunk)}") for chunk in chunks]
    if not many or min(engine.processes, len(chunks)) < 2:
        names = show.progress(what.capitalize(), [_name(chunk) for chunk in chunks])
        made = [run(wanted=chunk, **more) for run, chunk, _ in zip(tasks, chunks, names, strict=True)]
        return [one for part in made for one in part]
    with ProcessPoolTaskRunner(max_workers=min(engine.processes, len(chunks))) as runner:
        futures = [runner.submit(run, {"wanted": chunk, **more}) for run, chunk in zip(tasks, chunks, strict=True)]
        return [one for future in futures for one in future.result()]


def _name(chunk: Sequence[Wanted]) -> str:
    first, last = (one if isinstance(one, str) else " ".join(one) for one in (chunk[0], chunk[-1]))
    return first if len(chunk) == 1 else f"{first} – {last} ({len(chunk)})"
