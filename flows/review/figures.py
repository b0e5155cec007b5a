"""The evidence drawer: one figure, what was counted and what was not, and every record it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, HTTPException, Response

from config import Config
from config.schema import Person
from flows.review import page, turns
from flows.review.auth import Reading
from flows.review.sharing import DraftId, opened
from tasks.evidence import places
from tasks.model import Activity, Figure, Judgement, PairScore, Record
from tasks.store import matches, records

router = APIRouter(prefix="/utkast", route_class=turns.Turned)
# What staff wrote for their own authority; the other one sees its structure, never its words.
OWN_WORDS = ("report", "activity_log")
_CLAIMS = {
    "police_took_part": "Polisen var med",
    "municipality_took_part": "Kommunen var med",
    "at_school": "På en skola",
}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a record: when it came, whether the figure rests on it, and what it changed, in words.

    Never what an earlier text said: sources take descriptions away on purpose.
    """

    seen_at: datetime | None
    is_used: bool
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One record as a person of one party may see it."""

    record: Record
    source: str
    # Empty where the words belong to the other authority.
    title: str
    text: str
    url: str
    place: str
    hidden: str
    # Whether the moment it carries is when somebody reported it, rather than when a site published it.
    reported: bool
    claims: tuple[tuple[str, str], ...]
    versions: tuple[Version, ...]
    # The source changed it after this follow-up was made.
    changed_later: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One activity with the records that tell of it, and why they were taken for the same."""

    activity: Activity
    records: tuple[Shown, ...]
    merged: tuple[str, ...]
    answers: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class Drawer:
    """What one person may be told of the records under a figure."""

    config: Config
    person: Person
    as_of: datetime
    # Whether the commitment's details are for the own party alone.
    secret: bool
    versions: Mapping[str, Sequence[Record]]
    pairs: Sequence[PairScore]
    answers: Sequence[Judgement]

    def records(self, ids: Iterable[str]) -> tuple[Shown, ...]:
        """Return the records with these ids as the person may see them."""
        found = [self.versions[key] for key in ids if key in self.versions]
        return tuple(shown_record(self.config, v, self.as_of, self.person, self.secret) for v in found)

    def told(self, activity: Activity) -> Told:
        """Return an activity with its records, why they were joined, and what people answered."""
        ids = set(activity.record_ids)
        joining = (p for p in self.pairs if p.left in ids and p.right in ids)
        return Told(
            activity=activity,
            records=self.records(activity.record_ids),
            merged=tuple(dict.fromkeys(reason for p in joining for reason in p.reasons)),
            answers=tuple(j for j in self.answers if j.left in ids and (j.question == "evidence" or j.right in ids)),
        )


@router.get("/{draft_id}/siffra/{token}")
def figure(visit: Reading, draft_id: DraftId, token: str) -> Response:
    """Show what one figure rests on."""
    config = visit.review.config
    with opened(visit, draft_id) as (db, draft):
        promise = config.promises[draft.promise]
        shown = next((f for f in draft.followup.figures if f.token == token), None)
        if shown is None:
            raise HTTPException(404)
        outcome = next((o for o in draft.followup.outcomes if o.commitment == token.split(".")[0]), None)
        commitment = promise.commitment(outcome.commitment) if outcome else None
        activities = (*outcome.activities, *outcome.not_counted) if outcome else ()
        told_of = {key for a in activities for key in a.record_ids}
        versions = records.versions_of(db, {*told_of, *shown.evidence})
        pairs = matches.pairs(db, draft.promise, commitment.id) if commitment else []
        answers = matches.answers(db, draft.promise) if activities else []
    drawer = Drawer(
        config=config,
        person=visit.person,
        as_of=draft.followup.as_of,
        secret=commitment is not None and commitment.disclosure != "public",
        versions=versions,
        pairs=pairs,
        answers=answers,
    )
    return visit.page(
        "figure.html",
        active="board",
        draft=draft,
        figure=shown,
        outcome=outcome,
        commitment=commitment,
        counted=_first_its_own([drawer.told(a) for a in outcome.activities], shown) if outcome else [],
        others=[drawer.told(a) for a in outcome.not_counted] if outcome else [],
        loose=drawer.records(key for key in shown.evidence if key not in told_of),
    )


def shown_record(config: Config, versions: Sequence[Record], as_of: datetime, person: Person, secret: bool) -> Shown:
    """Return a record's version of that moment as this person may see it; `secret` hides it from the other party."""
    known = [v for v in versions if v.seen_at is None or v.seen_at <= as_of] or versions[:1]
    record = known[-1]
    kind, source = _source(config, record.source)
    foreign = record.party is not None and record.party != person.party
    hidden, place = "", record.place
    if foreign and secret:
        hidden, place = "Skyddad uppgift: bara den egna parten ser var och vad.", ""
    elif foreign and kind in OWN_WORDS:
        # The place was typed in the party's own words too: the other one sees the district.
        hidden, place = "Fritexten visas bara för den part som skrev den.", _districts(config, record.place)
    return Shown(
        record=record,
        source=source,
        title="" if hidden else record.title,
        text="" if hidden else record.text,
        url="" if hidden else record.url,
        place=place,
        hidden=hidden,
        reported=kind in OWN_WORDS,
        claims=tuple((_CLAIMS[k], "ja" if record.fields[k] else "nej") for k in _CLAIMS if k in record.fields),
        versions=tuple(_versions(versions, record, with_place=not hidden)),
        changed_later=len(known) < len(versions),
    )


def _versions(versions: Sequence[Record], used: Record, *, with_place: bool) -> Iterator[Version]:
    before: Mapping[str, str] = {}
    for number, version in enumerate(versions):
        facts = _facts(version, with_place)
        changes = [
            f"{name}: {before.get(name) or '–'} → {facts.get(name) or '–'}"
            for name in dict.fromkeys([*before, *facts])
            if number and before.get(name) != facts.get(name)
        ]
        if number and not changes:
            changes = ["Bara ord har ändrats, inget som räknas."]
        yield Version(version.seen_at, version is used, tuple(changes))
        before = facts


def _facts(record: Record, with_place: bool) -> Mapping[str, str]:
    """Return what a record claims in its fields, in words."""
    said = {"Läge": page.ACTIVITY_STATES.get(record.fields.get("state", "none"), ""), "När": page.dated(record.when)}
    if with_place:
        said["Var"] = record.place
    if record.fields.get("count"):
        said["Antal"] = str(record.fields["count"])
    return said | {_CLAIMS[k]: "ja" if record.fields[k] else "nej" for k in _CLAIMS if k in record.fields}


def _districts(config: Config, place: str) -> str:
    found = (d for m in config.municipalities.values() for d in places.find(place, m).districts)
    return ", ".join(dict.fromkeys(found))


def _first_its_own(told: list[Told], figure: Figure) -> list[tuple[bool, Told]]:
    """Return the activities that this very figure counts first, each with whether it does."""
    evidence = set(figure.evidence)
    marked = [(bool(evidence & set(t.activity.record_ids)), t) for t in told]
    return sorted(marked, key=lambda pair: not pair[0])


def _source(config: Config, key: str) -> tuple[str, str]:
    """Return a source's kind and name; one that is gone from the config keeps its id."""
    try:
        source = config.source(key)
    except KeyError:
        return "report", key
    return source.kind, source.name
