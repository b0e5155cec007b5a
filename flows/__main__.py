"""The command line `lofteskoll`, and the one table of schedules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import config as configuration
from config import Config, ConfigError
from flows import archiving, resolving
from tasks.model import Trouble

# What could not be done is a 1, what was asked wrongly or configured wrongly is a 2.
TROUBLE, MISUSE = 1, 2


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a flow runs by itself; `timezone` is part of it, since a local time has holes."""

    flow: str
    cron: str
    timezone: str
    why: str


SCHEDULES = (
    # In UTC: hourly in Stockholm time leaves a hole of 70 minutes when summer time ends.
    Schedule("collect", "6 * * * *", "UTC", "en gång i timmen; polisens flöde rullar på några dygn"),
    Schedule("reconcile", "36 * * * *", "UTC", "en halvtimme efter hämtningen"),
    Schedule("draft", "0 8 1 1,5,9 *", "Europe/Stockholm", "dagen efter tertialets slut"),
    Schedule("renew", "43 * * * *", "UTC", "efter avstämningen; öppna utkast följer de nyaste uppgifterna"),
    Schedule("publish", "*/15 8-15 * * 1-5", "Europe/Stockholm", "under arbetstid, när någon kan svara"),
    Schedule("alarm", "51 * * * *", "UTC", "en gång i timmen; säger till när något behöver en människa"),
    Schedule("watch", "30 6 * * *", "Europe/Stockholm", "varje morgon; tar igen det som missats"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 could not be done, 2 asked or configured wrongly."""
    options = _parser().parse_args(arguments)
    try:
        _prepare(options)
        run: Callable[[argparse.Namespace], int] = options.run
        return run(options)
    except ConfigError as error:
        _say_problems(error)
        return MISUSE
    except Trouble as trouble:
        print(f"Det gick inte: {trouble}", file=sys.stderr)
        return TROUBLE
    except KeyboardInterrupt:
        print("Avbrutet.", file=sys.stderr)
        return TROUBLE


def _prepare(options: argparse.Namespace) -> None:
    """Put the folder and database that were asked for where every flow run finds them."""
    chosen = {"LOFTESKOLL_CONFIG": options.config, "LOFTESKOLL_DATABASE": options.database}
    configuration.set_environment({k: v for k, v in chosen.items() if v}, override=True)
    configuration.set_environment({"LOFTESKOLL_LOG": str(Path("var/log").resolve())})
    home = Path("var/prefect")
    home.mkdir(parents=True, exist_ok=True)
    configuration.set_environment(configuration.prefect_environment(home))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lofteskoll",
        description="Följer upp ett medborgarlöfte: hämtar, stämmer av, skriver utkast och publicerar.",
        epilog="Börja med: lofteskoll check-config",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", metavar="MAPP", help="mapp med beslut (annars LOFTESKOLL_CONFIG eller den egna)")
    shared.add_argument(
        "--database", metavar="URL", help="databas (annars LOFTESKOLL_DATABASE eller var/lofteskoll.db)"
    )
    commands = parser.add_subparsers(title="kommandon", required=True, metavar="KOMMANDO")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], text: str, example: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            parents=[shared],
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=f"Exempel: lofteskoll {name} {example}".rstrip(),
        )
        added.set_defaults(run=run)
        return added

    added = command("run", _run, "hämta, stäm av och skriv utkast för en period", "strangnas-2021 2021-T1 --dry-run")
    _promise_and_period(added)
    added.add_argument("--as-of", type=_day, metavar="DATUM", help="som känt den dagen; ändrar inget befintligt utkast")
    added.add_argument("--dry-run", action="store_true", help="säg vad som skulle ändras, ändra inget")
    added = command("collect", _collect, "hämta alla källor eller de namngivna", "polisen-handelser")
    added.add_argument("source", nargs="*", metavar="KÄLLA")
    added = command("reconcile", _reconcile, "stäm av uppgifterna mot löftena", "strangnas-2021")
    added.add_argument("promise", nargs="*", metavar="LÖFTE")
    added = command(
        "draft", _draft, "skriv utkast för en period, eller för alla avslutade utan utkast", "strangnas-2021 2021-T1"
    )
    _promise_and_period(added, optional=True)
    added = command("publish", _publish, "sänd det som båda parter har godkänt", "strangnas-2021 2021-T1")
    _promise_and_period(added, optional=True)
    added.add_argument("--channel", action="append", metavar="KANAL", help="bara den här kanalen; kan upprepas")
    added = command("status", _status, "visa läget för varje löfte, period och källa", "strangnas-2021")
    added.add_argument("promise", nargs="?", metavar="LÖFTE")
    added = command("schedule", _schedule, "visa när allt körs härnäst", "--count 3")
    added.add_argument("--count", type=int, default=2, metavar="ANTAL", help="hur många gånger per flöde (2)")
    added = command("backup", _backup, "kopiera databasen medan den används och pröva kopian", "kopia.db")
    added.add_argument("file", type=Path, nargs="?", metavar="FIL", help="annars var/backup/ med tidpunkten i namnet")
    added = command("restore", _restore, "lägg tillbaka en kopia; det som låg där sparas", "var/backup/kopia.db")
    added.add_argument("file", type=Path, metavar="FIL")
    added = command("sessions", _sessions, "visa vilka som är inloggade, eller avsluta deras inloggning", "--end alla")
    added.add_argument("--end", metavar="ID", help="avsluta den personens inloggningar (alla: allas)")
    added = command("coach", _coach, "visa vad varje löfte saknar för att kunna följas upp", "strangnas-2021")
    added.add_argument("what", nargs="*", metavar="LÖFTE|FIL", help="ett löfte, dess .toml eller en text med löften")
    archiving.add_commands(command, _open)
    resolving.add_command(command, _open)
    command("check-config", _check_config, "visa alla fel i mappen med beslut", "--config min-mapp")
    command("migrate", _migrate, "skapa eller uppdatera databasens tabeller", "--database sqlite:///var/lofteskoll.db")
    added = command("up", _up, "starta hela systemet på den här datorn", "--demo-identities")
    added.add_argument(
        "--demo-identities", action="store_true", help="påhittade personer kan logga in (bara på den här datorn)"
    )
    added.add_argument("--port", type=int, default=8320, help="granskningens port (8320)")
    added.add_argument("--prefect-port", type=int, default=4200, help="Prefects port (4200)")
    added = command(
        "review", _review, "starta bara granskningen, bredvid en Prefect-server på en annan dator", "--port 8320"
    )
    added.add_argument("--port", type=int, default=8320, help="granskningens port (8320)")
    added = command("deploy", _deploy, "lägg flödena och deras scheman i en arbetspool", "--pool lofteskoll")
    added.add_argument("--pool", required=True, metavar="NAMN", help="arbetspoolens namn; den ska finnas i Prefect")
    added = command("sample", _sample, "visa exempelåret Strängnäs 2021 från källa till publicerad sida", "")
    added.add_argument(
        "--port", type=int, default=0, help="port för de publicerade sidorna medan de läses (annars en ledig)"
    )
    return parser


def _promise_and_period(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    count = "?" if optional else None
    parser.add_argument("promise", metavar="LÖFTE", nargs=count)
    parser.add_argument("period", metavar="PERIOD", nargs=count)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} är inget datum; skriv till exempel 2021-05-17") from None


def _open(*, migrate: bool = True) -> Config:
    """Load and check the config, and bring the database to the newest layout."""
    from flows.checks import check
    from tasks.store import Store

    config = configuration.load()
    check(config)
    if migrate:
        store = Store(config.database)
        store.migrate()
        store.close()
    return config


def _say_problems(error: ConfigError) -> None:
    print(f"Besluten i mappen går inte att använda ({len(error.problems)} fel):", file=sys.stderr)
    for problem in error.problems:
        print(f"  {problem}", file=sys.stderr)


def _run(options: argparse.Namespace) -> int:
    from flows.run import run_period

    return run_period(_open(), options.promise, options.period, as_of=options.as_of, dry_run=options.dry_run)


def _collect(options: argparse.Namespace) -> int:
    from flows import show
    from flows.collect import collect

    config = _open()
    known = [s.id for s in config.all_sources()]
    for name in options.source:
        if name not in known:
            raise Trouble(f"Källan {name!r} finns inte. Välj någon av: {', '.join(known)}.")
    fetches = collect(options.source or None)
    show.fetches(config, fetches)
    return 0 if any(f.good for f in fetches) else TROUBLE


def _reconcile(options: argparse.Namespace) -> int:
    from flows import show
    from flows.reconcile import reconcile

    config = _open()
    for name in options.promise:
        show.promise(config, name)
    show.reconciled(reconcile(options.promise or None))
    return 0


def _draft(options: argparse.Namespace) -> int:
    from flows import show
    from flows.draft import draft

    config = _open()
    if options.promise:
        show.promise(config, options.promise, options.period)
    show.drafted(draft(options.promise, options.period))
    return 0


def _publish(options: argparse.Namespace) -> int:
    from flows import show
    from flows.publish import publish

    config = _open()
    if options.promise:
        show.promise(config, options.promise, options.period)
    rows = publish(options.promise, options.period, channels=options.channel)
    show.publications(config, rows)
    return TROUBLE if any(r.state in ("uncertain", "refused") for r in rows) else 0


def _status(options: argparse.Namespace) -> int:
    from flows import show

    config = _open()
    if options.promise:
        show.promise(config, options.promise)
    show.status(config, options.promise, datetime.now(UTC))
    return 0


def _schedule(options: argparse.Namespace) -> int:
    from flows.operating import schedule

    rows = [(s.flow, s.cron, s.timezone, s.why) for s in SCHEDULES]
    return schedule(_open(migrate=False), rows, datetime.now(UTC), max(1, options.count))


def _backup(options: argparse.Namespace) -> int:
    from flows.operating import backup

    return backup(_open(migrate=False), options.file)


def _restore(options: argparse.Namespace) -> int:
    from flows.operating import restore

    return restore(_open(migrate=False), options.file)


def _sessions(options: argparse.Namespace) -> int:
    from flows import signing_in
    from flows.review.auth import IDLE

    return signing_in.end(_open(), options.end) if options.end else signing_in.show(_open(), IDLE)


def _coach(options: argparse.Namespace) -> int:
    from flows.coaching import advise

    advise(options.what)
    return 0


def _check_config(_options: argparse.Namespace) -> int:
    config = _open(migrate=False)
    print(
        f"Inga fel i {config.folder}. Kommuner: {len(config.municipalities)}. Löften: {len(config.promises)}. "
        f"Källor: {len(config.all_sources())}."
    )
    return 0


def _migrate(_options: argparse.Namespace) -> int:
    from tasks.store import Store

    config = _open()
    print(f"Databasen {Store(config.database).name} har de senaste tabellerna.")
    return 0


def _up(options: argparse.Namespace) -> int:
    from flows.living import up

    timetable = [f"{s.flow:<12} {s.cron:<18} {s.timezone:<18} {s.why}" for s in SCHEDULES]
    return up(
        _open(),
        port=options.port,
        prefect_port=options.prefect_port,
        demo=options.demo_identities,
        timetable=timetable,
    )


def _review(options: argparse.Namespace) -> int:
    from flows.living import review

    return review(_open(), port=options.port)


def _deploy(options: argparse.Namespace) -> int:
    from flows.serve import deploy

    _open()
    made = deploy(options.pool)
    print(f"{len(made)} flöden väntar på en arbetare: prefect worker start --pool {options.pool}")
    for name in made:
        print(f"  {name}")
    return 0


def _sample(options: argparse.Namespace) -> int:
    from flows.sample import sample

    return sample(port=options.port, folder=options.config, database=options.database)


if __name__ == "__main__":
    sys.exit(main())
