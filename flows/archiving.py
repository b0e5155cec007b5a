"""Commands of registrars and archivists: packages to keep, bundles to hand out, and texts whose time is over."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from config import Config
from config.schema import Party, Promise
from tasks.model import Refused

Command = Callable[[str, Callable[[argparse.Namespace], int], str, str], argparse.ArgumentParser]


def add_commands(command: Command, open_config: Callable[[], Config]) -> None:
    """Add archive, disclose and purge to the command line."""
    added = command(
        "archive",
        lambda o: _copy(open_config(), o, o.party, o.out or Path("var/arkiv")),
        "lägg en myndighets arkivpaket för en period i en mapp",
        "2021-T1 --party police",
    )
    _period(added, "var/arkiv")
    added.add_argument("--party", choices=("police", "municipality"), required=True, help="vems paket")
    added = command(
        "disclose",
        lambda o: _copy(open_config(), o, None, o.out or Path("var/utlamnande")),
        "samla det som kan lämnas ut om en period, för sekretessprövning",
        "2021-T1",
    )
    _period(added, "var/utlamnande")
    added = command(
        "purge",
        lambda o: purge(open_config(), datetime.now(UTC), dry_run=o.dry_run),
        "gallra texter vars tid är ute; antal och statusar står kvar",
        "--dry-run",
    )
    added.add_argument("--dry-run", action="store_true", help="säg vad som skulle gallras, ändra inget")


def _period(parser: argparse.ArgumentParser, folder: str) -> None:
    parser.add_argument("period", metavar="PERIOD")
    parser.add_argument("--promise", metavar="LÖFTE", help="behövs när det finns flera löften")
    parser.add_argument("--out", type=Path, metavar="MAPP", help=f"var mappen läggs ({folder})")


def _copy(config: Config, options: argparse.Namespace, party: Party | None, folder: Path) -> int:
    return write(config, promise_of(config, options.promise), options.period, party, folder, datetime.now(UTC))


def purge(config: Config, now: datetime, *, dry_run: bool) -> int:
    """Purge what is older than it is kept, or only say what that would be."""
    from flows import show
    from tasks.purge import purge as take_away
    from tasks.store import Store

    store = Store(config.database)
    made = take_away(store, config, now, dry_run=dry_run)
    store.close()
    names = {s.id: s.name for s in config.all_sources()}
    table = show.table("Skulle gallras" if dry_run else "Gallrat", "vad", "antal")
    rows = [(f"texter från {names[key]}", count) for key, count in made.texts.items()]
    rows += [(f"hämtade svar från {names[key]} (innehållet)", count) for key, count in made.payloads.items()]
    rows += [("oläsliga rader", made.quarantine), ("avslutade inloggningar", made.sessions)]
    for what, count in (*rows, ("lösta larm", made.alarms)):
        if count:
            table.add_row(what, str(count))
    if made.nothing:
        print("Inget är tillräckligt gammalt.")
    else:
        show.console.print(table)
    if made.waiting:
        print(f"{made.waiting} texter väntar: någon är tillfrågad om dem. Svara på frågorna först.")
    return 0


def promise_of(config: Config, slug: str | None) -> Promise:
    """Return the promise with that id, or the only one there is; Refused says which there are."""
    chosen = slug or (next(iter(config.promises)) if len(config.promises) == 1 else "")
    if chosen in config.promises:
        return config.promises[chosen]
    raise Refused(f"Ange löftet med --promise: {', '.join(sorted(config.promises))}.")


def write(config: Config, promise: Promise, period: str, party: Party | None, folder: Path, now: datetime) -> int:
    """Write a period's archive package for a party, else the bundle to hand out, and note that it was made."""
    from tasks import archive
    from tasks.store import Store

    store = Store(config.database)
    name = "-".join(filter(None, (promise.slug, period, party)))
    with store.writing() as db:
        if party:
            files = archive.package(db, config, promise, period, party)
        else:
            files = archive.bundle(db, config, promise, period)
        _place(folder / name, files)
        archive.note(db, promise.slug, period, "archived" if party else "disclosed", now, len(files), party or "")
    store.close()
    print(f"{len(files)} filer ligger i {folder / name}.")
    print(f"Börja med {'LÄS MIG.txt' if party else 'FÖLJEBREV.txt'}; manifest.json har alla kontrollsummor.")
    return 0


def _place(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files; what already lies there must be the same, since an archive is never written over."""
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()} if folder.exists() else {}
    other = sorted(name for name, path in there.items() if files.get(name) != path.read_bytes())
    if other:
        raise Refused(
            f"{folder} innehåller något annat ({other[0]}). Flytta undan mappen eller ange en annan med --out."
        )
    for name, body in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
