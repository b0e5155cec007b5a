"""What every page shares: the templates, and how moments, days and states are written in Swedish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config import Config
from flows.overview import PUBLICATION_STATES
from flows.review import texts
from flows.review.assets import Assets
from flows.review.people import DEMO_BANNER, name_of
from tasks.model import Dated, State, Verdict
from tasks.periods import local_date, moment, span_name, swedish_date
from tasks.store import Store, sessions

HERE = Path(__file__).parent
# What a change says when it is done; the address carries the key, never the words.
DONE = {
    "sparat": "Texterna är sparade. Båda parter behöver godkänna den nya versionen.",
    "oandrat": "Inget var ändrat, så inget sparades.",
    "godkant": "Du har godkänt. Den andra parten behöver också godkänna innan något publiceras.",
    "klart": "Båda parter har godkänt. Publiceringen står nu i kö.",
    "tillbaka": "Utkastet är skickat tillbaka med din kommentar.",
    "svarat": "Tack, svaret är sparat. Det används vid nästa avstämning.",
    "angrat": "Svaret är ångrat. Frågan ställs igen.",
    "rapporterat": "Tack, rapporten är sparad. Den räknas vid nästa avstämning.",
    "filen-sparad": "Tack, raderna är sparade. De räknas vid nästa avstämning.",
    "rapport-andrad": "Ändringen är sparad. Den räknas vid nästa avstämning.",
    "pagar-redan": "En körning av perioden är redan begärd. Den visas nedan.",
    "rapport-igen": "Det var redan sparat, så inget ändrades.",
    "rapport-atertagen": "Rapporten är återtagen. Den räknas inte längre, men det som sades finns kvar i historiken.",
    "besked-angrat": "Beskedet är ångrat. Perioden är åter utan besked.",
    "period-rapporterad": "Tack, beskedet för perioden är sparat.",
    "utlagd": "Noterat: den ligger ute.",
    "igen": "Noterat: den skickas igen vid nästa körning.",
    "borta": "Noterat: den är borttagen.",
    "stoppad": "Publiceringen är stoppad. Den skickas inte förrän någon släpper fram den.",
    "rattelse": "En rättelse är påbörjad. Ändra texterna och låt båda parter godkänna.",
    "kastas": "Noterat: rättelsen behövs inte. Den kastas när den andra parten säger detsamma.",
    "kastad": "Rättelsen är kastad. Det som är publicerat står kvar som det är.",
    "aterkallad": "Uppföljningen är återkallad. Följ här att den försvinner överallt.",
}
ACTIVITY_STATES: Mapping[State, str] = {
    "held": "genomförd",
    "planned": "planerad",
    "cancelled": "inställd",
    "moved": "flyttad",
    "background": "bakgrund",
    "promise_text": "löftets egen text",
    "nil_report": "inget att rapportera",
    "none": "ingen uppgift",
}
VERDICTS: Mapping[Verdict, str] = {"yes": "ja", "no": "nej", "unsure": "osäker"}
# What follows the dot in a token.
FIGURES = {
    "held": "Antal under perioden",
    "held_total": "Antal sedan löftet undertecknades",
    "target": "Mål",
    "goal": "Det här lovades",
    "unit": "Ord för antalet",
    "unit_total": "Ord för antalet sedan undertecknandet",
    "status": "Läge",
    "reason": "Skäl till läget",
    "result": "Resultat",
    "used": "Arbetssättet har använts",
    "places": "Platser",
    "months": "Månader",
    "activities": "Aktiviteter som räknas",
    "not_counted": "Aktiviteter som inte räknas",
    "planned": "Planerade",
    "cancelled": "Inställda",
    "gaps": "Luckor i underlaget",
    "summary": "Sammanfattning av alla delar",
    "commitments": "Antal delar i löftet",
}
CONDITIONS = {
    "police_took_part": ("polisen var med", "polisen var inte med"),
    "municipality_took_part": ("kommunen var med", "kommunen var inte med"),
    "at_school": ("på en skola", "inte på en skola"),
}


@cache
def environment() -> Environment:
    """Return the template environment, made once: everything is escaped, a misspelt name is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(moment=moment, day=swedish_date, dated=dated, short=short, condition=condition)
    made.globals.update(
        activity_states=ACTIVITY_STATES,
        publication_states=PUBLICATION_STATES,
        verdicts=VERDICTS,
        span=span_name,
        local_date=local_date,
        compare=texts.compare,
        names=figure_name,
        asset=assets().address,
    )
    return made


@cache
def assets() -> Assets:
    """Return our own style, script and icon, read once."""
    return Assets(HERE / "static", "/static")


@dataclass(frozen=True, slots=True)
class Review:
    """What the handlers work with."""

    config: Config
    store: Store
    demo: bool
    secret: str
    now: Callable[[], datetime]
    templates: Environment = field(default_factory=environment)
    # What people who have signed in are called, by id; emptied at each sign-in.
    names: dict[str, str] = field(default_factory=dict)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return one rendered page."""
        always = {"person": None, "csrf": "", "message": "", "active": "", "at": "", "config": self.config}
        names = {"name_of": self.name_of, "source_name": self.source_name}
        banner = DEMO_BANNER if self.demo else ""
        rendered = self.templates.get_template(template).render({**always, **names, "banner": banner, **values})
        return HTMLResponse(rendered, status)

    def name_of(self, key: str) -> str:
        """Return what somebody who acted is called; the id itself when nobody knows it."""
        found = name_of(self.config, key)
        if found == key and key not in self.names:
            with self.store.reading() as db:
                self.names.update({key: key, **sessions.names(db)})
        return self.names.get(key, found)

    def source_name(self, key: str) -> str:
        """Return what a source is called; its id when the config has it no more."""
        return next((s.name for s in self.config.all_sources() if s.id == key), key)


def dated(when: Dated | None) -> str:
    """Return when something was, as exactly as it is known."""
    if when is None:
        return "okänt datum"
    if when.precision == "year":
        return f"någon gång {when.start.year}"
    if when.precision == "day" or when.start != when.end:
        return span_name(when.start, when.end)
    return f"omkring {swedish_date(when.start)}"


def short(sha256: str) -> str:
    """Return a hash as people compare it: its first twelve digits in groups of four."""
    return " ".join(sha256[i : i + 4] for i in range(0, 12, 4))


def condition(key: str, met: bool) -> str:
    """Return a condition in words, met or not."""
    yes, no = CONDITIONS.get(key, (key, f"inte {key}"))
    return yes if met else no


def figure_name(token: str) -> str:
    """Return what a token's figure is the number of; empty when its name says enough."""
    return FIGURES.get(token.rpartition(".")[2], "")


def seconds(when: datetime) -> int:
    """Return a moment as whole seconds since 1970."""
    return int(when.timestamp())


def done(key: str) -> str:
    """Return the sentence for a finished change; empty for an unknown key."""
    return DONE.get(key, "")
