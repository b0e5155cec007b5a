"""The evidence drawer: one figure, what was counted and what was not, and every record it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, HTTPException, Response

from config import Config
from config.schema import Commitment, Person
from flows.review.auth import Reading
from flows.review.drafts import DraftId, existing
from tasks.evidence import places
from tasks.model import Activity, Draft, Figure, Judgement, PairScore, Record
from tasks.store import Db, matches, records

router = APIRouter(prefix="/utkast")
# What staff wrote for their own authority; the other one sees its structure, never its words.
OWN_WORDS = ("report", "activity_log")
_CLAIMS = {
    "police_took_part": "Polisen var med",
    "municipality_took_part": "Kommunen var med",
    "at_school": "På en skola",
}


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
    versions: tuple[Record, ...]
    # The source changed it after this follow-up was made.
    changed_later: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One activity with the records that tell of it, and why they were taken for the same."""

    activity: Activity
    records: tuple[Shown, ...]
    merged: tuple[str, ...]
    answers: tuple[Judgement, ...]


@router.get("/{draft_id}/siffra/{token}")
def figure(visit: Reading, draft_id: DraftId, token: str) -> Response:
    """Show what one figure rests on."""
    config = visit.review.config
    with visit.review.store.reading() as db:
        draft = existing(db, draft_id)
        promise = config.promises[draft.promise]
        shown = next((f for f in draft.followup.figures if f.token == token), None)
        if shown is None:
            raise HTTPException(404)
        outcome = next((o for o in draft.followup.outcomes if o.commitment == token.split(".")[0]), None)
        commitment = promise.commitment(outcome.commitment) if outcome else None
        counted = _told(db, config, draft, commitment, outcome.activities if outcome else (), visit.person)
        others = _told(db, config, draft, commitment, outcome.not_counted if outcome else (), visit.person)
        known = {r.record.id for t in (*counted, *others) for r in t.records}
        loose = _records(db, config, draft, commitment, [r for r in shown.evidence if r not in known], visit.person)
    return visit.page(
        "figure.html",
        active="board",
        draft=draft,
        figure=shown,
        outcome=outcome,
        commitment=commitment,
        counted=_first_its_own(counted, shown),
        others=others,
        loose=loose,
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
        versions=tuple(versions),
        changed_later=len(known) < len(versions),
    )


def _districts(config: Config, place: str) -> str:
    found = (d for m in config.municipalities.values() for d in places.find(place, m).districts)
    return ", ".join(dict.fromkeys(found))


def _told(
    db: Db,
    config: Config,
    draft: Draft,
    commitment: Commitment | None,
    activities: Iterable[Activity],
    person: Person,
) -> list[Told]:
    pairs = matches.derived(db, draft.promise)[1]
    answers = matches.answers(db, draft.promise)
    found = []
    for activity in activities:
        ids = set(activity.record_ids)
        found.append(
            Told(
                activity=activity,
                records=tuple(_records(db, config, draft, commitment, activity.record_ids, person)),
                merged=tuple(dict.fromkeys(reason for p in _joining(pairs, ids) for reason in p.reasons)),
                answers=tuple(j for j in answers if j.left in ids and (j.question == "evidence" or j.right in ids)),
            )
        )
    return found


def _joining(pairs: Iterable[PairScore], ids: set[str]) -> list[PairScore]:
    return [p for p in pairs if p.left in ids and p.right in ids]


def _records(
    db: Db, config: Config, draft: Draft, commitment: Commitment | None, ids: Iterable[str], person: Person
) -> list[Shown]:
    secret = commitment is not None and commitment.disclosure != "public"
    found = [records.versions(db, key) for key in ids]
    return [shown_record(config, versions, draft.followup.as_of, person, secret) for versions in found if versions]


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
