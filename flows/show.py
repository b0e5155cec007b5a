"""What the command line prints: plain Swedish tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from config import Config
from flows.overview import PUBLICATION_STATES, Line, overview
from tasks.draft import Drafted
from tasks.model import Fetch, Publication, Refused
from tasks.periods import STOCKHOLM, period, swedish_date
from tasks.reconcile import Reconciled
from tasks.store import Store, records, runs
from tasks.store import publications as outbox

# No markup: a message may hold square brackets, and a source may hold anything.
console = Console(highlight=False, soft_wrap=True, markup=False)
OUTCOMES = {
    "ok": "hämtad",
    "unchanged": "inget nytt",
    "thinned": "ofullständigt svar",
    "empty": "tomt svar",
    "unavailable": "nåddes inte",
    "refused": "nekade",
    "unreadable": "gick inte att läsa",
}
DRAFTS = {
    "new": "nytt utkast",
    "revised": "ändrat utkast",
    "unchanged": "oförändrat",
    "correction": "förslag till rättelse",
    "retracted": "återkallad, inget nytt utkast",
    "frozen": "som känt då",
    "busy": "pågår redan",
}


def progress(what: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the names one by one, with a bar on a terminal and nothing in a log."""
    yield from track(names, description=what, console=console, transient=True, disable=not console.is_terminal)


def promise(config: Config, slug: str, key: str | None = None) -> None:
    """Raise Refused, naming the known ones, where a promise or its period does not exist."""
    if slug not in config.promises:
        raise Refused(f"Löftet {slug!r} finns inte. Välj något av: {', '.join(config.promises)}.")
    if key is not None:
        period(config.promises[slug], key)


def fetches(config: Config, found: Sequence[Fetch]) -> None:
    """Print what each source answered."""
    made = table("Källor", "källa", "svar", "uppgifter", "nya", "ändrade", "karantän")
    for fetch in found:
        name = config.source(fetch.source).name
        numbers = (str(n) for n in (fetch.records, fetch.new, fetch.changed, fetch.quarantined))
        made.add_row(name, OUTCOMES[fetch.outcome], *numbers)
    console.print(made)
    _remarks(_named(config, f) for f in found)
    _quarantined(config, [f.source for f in found if f.quarantined])


def _quarantined(config: Config, sources: Sequence[str]) -> None:
    with Store(config.database).reading() as db:
        for source in sources:
            for row in records.quarantined(db, source):
                console.print(f"  I karantän: {config.source(source).name}, rad {row.row}: {row.reason}")


def reconciled(found: Sequence[Reconciled]) -> None:
    """Print what each promise's reconciliation found."""
    made = table("Avstämning", "löfte", "uppgifter", "tolkningar", "aktiviteter", "frågor till en person")
    for row in found:
        made.add_row(row.promise, *(str(n) for n in (row.records, row.readings, row.activities, row.questions)))
    console.print(made)


def drafted(found: Sequence[Drafted]) -> None:
    """Print what drafting did, and every disclosed figure that moved."""
    if not found:
        console.print("Alla avslutade perioder har redan ett utkast.")
        return
    made = table("Utkast", "löfte", "period", "utgåva", "resultat", "luckor", "ögonblicksbild")
    for row in found:
        result = DRAFTS[row.outcome]
        made.add_row(row.promise, row.period, str(row.edition), result, str(row.gaps), row.snapshot_sha256[:12])
    console.print(made)
    for row in found:
        for token, before, now in row.changes:
            console.print(f"  {row.period} {token}: {before or '–'} → {now or '–'}")


def publications(config: Config, rows: Sequence[Publication]) -> None:
    """Print what came of each publication, and which follow-ups are not out everywhere yet."""
    if rows:
        made = table("Publicering", "period", "utgåva", "kanal", "läge")
        remarks = []
        for row in rows:
            name = _channel(config, row)
            made.add_row(row.period, str(row.edition), name, PUBLICATION_STATES[row.state])
            remarks.append(": ".join(part for part in (name, row.url, row.message) if part))
        console.print(made)
        _remarks(remarks)
    else:
        console.print("Inget att sända.")
    with Store(config.database).reading() as db:
        _remarks(_partly(config, outbox.listed(db)))


def _partly(config: Config, rows: Sequence[Publication]) -> Iterator[str]:
    """Yield a sentence for each newest edition that is out in some channels and not in others."""
    editions: dict[tuple[str, str], list[Publication]] = {}
    for row in rows:
        held = editions.setdefault((row.promise, row.period), [])
        if row.promise in config.promises:
            editions[row.promise, row.period] = [r for r in held if r.edition == row.edition] + [row]
    for (slug, key), found in editions.items():
        out = [r for r in found if r.state == "published"]
        rest = [
            f"{_channel(config, r)} ({PUBLICATION_STATES[r.state]})"
            for r in found
            if r.state not in ("published", "retracted")
        ]
        if out and rest:
            told = f"{len(out)} av {len(found)} kanaler. Kvar: {', '.join(rest)}."
            yield f"{slug} {key} är delvis publicerad, {told}"


def _channel(config: Config, row: Publication) -> str:
    named = {c.id: c.name for c in config.municipality_of(config.promises[row.promise]).channels}
    return named.get(row.channel, row.channel)


def unresolved(config: Config, rows: Sequence[Publication]) -> None:
    """Print what waits for a person's word, with the number by which `resolve` takes it."""
    if not rows:
        console.print("Inget väntar på att redas ut.")
        return
    made = table("Att reda ut", "nummer", "löfte", "period", "utgåva", "kanal", "läge")
    remarks = []
    for row in rows:
        name = _channel(config, row)
        made.add_row(str(row.id), row.promise, row.period, str(row.edition), name, PUBLICATION_STATES[row.state])
        remarks.append(": ".join(part for part in (f"{row.id} {name}", row.url, row.message) if part))
    console.print(made)
    _remarks(remarks)


def status(config: Config, only: str | None, now: datetime) -> None:
    """Print where every promise, period and source stands, as the board shows it."""
    with Store(config.database).reading() as db:
        seen, newest = overview(db, config, now, only), runs.newest(db)
    for line in seen.lines:
        made = table(f"{line.promise.slug} {line.period.id}, {_left(line)}", "steg", "läge")
        for cell in (*line.steps, *line.channels):
            made.add_row(cell.stage, cell.word)
        console.print(made if line.draft else Text(f"{made.title}: {line.waits}"))
    made = table("Källor", "källa", "läge")
    for health in seen.health:
        made.add_row(health.source.name, health.text)
    console.print(made)
    _quarantined(config, [s.id for s in config.all_sources()])
    _runs(newest, now)
    if seen.alarms:
        made = table("Det här behöver någon", "sedan", "vad", "gör så här")
        for alarm in seen.alarms:
            made.add_row(_local(alarm.since), alarm.what, alarm.mend)
        console.print(made)


def _left(line: Line) -> str:
    due = f"senast klar {swedish_date(line.period.due)}"
    return f"{due} ({line.left})" if line.left else due


def _runs(newest: Sequence[runs.Run], now: datetime) -> None:
    """Print when each stage was last done, and every piece of work whose newest run was not."""
    made = table("Körningar", "körning", "senast klar", "pågår", "blev inte klara")
    remarks = []
    for stage in dict.fromkeys(r.stage for r in newest):
        mine = [r for r in newest if r.stage == stage]
        done = [r.ended_at for r in mine if r.outcome == "done" and r.ended_at]
        left = [r for r in mine if r.outcome == "failed" or r.was_interrupted(now)]
        going = sum(r.outcome == "running" for r in mine if r not in left)
        made.add_row(stage, _local(max(done)) if done else "aldrig", str(going or "–"), str(len(left) or "–"))
        for run in left:
            how = f"misslyckades ({run.message})" if run.outcome == "failed" else "avbröts"
            began = _local(run.started_at)
            remarks.append(f"{stage} {run.subject}, påbörjad {began}, {how}. Den görs om vid nästa körning.")
    console.print(made)
    _remarks(remarks)


def _named(config: Config, fetch: Fetch) -> str:
    """Return a fetch's remark with its source's name in front, where it doesn't say it itself."""
    name = config.source(fetch.source).name
    return fetch.message if not fetch.message or fetch.message.startswith(name) else f"{name}: {fetch.message}"


def _remarks(said: Iterable[str]) -> None:
    """Print each remark on a line of its own: in a table a long one would be broken into pieces."""
    for text in said:
        if text:
            console.print(f"  {text}")


def _local(moment: datetime) -> str:
    return moment.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")


def table(title: str, *columns: str) -> Table:
    """Return an empty table with these columns."""
    table = Table(title=Text(title), title_justify="left", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
