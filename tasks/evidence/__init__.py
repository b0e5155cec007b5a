"""Record × commitment → Reading: is it about that commitment, in which state, when, where, how many, and why so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from config.schema import Commitment, Municipality, Promise
from tasks.evidence import days, freetext, reports, states, swedish, topics
from tasks.evidence.freetext import SCORES, Scope
from tasks.model import Dated, Judgement, Reading, Record, State

# So many records are read at a time: enough to look for a word in all at once, and never much memory.
BATCH = 20_000
RULES_VERSION = "2026-11-28.1"


def read(
    records: Sequence[Record],
    promise: Promise,
    municipality: Municipality | None,
    period_filter: bool = True,
) -> list[Reading]:
    """Return what the records say about the promise's commitments; a record about nothing yields nothing.

    `municipality` None reads without a place filter; `period_filter` drops what lies outside the promise's days.
    """
    commitments = [c for c in promise.commitments if c.measure != "duty"]
    scope = Scope(promise, municipality, period_filter)
    found: list[Reading] = []
    for start in range(0, len(records), BATCH):
        found.extend(_read(records[start : start + BATCH], commitments, scope))
    return found


def _read(records: Sequence[Record], commitments: Sequence[Commitment], scope: Scope) -> list[Reading]:
    """Return the readings of some records, in their order."""
    found: list[tuple[int, Reading]] = []
    free: list[int] = []
    for row, record in enumerate(records):
        if record.fields.get("commitment"):
            read = reports.read(record, scope.promise, scope.municipality, RULES_VERSION)
            found.extend((row, r) for r in read)
        else:
            free.append(row)
    candidates = topics.candidates([records[row] for row in free], commitments)
    cache: dict[int, days.Text] = {}
    for commitment, rows in zip(commitments, candidates, strict=True):
        words = topics.words_of(commitment.signals)
        for row in (free[i] for i in rows):
            if row not in cache:
                cache[row] = days.open_record(records[row])
            reading = freetext.read(cache[row], words, commitment, scope)
            if reading is not None:
                found.append((row, _finished(reading, records[row], commitment)))
    debates = _debates(found, records)
    return [r for row, r in sorted(found, key=lambda f: (f[0], f[1].commitment)) if row not in debates]


def _debates(found: Sequence[tuple[int, Reading]], records: Sequence[Record]) -> set[int]:
    """Return the rows of motions and the like that name several commitments' activities and tell of none."""
    rows: dict[int, list[Reading]] = {}
    for row, reading in found:
        rows.setdefault(row, []).append(reading)
    return {
        row
        for row, several in rows.items()
        if len(several) > 1
        and all(r.state == "background" for r in several)
        and states.GENRE.search(swedish.clean(records[row].title).casefold())
    }


def _finished(reading: Reading, record: Record, commitment: Commitment) -> Reading:
    """Return the reading with its question and version, and as context where its source is no more than that."""
    if "occurred_at" in record.fields:
        # A police notice is a selection of call-outs: it never makes or breaks a figure.
        said = (*reading.reasons, "polisens händelsenotis är sammanhang, inte bevis")
        reading = replace(reading, state="background", band="no", score=SCORES["no"], reasons=said, is_total=False)
    elif reading.band == "sure" and reading.state == "held" and record.source not in commitment.evidence_from:
        said = (*reading.reasons, "källan rapporterar inte själv om löftet, men texten säger det rakt ut")
        reading = replace(reading, reasons=said)
    asked = question(reading, record, commitment) if reading.band == "unsure" else ""
    return replace(reading, question=asked, rules_version=RULES_VERSION)


def judged(reading: Reading, record: Record, judgement: Judgement) -> Reading:
    """Return the reading as a person's answer makes it; a changed record that contradicts it asks anew."""
    changed = judgement.seen_sha256 != record.content_sha256
    if changed and _contradicts(reading, record, judgement):
        return replace(
            reading,
            band="unsure",
            score=SCORES["unsure"],
            reasons=(*reading.reasons, "posten har ändrats sedan någon svarade och säger nu något annat"),
        )
    if judgement.verdict == "no":
        return replace(reading, band="no", score=0.0, question="", reasons=(*reading.reasons, "en person svarade nej"))
    if judgement.verdict == "unsure":
        kept = (*reading.reasons, "en person svarade vet inte")
        return replace(reading, band="unsure", score=SCORES["unsure"], question="", reasons=kept)
    return _confirmed(reading, judgement)


def _confirmed(reading: Reading, judgement: Judgement) -> Reading:
    fields = judgement.corrected
    state: State = fields.get("state") or (
        "held" if reading.state in ("background", "promise_text", "none") else reading.state
    )
    when = reports.dated(fields.get("date"))
    place = fields.get("place")
    return replace(
        reading,
        state=state,
        band="sure",
        score=1.0,
        dates=(when,) if when else reading.dates,
        places=(str(place),) if place else reading.places,
        count=int(fields["count"]) if fields.get("count") is not None else reading.count,
        question="",
        reasons=(*reading.reasons, "en person svarade ja" + (" och rättade uppgifterna" if fields else "")),
    )


def _contradicts(reading: Reading, record: Record, judgement: Judgement) -> bool:
    """Tell whether what the record says now goes against what the person answered."""
    if judgement.verdict == "unsure":
        return False
    if judgement.verdict == "no":
        return reading.band == "sure" and reading.state == "held"
    if reading.band == "no" or reading.state == "none":
        return True
    said = judgement.corrected
    called_off = reading.state in ("cancelled", "moved") and said.get("state", "held") == "held"
    when = reports.dated(said.get("date"))
    moved = bool(when and reading.dates and not any(overlaps(when, d) for d in reading.dates))
    return called_off or moved or _elsewhere(reading, said.get("place")) or _other_count(reading, record, said)


def _elsewhere(reading: Reading, place: object) -> bool:
    """Tell whether the record names places, and none of them is the one that the person gave."""
    given = str(place or "").casefold()
    named = [p.casefold() for p in reading.places]
    return bool(given and named) and not any(given in p or p in given for p in named)


def _other_count(reading: Reading, record: Record, said: Mapping[str, Any]) -> bool:
    """Tell whether the record gives another number than the person did; one told without a number gives none."""
    given = said.get("count")
    told = reading.count if reading.count != 1 or record.fields.get("count") else None
    return given is not None and told is not None and told != int(given)


def forgotten(judgement: Judgement, record: Record) -> Reading:
    """Return the reading of a record that the rules take for nothing, and a person has answered yes about."""
    return Reading(
        record_id=record.id,
        record_version=record.version,
        commitment=judgement.right,
        state="none",
        band="unsure",
        score=SCORES["unsure"],
        reasons=("reglerna hittar inte längre löftet i posten, men en person har svarat om den",),
        rules_version=RULES_VERSION,
    )


def overlaps(one: Dated, other: Dated) -> bool:
    """Tell whether two stretches of days share a day."""
    return one.start <= other.end and other.start <= one.end


_ASKS: Mapping[State, str] = {
    "held": "Har {a} genomförts enligt ”{title}”?",
    "planned": "Är {a} planerad enligt ”{title}”?",
    "cancelled": "Har {a} ställts in enligt ”{title}”?",
    "moved": "Har {a} flyttats till en annan dag enligt ”{title}”?",
}
_NEUTER = ("möte", "sök", "tillfälle", "samtal", "brev", "råd", "uppdrag", "projekt", "område")


def question(reading: Reading, record: Record, commitment: Commitment) -> str:
    """Return one Swedish sentence that a person can answer with yes, no or not sure."""
    one, many = commitment.unit
    title = swedish.clean(record.title or record.text)[:90].replace("\n", " ") or record.id
    article = "ett" if one.endswith(_NEUTER) else "en"
    activity = f"{reading.count} {many}" if reading.count and reading.count > 1 else f"{article} {one}"
    form = _ASKS.get(reading.state, "Handlar ”{title}” om {a}?")
    if article == "ett" and not activity[0].isdigit():
        form = form.replace("planerad", "planerat")
    elif activity[0].isdigit():
        form = form.replace("planerad", "planerade")
    return form.format(a=activity, title=title)
