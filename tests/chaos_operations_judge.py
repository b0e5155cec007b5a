"""What an installation holds in the end, from outside, against what one holds to which nothing ever happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tasks.model import digest
from tasks.store import Db, Store, drafts
from tasks.store.tables import (
    alarm_tellings,
    alarms,
    approvals,
    draft_blocks,
    history,
    orders,
    outputs,
    payloads,
    publications,
    quarantine,
    readings,
    records,
    runs,
)
from tasks.store.tables import drafts as drafts_table
from tests.chaos_operations_outside import Outside

Kept = dict[str, Counter[Hashable]]
# What is said of a publication on its way may be said more than once; how it ended is in the outbox.
_ON_THE_WAY = (
    "uncertain",
    "handed_over",
    "preparing",
    "prepared",
    "sending",
    "pending",
    "session_begun",
    "session_ended",
    "shared",
)


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong: its kind (lost, twice, wrong_state, stuck) and what it is."""

    kind: str
    what: str


def kept(store: Store) -> Kept:
    """Return all that must be there once, by kind."""
    with store.reading() as db:
        made = {
            "records": _rows(db, records, "id", "version", "content_sha256"),
            "payloads": _rows(db, payloads, "source", "sha256"),
            "quarantine": _rows(db, quarantine, "source", "payload_sha256", "row"),
            "readings": _rows(db, readings, "promise", "record_id", "commitment", "state"),
            "drafts": _rows(db, drafts_table, "promise", "period", "edition", "revision", "state"),
            "texts": _rows(db, draft_blocks, "draft_id", "template", "part", "generated", "edited"),
            "approvals": _rows(db, approvals, "draft_id", "revision", "party", "who", "verdict"),
            "publications": _rows(db, publications, "promise", "period", "edition", "channel", "state"),
            "files": _rows(db, outputs, "draft_id", "revision", "channel", "name"),
        }
        made["figures"] = Counter(
            (h.promise, h.period, h.edition, figure.token, figure.text)
            for h in drafts.headings(db)
            for found in [drafts.draft(db, h.id)]
            if found
            for figure in found.followup.figures
        )
        told = db.execute(select(history.c.action, history.c.promise, history.c.period, history.c.detail))
        made["history"] = Counter(
            (r.action, r.promise, r.period, r.detail.get("edition"), r.detail.get("channel"))
            for r in told
            if r.action not in _ON_THE_WAY
        )
    return made


def differences(wanted: Kept, found: Kept) -> list[Wrong]:
    """Return what is lost, there twice, or otherwise than it should be."""
    wrong = []
    for kind in wanted:
        missing, extra = wanted[kind] - found[kind], found[kind] - wanted[kind]
        twice = [one for one in extra if one in wanted[kind]]
        other = [one for one in extra if one not in wanted[kind]]
        wrong += [Wrong("twice", f"{kind}: {_short(one)}") for one in twice]
        if other:
            more = f" (och {len(other) - 1} till)" if len(other) > 1 else ""
            wrong.append(Wrong("wrong_state", f"{kind}: {_short(other[0])} i stället för {_some(missing)}{more}"))
        else:
            wrong += [Wrong("lost", f"{kind}: {_short(one)}") for one in missing]
    return wrong


def standing(store: Store, published: Path, outside: Outside, cut_short: int = 0) -> list[Wrong]:
    """Return what is wrong with an installation at rest; `cut_short` is how often its telling of alarms was broken."""
    with store.reading() as db:
        return [*_stuck(db), *_pages(db, published), *_alarms(db, outside.told(), cut_short)]


def _stuck(db: Db) -> list[Wrong]:
    found = [
        Wrong("stuck", f"körningen {r.stage} {r.subject}: {r.outcome} {r.message}")
        for r in db.execute(select(runs).where(runs.c.outcome != "done"))
    ]
    moving = ("pending", "preparing", "prepared", "sending", "uncertain", "refused")
    found += [
        Wrong("stuck", f"{r.channel}: {r.state} {r.message} not_before={r.not_before}")
        for r in db.execute(select(publications).where(publications.c.state.in_(moving)))
    ]
    waiting = db.execute(select(orders).where(orders.c.state.in_(["waiting", "running"])))
    return [*found, *(Wrong("stuck", f"beställning {r.id}: {r.state}") for r in waiting)]


def _pages(db: Db, published: Path) -> list[Wrong]:
    """Hold every file that readers can fetch against the approved bytes."""
    wrong = []
    for row in db.execute(select(publications).where(publications.c.state.in_(["published", "handed_over"]))):
        folder = published / row.channel
        if not row.channel.endswith(".se"):
            continue
        for output in drafts.rendered(db, row.draft_id, row.revision, row.channel):
            file = folder / output.name
            if not file.is_file():
                wrong.append(Wrong("lost", f"{row.channel}: {output.name} finns inte"))
            elif digest(file.read_bytes()) != digest(output.body):
                wrong.append(Wrong("wrong_state", f"{row.channel}: {output.name} är inte det godkända"))
    left = [str(p.relative_to(published)) for p in published.rglob("*.tmp")] if published.is_dir() else []
    return [*wrong, *(Wrong("wrong_state", f"kvarlämnad fil {name}") for name in left)]


def _alarms(db: Db, told: Iterable[str], cut_short: int) -> list[Wrong]:
    """Each alarm is told once, and once when it is solved; nothing that is over stands.

    Whoever dies between telling and noting it leaves it to be told once more: better twice than never.
    """
    raised = Counter(r.what for r in db.execute(select(alarms.c.what)))
    wrong = []
    for title, times in Counter(told).items():
        allowed = raised[title.removeprefix("Löst: ")]
        if times > max(1, allowed) + cut_short:
            wrong.append(Wrong("twice", f"larmet sades {times} gånger: {title}"))
    for r in db.execute(select(alarms)):
        if r.solved_at is None and r.key.startswith(("run/", "source/", "publication/")):
            wrong.append(Wrong("wrong_state", f"larmet står kvar: {r.what}"))
    heard = select(alarms.c.what).join(alarm_tellings).where(alarms.c.solved_at.is_not(None), ~alarm_tellings.c.solved)
    wrong += [Wrong("lost", f"någon fick inte veta att det är löst: {r.what}") for r in db.execute(heard)]
    return wrong


def _rows(db: Db, table: Any, *columns: str) -> Counter[Hashable]:
    return Counter(tuple(row) for row in db.execute(select(*(table.c[name] for name in columns))))


def _short(one: Hashable) -> str:
    return " ".join(str(one).split())[:300]


def _some(missing: Counter[Hashable]) -> str:
    return "; ".join(_short(one) for one in list(missing)[:2]) or "ingenting"
