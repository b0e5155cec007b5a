"""What a run leaves in Prefect for ops to look at: what came, what changed, what is covered, and where to go on.

Made of ids, figures that may be told and words of ours. What a source or a channel said stands in the review
application, never here. What is shown never stops what is done.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec

from prefect.artifacts import create_markdown_artifact, create_table_artifact

import config as configuration
from flows import show, told
from flows.overview import PUBLICATION_STATES, Line, line, overview
from flows.review.asked import open_questions
from tasks.draft import Drafted
from tasks.model import Draft, Fetch, Publication
from tasks.periods import local_date, moment, period, span_name
from tasks.reconcile import Reconciled
from tasks.store import Store, drafts

_P = ParamSpec("_P")
Rows = Sequence[dict[str, Any]]


def _never_in_the_way(make: Callable[_P, None]) -> Callable[_P, None]:
    @wraps(make)
    def made(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            make(*args, **kwargs)
        except Exception as error:
            logging.getLogger(__name__).warning("No artifact (%s): %s", make.__name__, type(error).__name__)

    return made


@_never_in_the_way
def of_collect(found: Sequence[Fetch]) -> None:
    """Leave a table of what each source answered."""
    config = configuration.load()
    rows = [
        {
            "källa": config.source(f.source).name,
            "svar": show.OUTCOMES[f.outcome],
            "uppgifter": f.records,
            "nya": f.new,
            "ändrade": f.changed,
            "karantän": f.quarantined,
        }
        for f in found
    ]
    _table("hamtat", rows, "Vad varje källa svarade.")


@_never_in_the_way
def of_reconcile(found: Sequence[Reconciled]) -> None:
    """Leave a table of what each promise's reconciliation found."""
    rows = [
        {
            "löfte": r.promise,
            "uppgifter": r.records,
            "tolkningar": r.readings,
            "aktiviteter": r.activities,
            "frågor": r.questions,
        }
        for r in found
    ]
    _table("avstamt", rows, "Vad avstämningen fann.")


@_never_in_the_way
def of_drafts(made: Sequence[Drafted], now: datetime) -> None:
    """Leave a table of what was drafted and, where they are few, a page for each that is new or moved."""
    if not made:
        return
    rows = [
        {
            "löfte": d.promise,
            "period": d.period,
            "utgåva": d.edition,
            "resultat": show.DRAFTS[d.outcome],
            "luckor": d.gaps,
            "ändrade siffror": len(d.changes),
            "ögonblicksbild": d.snapshot_sha256[:12],
        }
        for d in made
    ]
    _table("utkast", rows, "Vad utkasten blev.")
    moved = [d for d in made if d.outcome in ("new", "revised", "correction")]
    if len(moved) < configuration.load().engine.from_promises:
        for one in moved:
            _page(one, now)


def _page(made: Drafted, now: datetime) -> None:
    config = configuration.load()
    promise = config.promises[made.promise]
    current = period(promise, made.period)
    with Store(config.database).reading() as db:
        draft = drafts.latest(db, made.promise, made.period)
        stands = line(db, config, promise, current, local_date(now), len(open_questions(db, promise).questions))
    if draft is None:
        return
    found = told.moved(promise, made)
    changes = [f"- {what}: {old or '–'} → {new or '–'}" for what, old, new in (*found.numbers, *found.statuses)]
    parts = [
        f"# {promise.title}, {current.name}: {show.DRAFTS[made.outcome]}",
        f"Utgåva {made.edition}. {_link(config.address, f'/utkast/{draft.id}', 'Öppna utkastet')}",
        "## Vad som ändrades",
        "\n".join(changes) or "Inga siffror som redovisas.",
        "## Hur långt den har kommit",
        _markdown(["steg", "läge"], [(c.stage, c.word) for c in (*stands.steps, *stands.channels)]),
        "## Täckning",
        _coverage(draft),
    ]
    _keep(f"utkast-{made.promise}-{made.period}", "\n\n".join(parts))


def _coverage(draft: Draft) -> str:
    return _markdown(
        ["källa", "senast hörd", "luckor"],
        [
            (
                c.name,
                moment(c.last_good) if c.last_good else "aldrig",
                ", ".join(f"{span_name(g.start, g.end)} ({g.reason})" for g in c.gaps) or "inga",
            )
            for c in draft.followup.coverage
        ],
    )


@_never_in_the_way
def of_publish(rows: Sequence[Publication]) -> None:
    """Leave a table of what was sent or looked for, with links; nothing where nothing was due."""
    if not rows:
        return
    config = configuration.load()
    names = {c.id: c.name for m in config.municipalities.values() for c in m.channels}
    told_of = [
        {
            "löfte": r.promise,
            "period": r.period,
            "utgåva": r.edition,
            "kanal": names.get(r.channel, r.channel),
            "läge": PUBLICATION_STATES[r.state],
            "länk": r.url or "",
        }
        for r in rows
    ]
    more = _link(config.address, "/publiceringar", "Öppna Publiceringar")
    _table("publicerat", told_of, f"Vad som sändes eller letades upp. {more}")


@_never_in_the_way
def of_overview(now: datetime) -> None:
    """Leave the board: every period with its steps, every source, every alarm."""
    config = configuration.load()
    with Store(config.database).reading() as db:
        seen = overview(db, config, now)
    lines = [(x.promise.slug, x.period.name, _steps(x)) for x in seen.lines]
    raised = [(a.what.splitlines()[0], a.mend) for a in seen.alarms]
    parts = [
        f"# Läget {moment(now)}",
        _link(config.address, "/", "Öppna översikten"),
        _markdown(["löfte", "period", "läge"], lines),
        _markdown(["källa", "läge"], [(h.source.name, _MARKS[h.tone] + h.said) for h in seen.health]),
        _markdown(["larm", "gör så här"], raised) if raised else "Inga larm.",
    ]
    _keep("laget", "\n\n".join(p for p in parts if p))


@_never_in_the_way
def of_rehearsal(promise: str, key: str, words: str) -> None:
    """Leave what a run would change."""
    _keep(f"prov-{promise}-{key}", f"# Provkörning av {promise} {key}\n\n{words}\n\nIngenting har sparats.")


# Whether it is well, since why it isn't may quote a source.
_MARKS = {"ok": "", "none": "", "act": "Behöver någon. "}


def _steps(row: Line) -> str:
    return row.waits or ", ".join(f"{c.stage}: {c.word}" for c in (*row.steps, *row.channels))


def _table(key: str, rows: Rows, words: str) -> None:
    create_table_artifact(key=key, table=list(rows), description=words)


def _keep(key: str, text: str) -> None:
    create_markdown_artifact(key=re.sub(r"[^a-z0-9-]+", "-", key.lower()), markdown=text)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; a bar or a line break in a cell would begin another one."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(re.sub(r"\s*[|\n]\s*", " ", cell) for cell in each) + " |" for each in lines)


def _link(address: str, path: str, words: str) -> str:
    return f"[{words}]({address}{path})" if address else ""
