"""An installation under test: one promise, its sources, its pages, its people, and what it does in a working day."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import config as configuration
from config import Config
from flows import collect, draft, publish, reconcile, show, watch
from tasks.periods import STOCKHOLM, at_local, in_publishing_hours, next_working_day
from tasks.store import Store
from tests.chaos_operations_outside import Outside
from tests.chaos_operations_review import App, Person
from tests.chaos_operations_steps import Ended, Process, Shared
from tests.year import HEADER, SAMPLE, row, walk

SLUG, PERIOD = "strangnas-2021", "2021-T1"
# A Monday after the period's end, before anybody is reminded of anything.
BEGINS = datetime(2021, 5, 3, 6, 6, tzinfo=UTC)
FLOWS: dict[str, Callable[[], object]] = {
    "collect": collect.collect.fn,
    "reconcile": reconcile.reconcile.fn,
    "draft": draft.draft.fn,
    "renew": watch.renew.fn,
    "publish": publish.publish.fn,
    "alarm": watch.alarm.fn,
    "watch": watch.watch.fn,
}
PEOPLE = ("edit", "approve-police", "approve-municipality")
STORY = ("collect", "reconcile", "draft", *PEOPLE, "publish", "alarm")
LOG = "\n".join(
    [HEADER, walk("K1", "2021-04-10"), walk("K2", "2021-04-17", "Härad"), row("K3", "c4", "planerad", "2021-05-20")]
)


@dataclass
class Tally:
    """What a run counts."""

    numbers: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class House:
    """One installation with its database, its review application and its clock."""

    def __init__(self, work: Path, url: str, world: Outside, *, published: Path | None = None) -> None:
        self.work, self.url, self.outside = work, url, world
        self.published = published or work / "published"
        self.folder = work / "config"
        self.shared = Shared(BEGINS)
        self._write()
        self.environment = {
            "LOFTESKOLL_CONFIG": str(self.folder),
            "LOFTESKOLL_DATABASE": url,
            "LOFTESKOLL_PUBLISHED": str(self.published),
            "LOFTESKOLL_SITE_PORT": str(world.port),
            "LOFTESKOLL_ALARM_URL": f"json://127.0.0.1:{world.port}/larm",
        }
        configuration.set_environment(self.environment, override=True)
        world.tell(told=[], how="", body=LOG)
        self.app: App | None = None
        # How often the flow that tells of alarms was broken in the middle.
        self.cut_short = 0

    def _write(self) -> None:
        (self.folder / "municipalities").mkdir(parents=True)
        (self.folder / "sources.toml").touch()
        told = '[[notify]]\nname = "Drift"\nurl = "${LOFTESKOLL_ALARM_URL:-}"\n'
        (self.folder / "alarms.toml").write_text(told, encoding="utf-8")
        (self.folder / "polisen.csv").write_text(HEADER + "\n", encoding="utf-8")
        here = f"http://127.0.0.1:{self.outside.port}/kalla/kommunen.csv"
        sites = [
            (name, party, f"{name}/uppfoljning-{{period}}/")
            for name, party in (("polisen.se", "police"), ("strangnas.se", "municipality"))
        ]
        text = f"""based_on = "{SAMPLE}"
[[source]]
id = "kommunens-rapporter"
kind = "activity_log"
name = "Kommunens aktivitetslogg"
party = "municipality"
url = "{here}"
keeps = "all"
timeout_seconds = 0.5
[[source]]
id = "polisens-rapporter"
kind = "activity_log"
name = "Polisens aktivitetslogg"
party = "police"
url = "polisen.csv"
keeps = "all"
zero_ok = true
"""
        for name, party, path in sites:
            text += f"""[[channel]]
id = "{name}"
kind = "package"
name = "{name}"
party = "{party}"
role = "site"
template = "sida"
folder = "${{LOFTESKOLL_PUBLISHED}}/{name}"
address = "https://example.com/{path}"
read_back = "http://127.0.0.1:${{LOFTESKOLL_SITE_PORT}}/{path}"
[[channel]]
id = "{party}-delning"
kind = "share_kit"
name = "Delas för hand ({party})"
party = "{party}"
role = "post"
template = "kort"
folder = "${{LOFTESKOLL_PUBLISHED}}/delning/{party}"
"""
        (self.folder / "municipalities" / "strangnas.toml").write_text(text, encoding="utf-8")

    @property
    def config(self) -> Config:
        """The decisions of the installation."""
        return configuration.load()

    @contextlib.contextmanager
    def store(self):
        """Open the database for a moment: nothing stays open over a fork."""
        opened = Store(self.url)
        try:
            yield opened
        finally:
            opened.close()

    # The clock

    def later(self, **by: int) -> None:
        """Let time pass, and go on in working hours."""
        moment = self.shared.now + timedelta(**by)
        if not in_publishing_hours(moment):
            day = moment.astimezone(STOCKHOLM).date()
            early = at_local(day, 8) > moment
            moment = at_local(next_working_day(day if early else day + timedelta(days=1)), 8)
        self.shared.now = moment

    # What machines do

    def flow(self, name: str, *, stop_at: int = 0, ahead: timedelta = timedelta()) -> Process:
        """Start a flow as its schedule would, in a process of its own."""
        return Process(FLOWS[name], self.shared, stop_at=stop_at, ahead=ahead)

    def quiet(self, name: str) -> Ended:
        """Run a flow undisturbed."""
        return self.flow(name).wait()

    def day(self, hours: int = 3) -> list[Ended]:
        """Let the schedule run for some working hours, undisturbed."""
        ends = []
        for hour in range(hours):
            self.later(minutes=61)
            # The morning's look back comes once.
            names = ("collect", "reconcile", "draft", "renew", *(["watch"] if hour == 0 else []), "publish", "alarm")
            ends += [self.quiet(name) for name in names]
        return ends

    # What people do

    def open_review(self, port: int = 0) -> App:
        """Start the review application in a process of its own."""
        self.app = App(self.shared, self.url, port)
        return self.app

    def person(self, name: str) -> Person:
        """Return somebody at a browser, signed in."""
        assert self.app is not None
        return Person(self.app.address, name)

    def status(self) -> str:
        """Return what `lofteskoll status` prints now."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            show.console.file, show.console.width = said, 300  # no alarm is broken over lines
            show.status(self.config, None, self.shared.now)
            show.console.file = None
        return said.getvalue()
