"""Invented promises, activities and reports for the tests of progress, disclosure, wording and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import config
from config import Config
from config.schema import Channel, Municipality, Promise
from tasks import composing, disclosure, progress, wording
from tasks.model import Activity, Block, Coverage, Dated, FollowUp, Gap, Outcome, Output, Period, Reading
from tasks.periods import periods

SOURCE = "kommunens-rapporter"
EVERYONE = {"police_took_part": True, "municipality_took_part": True, "at_school": True}


@lru_cache
def shipped() -> Config:
    """Return the shipped config: real promise, real templates."""
    return config.load(config.SHIPPED)


def promise(**commitment: Any) -> Promise:
    """Return a promise over 2021 in one commitment, c1: walks unless told otherwise."""
    walks = {
        "id": "c1",
        "heading": "Vandringar",
        "text": "Kommunen ska genomföra minst fyra vandringar.",
        "plain": "Kommunen ska gå minst fyra vandringar.",
        "party": "municipality",
        "measure": "count",
        "unit": ["vandring", "vandringar"],
        "counts": "Vandringar som har genomförts.",
        "evidence_from": [SOURCE],
        "signals": {"named": ["vandring"]},
    }
    return Promise.model_validate(
        {
            "slug": "provby-2021",
            "municipality": "provby",
            "title": "Medborgarlöfte 2021",
            "signed": date(2021, 1, 1),
            "ends": date(2021, 12, 31),
            "commitment": [walks | commitment],
        }
    )


def held(day: date | Dated, *, key: str = "", place: str = "Norrbyn", **fields: Any) -> Activity:
    """Return a sure, held activity of c1 with everyone present."""
    when = day if isinstance(day, Dated) else Dated.day(day)
    name = key or f"{SOURCE}/{when.start.isoformat()}-{place}"
    given: dict[str, Any] = {"commitment": "c1", "state": "held", "band": "sure", "conditions": EVERYONE}
    return Activity(**(given | {"id": name, "when": when, "place": place, "record_ids": (name,)} | fields))


def nil(period: Period, commitment: str = "c1", source: str = SOURCE, **fields: Any) -> Reading:
    """Return the responsible party's "inget att rapportera" for a whole period."""
    given: dict[str, Any] = {
        "record_id": f"{source}/nil-{commitment}-{period.id}",
        "record_version": 1,
        "commitment": commitment,
        "state": "nil_report",
        "band": "sure",
        "score": 1.0,
        "dates": (Dated(period.start, period.end, "period"),),
    }
    return Reading(**(given | fields))


def heard(*gaps: tuple[date, date], sources: Sequence[str] = (SOURCE,)) -> dict[str, Coverage]:
    """Return coverage in which all sources have answered, the first with these gaps."""
    last = datetime(2022, 1, 10, 6, tzinfo=UTC)
    holes = tuple(Gap(sources[0], start, end, "källan svarade inte") for start, end in gaps)
    return {s: Coverage(s, f"Källa {s}", last, holes if s == sources[0] else ()) for s in sources}


def outcome(
    made: Promise,
    activities: Sequence[Activity] = (),
    *,
    number: int = 1,
    nils: Sequence[Reading] = (),
    coverage: Mapping[str, Coverage] | None = None,
    questions: int = 0,
    duty: Sequence[tuple[str, bool, str]] = (),
    as_of: date | None = None,
) -> Outcome:
    """Return the first commitment's outcome at the end of period `number`, as of the day the follow-up is due."""
    every = periods(made)
    period = every[number - 1]
    found = progress.outcomes(
        made,
        period,
        every,
        activities,
        nils,
        heard() if coverage is None else coverage,
        duty,
        {made.commitments[0].id: questions},
        as_of or period.due,
        shipped().templates,
    )
    return found[0]


def sample(
    number: int = 3, gap: tuple[date, date] | None = None, templates: Mapping[str, str] | None = None
) -> tuple[Promise, Municipality, FollowUp]:
    """Return the shipped promise with an invented year, followed up at the end of period `number`."""
    templates = shipped().templates if templates is None else templates
    made = shipped().promises["strangnas-2021"]
    every = periods(made)
    period = every[number - 1]
    moment = datetime(period.due.year, period.due.month, period.due.day, 6, tzinfo=UTC)
    coverage = heard(*([gap] if gap else []), sources=(SOURCE, "polisens-rapporter"))
    outcomes = progress.outcomes(
        made,
        period,
        every,
        [a for a in YEAR if a.when and a.when.start <= period.end],
        [nil(every[0], "c4"), nil(every[0], "c6"), nil(every[1], "c6"), nil(every[0], "c2", "polisens-rapporter")],
        coverage,
        [(p.id, p.id != "2021-T2", "" if p.id != "2021-T2" else "Kommunens sociala medier") for p in every],
        {},
        period.due,
        templates,
    )
    shown = disclosure.disclose(made, period, outcomes, templates)
    follow = wording.followup(made, period, every, shown, tuple(coverage.values()), moment, "test", templates)
    return made, municipality(), follow


@lru_cache
def municipality() -> Municipality:
    """Return the shipped municipality with every channel switched on."""
    place = shipped().municipalities["strangnas"]
    return place.model_copy(update={"channels": tuple(c.model_copy(update={"enabled": True}) for c in place.channels)})


def drafted(made: Promise, place: Municipality, follow: FollowUp) -> tuple[Block, ...]:
    """Return the draft's blocks by the shipped templates."""
    return wording.blocks(shipped().templates, follow, made, place, [c.template for c in place.channels])


def composed(
    made: Promise, place: Municipality, follow: FollowUp, blocks: Sequence[Block] | None = None, **fields: Any
) -> tuple[Output, ...]:
    """Return all channels' outputs by the shipped templates."""
    given: dict[str, Any] = {"channels": place.channels, "templates": shipped().templates, "edition": 1, "earlier": ()}
    parts = drafted(made, place, follow) if blocks is None else blocks
    whole = composing.compose(promise=made, municipality=place, followup=follow, blocks=parts, **(given | fields))
    return composing.outputs(whole)


def channel(key: str) -> Channel:
    """Return one of the shipped municipality's channels."""
    return next(c for c in municipality().channels if c.id == key)


def _walk(day: date, place: str, **fields: Any) -> Activity:
    return held(day, place=place, commitment="c5", **fields)


YEAR = (
    held(date(2021, 4, 14), place="Strängnäs", commitment="c1"),
    held(Dated(date(2021, 3, 11), date(2021, 4, 30), "period"), place="", commitment="c3"),
    held(date(2021, 4, 17), place="Strängnäs", commitment="c7"),
    _walk(date(2021, 4, 21), "Mariefred"),
    _walk(date(2021, 5, 12), "Åkers styckebruk"),
    held(date(2021, 5, 20), place="Strängnäs", commitment="c4"),
    held(date(2021, 6, 9), place="Mariefred", commitment="c1"),
    _walk(
        date(2021, 9, 4),
        "Stallarholmen",
        history=(("planned", Dated.day(date(2021, 8, 28))), ("moved", Dated.day(date(2021, 9, 4)))),
    ),
    held(date(2021, 9, 27), place="Strängnäs", commitment="c6"),
    held(
        date(2021, 10, 6),
        place="Mariefred",
        commitment="c4",
        conditions={"at_school": True, "police_took_part": False},
    ),
    held(date(2021, 10, 20), place="Åkers styckebruk", commitment="c1"),
    _walk(date(2021, 11, 9), "Härad", state="cancelled"),
    held(date(2021, 11, 16), place="Skolan vid torget", commitment="c2", key="polisens-rapporter/sok"),
)
