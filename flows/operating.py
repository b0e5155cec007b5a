"""Commands of those who run the installation: when things happen, copies and their return."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from config import Config
from flows import show
from tasks.periods import STOCKHOLM, local_date, periods, swedish_date
from tasks.store import Store
from tasks.store import backup as copies


def schedule(config: Config, rows: Sequence[tuple[str, str, str, str]], now: datetime, count: int) -> int:
    """Print the next `count` occurrences of every (flow, cron, timezone, why), and which follow-up is due next."""
    table = show.table("Nästa körningar (svensk tid)", "flöde", "när", "varför")
    for flow, cron, timezone, why in rows:
        for number, moment in enumerate(occurrences(cron, timezone, count, now)):
            local = f"{moment.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"
            table.add_row("" if number else flow, local, "" if number else why)
    show.console.print(table)
    table = show.table("Nästa uppföljningar", "löfte", "period", "utkast skrivs efter", "senast klar")
    for slug, promise in config.promises.items():
        coming = [p for p in periods(promise) if p.due >= local_date(now)]
        for period in coming[:1]:
            table.add_row(slug, period.id, swedish_date(period.end), swedish_date(period.due))
    show.console.print(table)
    return 0


def occurrences(cron: str, timezone: str, count: int, start: datetime) -> Sequence[datetime]:
    """Return the next moments of a cron expression in a time zone, as Prefect's own scheduler computes them."""
    from prefect.server.schemas.schedules import CronSchedule

    return asyncio.run(CronSchedule(cron=cron, timezone=timezone).get_dates(count, start))


def backup(config: Config, target: Path | None) -> int:
    """Copy the database while it is in use, prove the copy and print what it holds."""
    name = f"lofteskoll-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    made = copies.backup(config.database, target or Path("var/backup") / name)
    print(
        f"Kopian {made.file} är hel: {made.size / 1e6:.1f} MB, {sum(made.rows.values())} rader, tabeller {made.layout}."
    )
    return 0


def restore(config: Config, source: Path) -> int:
    """Put a copy in the database's place, keep what stood there, and bring it to the newest layout."""
    made, moved = copies.restore(config.database, source)
    store = Store(config.database)
    store.migrate()
    store.close()
    print(f"{made.file} är återställd från {source}: {sum(made.rows.values())} rader.")
    if moved:
        print(f"Databasen som låg där finns kvar som {moved}.")
    return 0
