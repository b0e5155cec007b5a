"""A country of invented municipalities: their decisions, and recordings of what their sources said.

How much a real country would say in the four years of a promise, and where the figures come from:

- the police's notices, all counties: 25,000 a year (measured: 24,606 in 2024, 25,214 in 2025), so 100,000 in four
  years: SHARED_PART of a million;
- a municipality's news and calendar: five news and ten events a week, 780 a year (a guess; Eskilstuna's guide lists
  120–465 events at a time), so 3,100 in four years, 900,000 in 290 municipalities;
- both parties' logs: 16 walks here, in the promise's own year.

Of what a municipality publishes, one in a hundred (ABOUT) tells of something promised: eight or so a year. Here all of
it falls in the promise's own year, where none of it can be passed over for its day: that is the harder case.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import config as configuration
from config.schema import Municipality
from tasks.evidence.calendar_sv import MONTHS
from tests import bench_corpus as corpus
from tests.year import HEADER, row

SHARED_PART = 0.1
ABOUT = 100
# The recordings end here; the promise of 2021 is over.
NOW = datetime(2022, 1, 31, 7, tzinfo=UTC)
_FIRST, _DAYS = datetime(2021, 3, 12, 6, tzinfo=UTC), 290
_ABOUT = (
    ("Trygghetsvandring i {place}", "Kommunen och polisen gick en trygghetsvandring i {place} den {day}."),
    ("Välkommen på trygghetsvandring", "Den {day} går vi trygghetsvandring i {place} tillsammans med polisen."),
    ("Föräldraträff på skolan", "Den {day} höll kommunen och polisen en föräldraträff på skolan i {place}."),
    ("Trygghetsvandringen i {place} är inställd", "Trygghetsvandringen den {day} i {place} är inställd."),
    ("Möte i lokala BRÅ", "Lokala BRÅ hade möte i {place} den {day}."),
)
_Told = tuple[str, str, str]


def build(folder: Path, promises: int, size: int) -> None:
    """Write a folder of decisions for so many municipalities, and recordings of so many records beside their logs."""
    for part in ("municipalities", "promises", "data"):
        (folder / part).mkdir(parents=True)
    towns, told = corpus.towns(promises), _told()
    shared = int(size * SHARED_PART)
    promise = (configuration.SHIPPED / "promises" / "strangnas-2021.toml").read_text(encoding="utf-8")
    with (folder / "data" / "polisen.ndjson").open("w", encoding="utf-8") as out:
        out.writelines(_notice(told, towns[n % promises], n // promises, n) for n in range(shared))
    (folder / "sources.toml").write_text(_source("polisen-handelser", "police_events", "data/polisen.ndjson"))
    for i, town in enumerate(towns):
        with (folder / "data" / f"{town.slug}.ndjson").open("w", encoding="utf-8") as out:
            out.writelines(_news(told, town, k, i) for k in range(len(range(i, size - shared, promises))))
        _write_town(folder, town, promise)


def _told() -> Sequence[_Told]:
    """Return the recorded police notices: what stands after the day in the name, the summary, the place."""
    if not corpus.EVENTS.is_dir():
        raise SystemExit("the shared police events are not here")
    found = []
    for path in sorted(corpus.EVENTS.glob("events-20*.ndjson.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            said = json.loads(line)
            found.append((said["name"].split(" ", 2)[2], said["summary"], said["location"]["name"]))
    return found


def _moved(told: Sequence[_Told], town: Municipality, number: int, which: int) -> tuple[datetime, str, str, str]:
    """Return a notice as if told of one of the town's places on another day: when, name, summary, place.

    `number` counts what the town is told of, `which` picks the notice.
    """
    rest, summary, there = told[which % len(told)]
    # 13 and 290 have no divisor in common: the days are spread evenly, and follow no other count.
    at = _FIRST + timedelta(days=(number * 13 + which) % _DAYS, minutes=which % 600)
    place = town.places[number % len(town.places)].name
    return at, f"{_day(at)} {rest}".replace(there, place), summary.replace(there, place), place


def _notice(told: Sequence[_Told], town: Municipality, number: int, key: int) -> str:
    at, name, summary, _ = _moved(told, town, number, key)
    said = {
        "id": key + 1,
        "datetime": at.strftime("%Y-%m-%d %H:%M:%S +00:00"),
        "name": name,
        "summary": summary,
        "url": f"/aktuellt/handelser/{at.year}/{key + 1}/",
        "type": "Övrigt",
        "location": {"name": town.county, "gps": "59.0,17.0"},
    }
    return json.dumps(said, ensure_ascii=False) + "\n"


def _news(told: Sequence[_Told], town: Municipality, number: int, town_number: int) -> str:
    at, title, text, place = _moved(told, town, number, number * 291 + town_number)
    kind, left = divmod(number + town_number, ABOUT)
    if not left:
        title, text = (part.format(place=place, day=_day(at)) for part in _ABOUT[kind % len(_ABOUT)])
    said = {"id": number + 1, "title": title, "text": text, "at": at.isoformat(), "place": place}
    return json.dumps(said, ensure_ascii=False) + "\n"


def _day(at: datetime) -> str:
    return f"{at.day} {MONTHS[at.month - 1]}"


def _source(key: str, kind: str, url: str, options: str = "") -> str:
    return f'[[source]]\nid = "{key}"\nkind = "{kind}"\nname = "{key}"\nurl = "{url}"\nzero_ok = true\n{options}\n'


_FIELDS = '[source.options.fields]\nid = "id"\ntitle = "title"\ntext = "text"\npublished = "at"\nplace = "place"\n'


def _write_town(folder: Path, town: Municipality, promise: str) -> None:
    slug = town.slug
    places = "".join(f'[[place]]\nname = "{p.name}"\n' for p in town.places)
    decided = (
        f'slug = "{slug}"\nname = "{town.short} kommun"\nshort = "{town.short}"\ncode = "{town.code}"\n'
        f'county = "{town.county}"\n[police]\nname = "Polisen"\nshort = "Polisen"\n[municipality]\n'
        f'name = "{town.short} kommun"\nshort = "Kommunen"\n{places}'
        + _source(f"{slug}-nyheter", "json_records", f"data/{slug}.ndjson", _FIELDS)
        + "".join(
            _source(f"{slug}-{who}", "activity_log", f"data/{slug}-{who}.csv", 'keeps = "all"\n')
            for who in ("kommunen", "polisen")
        )
        + f'[[channel]]\nid = "sida"\nkind = "package"\nname = "Webbplats"\nparty = "police"\nrole = "site"\n'
        f'template = "sida"\nfolder = "ut/{slug}"\naddress = "https://{slug}.example.com/{{period}}/"\n'
    )
    (folder / "municipalities" / f"{slug}.toml").write_text(decided, encoding="utf-8")
    own = promise.replace('slug = "strangnas-2021"', f'slug = "{slug}-2021"')
    own = own.replace('municipality = "strangnas"', f'municipality = "{slug}"')
    for who in ("kommunen", "polisen"):
        own = own.replace(f'"{who}s-rapporter"', f'"{slug}-{who}"').replace(
            f'"{who[:-1]}ns-rapporter"', f'"{slug}-{who}"'
        )
    (folder / "promises" / f"{slug}-2021.toml").write_text(own, encoding="utf-8")
    for who, mark in (("kommunen", "K"), ("polisen", "P")):
        rows = [
            row(
                f"{mark}{n}",
                "c5",
                "genomförd",
                f"2021-{n + 3:02}-12",
                town.places[n % 10].name,
                "Vandring.",
                police="ja",
            )
            for n in range(1, 9)
        ]
        body = "\n".join([HEADER, *rows]) + "\n"
        (folder / "data" / f"{slug}-{who}.csv").write_text(body, encoding="utf-8")
