"""A staff member's filled-in form: what each commitment asks for, what may be said of it, and what it claims."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from config.schema import Commitment, Municipality, Party, Promise, Source
from tasks import dates
from tasks.model import Period, Record, Refused
from tasks.periods import periods, span_name
from tasks.plaintext import address, one_line, tidy
from tasks.screening import Kind, Screened, screen

# Longer than any report needs to be; what a whole notebook holds doesn't belong here.
LONGEST_TEXT = 2000
STATES: Mapping[str, str] = {"held": "genomförd", "planned": "planerad", "moved": "flyttad", "cancelled": "inställd"}
_OWN_PART: Mapping[Party, str] = {"police": "police_took_part", "municipality": "municipality_took_part"}
QUESTIONS: Mapping[str, str] = {
    "police_took_part": "Var polisen med?",
    "municipality_took_part": "Var kommunen med?",
    "at_school": "Var det på en skola?",
}
# Chosen, never typed: a reason in free words would have to be screened, and nobody needs one.
WITHDRAWN_BECAUSE: Mapping[str, str] = {
    "dubblett": "rapporterad två gånger",
    "fel-del": "hör till en annan del av löftet",
    "misstag": "rapporterad av misstag",
}
_FIELDS = ("date", "end", "moved_to", "place", "spot", "count", "participants", "link", "text")
_NAMES = {
    "date": "datum",
    "end": "slutdatum",
    "moved_to": "nytt datum",
    "place": "plats",
    "spot": "plats",
    "count": "antal",
    "participants": "deltagare",
    "link": "länk",
    "text": "fritext",
}


@dataclass(frozen=True, slots=True)
class Submission:
    """What a person filled in, as typed; a missing answer is empty."""

    commitment: str
    # held, planned, moved, cancelled, nil_report
    state: str
    # The form's own number: the same form sent twice is one report.
    form: str = ""
    # Where the commitment is answered per period: its id.
    period: str = ""
    date: str = ""
    end: str = ""
    moved_to: str = ""
    # A district of the municipality, and a place in or beside it in the person's own words.
    place: str = ""
    spot: str = ""
    count: str = ""
    participants: str = ""
    link: str = ""
    text: str = ""
    # Condition → "ja", "nej" or "vet ej"
    conditions: Mapping[str, str] = field(default_factory=dict)
    # The report that this one corrects (its id within the source), and the version that the person saw.
    corrects: str = ""
    seen_version: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission that may be kept: its id, its claims with personal data masked, and what was found."""

    id: str
    claims: Mapping[str, Any]
    period: str
    screened: Screened

    @property
    def hidden(self) -> tuple[Kind, ...]:
        """The kinds of personal data found."""
        return self.screened.kinds


def reports(commitment: Commitment, party: Party) -> bool:
    """Return whether a party reports a commitment: its own, a shared one, or one that counts its taking part."""
    return commitment.measure != "duty" and (
        commitment.party in (party, "both") or _OWN_PART[party] in commitment.conditions
    )


def by_period(commitment: Commitment) -> bool:
    """Return whether only yes or no for a whole period may be said: nothing that tells of a single visit."""
    return commitment.disclosure == "yes_no"


def fields(commitment: Commitment) -> tuple[str, ...]:
    """Return the fields that the commitment's disclosure class lets people fill in: what isn't needed isn't asked."""
    if by_period(commitment):
        return ()
    if commitment.disclosure != "public":
        return ("date", "count")
    return tuple(f for f in _FIELDS if f != "count" or commitment.measure != "once")


def states(commitment: Commitment) -> Mapping[str, str]:
    """Return the states that may be reported; what is protected is never told of before it is done."""
    return STATES if commitment.disclosure == "public" else {"held": STATES["held"]}


def may_say_nothing(commitment: Commitment, source: Source) -> bool:
    """Return whether this source's word that there is nothing to report would count."""
    return commitment.measure != "duty" and source.id in commitment.evidence_from


def whole_period_id(promise: Promise, commitment: Commitment, period: Period) -> str:
    """Return the id of a party's answer for a whole period: there is one, whoever gives it."""
    return f"{promise.slug}-{commitment.id}-{period.id}"


def ended(promise: Promise, today: date) -> tuple[Period, ...]:
    """Return the periods that are over and can be answered as a whole, newest first."""
    return tuple(p for p in reversed(periods(promise)) if p.end < today)


def check(submission: Submission, promise: Promise, municipality: Municipality, source: Source, today: date) -> Checked:
    """Return the submission as claims; Refused says, one line each, what must be mended."""
    commitment = next((c for c in promise.commitments if c.id == submission.commitment), None)
    if commitment is None or source.party is None or not reports(commitment, source.party):
        raise Refused("Din part rapporterar inte den här delen av löftet.")
    if submission.state == "nil_report" or by_period(commitment):
        return _whole_period(submission, commitment, promise, source, today)
    problems = [*_foreign_fields(submission, commitment), *_wrong_values(submission, commitment, promise, today)]
    if problems:
        raise Refused("\n".join(problems))
    return _activity(submission, commitment, promise, municipality)


def filled(record: Record, municipality: Municipality) -> Submission:
    """Return the form as it would be filled in to say what a record says."""
    districts = {p.name for p in municipality.places}
    district, _, spot = record.place.partition(", ")
    if district not in districts:
        district, spot = "", record.place
    when, said = record.when, record.fields
    whole = when is not None and when.start != when.end
    return Submission(
        commitment=str(said.get("commitment", "")),
        state=str(said.get("state", "")),
        date=when.start.isoformat() if when else "",
        end=when.end.isoformat() if when and whole else "",
        moved_to=str(said.get("moved_to", "")),
        place=district,
        spot=spot,
        count=str(said.get("count", "")),
        participants=str(said.get("participants", "")),
        link=record.url,
        text=record.text,
        conditions={k: "vet ej" if said.get(k) is None else "ja" if said[k] else "nej" for k in QUESTIONS},
        corrects=record.external_id,
        seen_version=record.version,
    )


def withdrawal(record: Record, promise: Promise, reason: str) -> Checked:
    """Return what is kept when a report is taken back: what it was about and why, nothing more of what it said."""
    if reason not in WITHDRAWN_BECAUSE:
        raise Refused("Välj varför rapporten ska återtas.")
    when = record.when
    claims = {
        "id": record.external_id,
        "commitment": record.fields.get("commitment"),
        "state": "withdrawn",
        "title": record.title,
        "date": when.start.isoformat() if when else "",
        "end": when.end.isoformat() if when and when.start != when.end else "",
        "withdrawn_because": WITHDRAWN_BECAUSE[reason],
    }
    period = _period_of(when.start if when else promise.signed, periods(promise))
    return Checked(record.external_id, {k: v for k, v in claims.items() if v}, period, screen(""))


def _whole_period(
    submission: Submission, commitment: Commitment, promise: Promise, source: Source, today: date
) -> Checked:
    if submission.state not in ("held", "nil_report"):
        raise Refused(f"{commitment.heading}: svara ja eller inget att rapportera.")
    extra = [name for name in _FIELDS if getattr(submission, name).strip()]
    if extra or any(v.strip() for v in submission.conditions.values()):
        raise Refused(f"{commitment.heading}: här tas bara emot ja eller nej för en hel period, inga andra uppgifter.")
    if submission.state == "nil_report" and not may_say_nothing(commitment, source):
        raise Refused(f"{commitment.heading}: det är den andra parten som rapporterar om det inte finns något.")
    period = next((p for p in ended(promise, today) if p.id == submission.period), None)
    if period is None:
        raise Refused("Välj en period som är slut.")
    key = whole_period_id(promise, commitment, period)
    claims = {
        "id": key,
        "commitment": commitment.id,
        "state": submission.state,
        "title": commitment.heading,
        "date": period.start.isoformat(),
        "end": period.end.isoformat(),
    }
    return Checked(key, claims, period.id, screen(""))


def _foreign_fields(submission: Submission, commitment: Commitment) -> list[str]:
    allowed = fields(commitment)
    extra = dict.fromkeys(_NAMES[f] for f in _FIELDS if f not in allowed and getattr(submission, f).strip())
    if not extra:
        return []
    return [f"{commitment.heading}: lämna inte uppgift om {' eller '.join(extra)}. Det ska inte sparas här."]


def _wrong_values(submission: Submission, commitment: Commitment, promise: Promise, today: date) -> list[str]:
    return [
        *_wrong_form(submission),
        *_wrong_days(submission, commitment, promise, today),
        *_wrong_numbers(submission),
        *_wrong_words(submission),
        *_unanswered(submission, commitment),
    ]


def _wrong_form(submission: Submission) -> list[str]:
    number, pattern = (
        (submission.corrects, r"[\w.:-]{1,150}") if submission.corrects else (submission.form, r"[0-9a-f]{16,64}")
    )
    if re.fullmatch(pattern, number, re.ASCII):
        return []
    return ["Formuläret är ofullständigt. Ladda om sidan och fyll i det igen."]


def _wrong_days(submission: Submission, commitment: Commitment, promise: Promise, today: date) -> list[str]:
    if submission.state not in states(commitment):
        return [f"Läge: välj {', '.join(states(commitment).values())}."]
    start, end, moved = (day_of(v, promise) for v in (submission.date, submission.end, submission.moved_to))
    if start is None:
        return [f"Datum: skriv en dag som finns, till exempel {promise.signed}."]
    found = []
    if (submission.end and end is None) or (end and end < start):
        found.append("Slutdatum: skriv en dag som inte ligger före datumet, eller lämna tomt.")
    last = max(d for d in (start, end) if d)
    if start < promise.signed or last > promise.ends:
        found.append(f"Datum: löftet gäller {span_name(promise.signed, promise.ends)}.")
    if submission.state == "held" and last > today:
        found.append("Datum: det som är genomfört kan inte ligga i framtiden. Välj planerad i stället.")
    if submission.moved_to and (moved is None or moved == start):
        found.append("Nytt datum: skriv en annan dag än den som gällde förut.")
    if submission.moved_to and submission.state != "moved":
        found.append("Nytt datum: fylls bara i när läget är flyttad.")
    return found


def _wrong_numbers(submission: Submission) -> list[str]:
    found = []
    for name, value in (("Antal", submission.count), ("Deltagare", submission.participants)):
        bare = value.strip()
        if bare and not (re.fullmatch(r"\d{1,5}", bare, re.ASCII) and int(bare) >= 1):
            found.append(f"{name}: skriv ett heltal från 1 och uppåt, eller lämna tomt.")
    return found


def _wrong_words(submission: Submission) -> list[str]:
    found = []
    link = submission.link.strip()
    if link and not (link.startswith("https://") and address(link)):
        found.append("Länk: adressen ska börja med https://.")
    elif {"personal_number", "email"} & set(screen(link).kinds):
        found.append("Länk: adressen innehåller en personuppgift. Välj en annan länk.")
    if len(submission.text) > LONGEST_TEXT:
        found.append(f"Fritext: skriv högst {LONGEST_TEXT} tecken.")
    if len(submission.spot) > 100:
        found.append("Plats: skriv högst 100 tecken.")
    return found


def _unanswered(submission: Submission, commitment: Commitment) -> list[str]:
    """Return the conditions that a held activity leaves open: a count rests on them, so not knowing is said aloud."""
    answers = {c: submission.conditions.get(c, "") for c in commitment.conditions}
    return [
        f"{QUESTIONS[c]} Svara ja, nej eller vet ej."
        for c, said in answers.items()
        if said not in ("ja", "nej", "vet ej") and (said or submission.state == "held")
    ]


def _activity(submission: Submission, commitment: Commitment, promise: Promise, municipality: Municipality) -> Checked:
    names = [n for p in municipality.places for n in (p.name, *p.aliases)]
    if submission.place and submission.place not in names:
        raise Refused("Plats: välj en av platserna i listan, eller skriv i fältet bredvid.")
    text, spot = tidy(submission.text), one_line(submission.spot)
    # Together: a young person in the text and a school in the place point at somebody as surely as in one sentence.
    together = screen("\n".join(t for t in (submission.place, spot, text) if t), names)
    place = ", ".join(p for p in (submission.place, screen(spot, names).masked) if p)
    key = submission.corrects or f"{promise.slug}-{commitment.id}-{submission.form}"
    days = {name: day_of(getattr(submission, name), promise) for name in ("date", "end", "moved_to")}
    claims: dict[str, Any] = {
        "id": key,
        "commitment": commitment.id,
        "state": submission.state,
        "title": commitment.unit[0].capitalize(),
        **{name: found.isoformat() for name, found in days.items() if found},
        "place": place,
        "count": submission.count.strip(),
        "participants": submission.participants.strip(),
        "link": address(submission.link),
        "text": screen(text, names).masked,
        "conditions": {
            c: said for c in commitment.conditions if (said := submission.conditions.get(c)) in ("ja", "nej")
        },
    }
    period = _period_of(days["date"] or promise.signed, periods(promise))
    return Checked(key, {k: v for k, v in claims.items() if v}, period, together)


def _period_of(day: date, every: Sequence[Period]) -> str:
    return next((p.id for p in every if p.start <= day <= p.end), "")


def day_of(text: str, promise: Promise) -> date | None:
    """Return the day that a person typed, as people write days of the promise's own time; None if it is none."""
    return dates.day_within(text.strip(), promise.signed, promise.ends) if text.strip() else None
