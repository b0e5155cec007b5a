"""What staff claim about an activity, from a log's row or the form: one vocabulary, one way to become a record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from config.schema import Source
from tasks.dates import dated, day, moment, span
from tasks.model import Dated, Party, Record, digest
from tasks.plaintext import address, one_line, tidy

# What a column or key may be called, Swedish and English; compared without case, blanks and punctuation.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "nr", "nummer", "löpnummer", "aktivitetsid", "rapportid", "activity id"),
    "commitment": ("commitment", "löfte", "löftespunkt", "löftesid", "åtagande", "aktivitetspunkt", "punkt", "promise"),
    "state": ("state", "status", "läge", "utfall"),
    "title": ("title", "titel", "rubrik", "aktivitet", "activity", "namn på aktivitet"),
    "date": ("date", "datum", "startdatum", "från", "från och med", "fr o m", "start", "start date", "from", "when"),
    "end": ("end", "slutdatum", "slut", "till", "till och med", "t o m", "tom", "end date", "to"),
    "place": ("place", "plats", "ort", "område", "location"),
    "text": ("text", "beskrivning", "kommentar", "vad gjordes", "anteckning", "description", "notes"),
    "count": ("count", "antal", "antal tillfällen", "antal aktiviteter"),
    "participants": ("participants", "deltagare", "antal deltagare"),
    "police_took_part": ("police took part", "polisen deltog", "polis deltog", "polisen medverkade", "polis med"),
    "municipality_took_part": ("municipality took part", "kommunen deltog", "kommun deltog", "kommunen medverkade"),
    "at_school": ("at school", "på skola", "på en skola", "skola"),
    "link": ("link", "länk", "url", "webbadress", "källa"),
    "reported": ("reported", "reported at", "rapporterad", "rapporterat", "rapportdatum", "inrapporterad"),
    "party": ("party", "part", "ansvarig part", "uppgiftslämnare", "by"),
    "moved_to": ("moved to", "flyttad till", "flyttat till", "nytt datum", "new date"),
    "withdrawn_because": ("withdrawn because", "återtagen för att"),
}
CONDITIONS = ("police_took_part", "municipality_took_part", "at_school")
_STATES: Mapping[str, tuple[str, ...]] = {
    "held": ("held", "done", "completed", "genomförd", "genomfört", "genomförda", "hållen", "hållet", "utförd", "klar"),
    "planned": ("planned", "planerad", "planerat", "planerade", "inplanerad", "kommande", "bokad"),
    "cancelled": ("cancelled", "canceled", "inställd", "inställt", "inställda", "avlyst", "avbokad", "ej genomförd"),
    "moved": ("moved", "postponed", "flyttad", "flyttat", "framflyttad", "uppskjuten", "senarelagd"),
    "nil_report": ("nil report", "nil_report", "nothing to report", "inget att rapportera", "ingenting att rapportera"),
    # Said in error: the row stands for nothing any more.
    "withdrawn": ("withdrawn", "återtagen", "återtaget", "återtagna"),
}
_YES = frozenset({"ja", "j", "yes", "y", "true", "sant", "1", "x"})
_NO = frozenset({"nej", "n", "no", "false", "falskt", "0"})
_PARTIES: Mapping[str, Party] = {
    **dict.fromkeys(("police", "polis", "polisen"), "police"),
    **dict.fromkeys(("municipality", "kommun", "kommunen"), "municipality"),
}
_NOT_KNOWN = frozenset({"", "-", "?", "okänt", "ej känt", "vet ej", "unknown", "saknas"})
_NO_NUMBER = frozenset({"flera", "några", "ett antal", "många", "löpande", "several"})
_PEOPLE = re.compile(
    r"(?:(?:ca|cirka|omkring|ungefär)\.? ?)?(\d{1,6})(?:[.,]0+)?(?: ?(?:st|personer|deltagare))?", re.ASCII
)
_COMMITMENT = re.compile(r"([a-z])\s?0*([1-9]\d?)\b.*", re.I | re.ASCII)
_CALLED_OFF = re.compile(r"[\s*!\[(]*inställ[tda]{1,2}\b[\s*!:.,;\])–-]*", re.I)


class Unclear(ValueError):
    """A claim that can't be understood: the reason in Swedish, with the mend."""


@dataclass
class Remarks:
    """What was let through but should be looked at, counted so that a long file gives a short list."""

    seen: Counter[str] = field(default_factory=Counter)

    def add(self, sentence: str) -> None:
        """Count one more of the same remark."""
        self.seen[sentence] += 1

    def sentences(self, owner: str) -> tuple[str, ...]:
        """Return each remark once, with how many times it was met."""
        return tuple(f"{owner}: {s}" + (f" ({n} gånger)" if n > 1 else "") for s, n in self.seen.items())


def canonical_name(header: str) -> str | None:
    """Return the claim that a column header or key stands for, None if it stands for none that we know."""
    return _BY_ALIAS.get(_bare(header))


def called_off(title: str) -> tuple[str, bool]:
    """Return a title without a leading INSTÄLLT, and whether it had one: calendars cancel by prefix."""
    match = _CALLED_OFF.match(title)
    if not match or not (rest := title[match.end() :].strip()):
        return title, bool(match)
    return rest, True


def record(source: Source, claims: Mapping[str, str], remarks: Remarks, ordinals: Counter[str]) -> Record:
    """Return one row of claims (canonical names, text values) as a record; Unclear if it can't be one.

    `ordinals` counts rows that look alike within one payload, so that rows without an id get stable ones.
    """
    said = {name: one_line(value, 5000) if name != "text" else tidy(value) for name, value in claims.items()}
    state = _state(said.get("state", ""))
    commitment, named = _commitment(said.get("commitment", ""))
    when = _when(said.get("date", ""), said.get("end", ""), state)
    place, text = said.get("place", ""), said.get("text", "")
    fields: dict[str, Any] = {
        "commitment": commitment,
        "state": state,
        "count": _count(said.get("count", ""), state),
        "participants": _participants(said.get("participants", ""), remarks),
        "moved_to": _moved_to(said.get("moved_to", "")),
        "withdrawn_because": said.get("withdrawn_because", "") if state == "withdrawn" else "",
        **{name: _yes_no(name, said.get(name, ""), remarks) for name in CONDITIONS},
    }
    link = address(said.get("link", ""))
    if said.get("link") and not link:
        remarks.add("en länk är ingen webbadress och togs inte med.")
    return Record(
        source=source.id,
        external_id=said.get("id") or _stable_id(source, commitment or named, when, place, ordinals),
        title=_title(said.get("title", ""), named, text, commitment, place),
        text=text,
        url=link,
        published_at=_reported(said.get("reported", "")),
        when=when,
        place=place,
        party=_party(said.get("party", ""), source, remarks),
        fields={name: value for name, value in fields.items() if value is not None and value != ""},
    )


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", one_line(text, 200).lower())


_BY_ALIAS = {_bare(alias): name for name, aliases in _ALIASES.items() for alias in (name, *aliases)}
_BY_STATE = {_bare(alias): name for name, aliases in _STATES.items() for alias in aliases}


def _state(text: str) -> str:
    if text.lower() in _NOT_KNOWN:
        return ""
    if (known := _BY_STATE.get(_bare(text))) is None:
        options = "genomförd, planerad, inställd, flyttad, inget att rapportera eller återtagen"
        raise Unclear(f"okänd status {text[:60]!r}; skriv {options}")
    return known


def _commitment(text: str) -> tuple[str, str]:
    """Return a commitment id such as c5, and the words used when there is none."""
    if match := _COMMITMENT.fullmatch(text):
        return f"{match[1].lower()}{match[2]}", ""
    return "", text


def _when(first: str, last: str, state: str) -> Dated | None:
    """Return the days a row is about; for a nil report, the period it covers."""
    start, end = _field_date("datum", first), _field_date("slutdatum", last)
    if start and end:
        if end.end < start.start:
            raise Unclear(f"slutdatum {last!r} ligger före datum {first!r}; rätta ett av dem")
        start = span(start.start, end.end)
    elif end:
        raise Unclear("slutdatum finns men datum saknas; fyll i datum")
    if state == "nil_report":
        if not start:
            raise Unclear("inget att rapportera, men perioden saknas; fyll i datum och slutdatum")
        return start if start.precision == "day" else Dated(start.start, start.end, "period")
    return start


def _field_date(name: str, text: str) -> Dated | None:
    if text.lower() in _NOT_KNOWN:
        return None
    if (found := dated(text)) is None:
        raise Unclear(f"{name} {text[:60]!r} är inget datum som finns; skriv som 2021-10-14")
    return found


def _count(text: str, state: str) -> int | None:
    bare = text.lower()
    if bare in _NOT_KNOWN or bare in _NO_NUMBER:
        return None
    match = re.fullmatch(r"(\d{1,6})(?:[.,]0+)?(?: ?(?:st|stycken|tillfällen?))?", bare, re.ASCII)
    if not match:
        raise Unclear(f"antal {text[:60]!r} är inget heltal; skriv med siffror")
    number = int(match[1])
    if number == 0 and state != "nil_report":
        raise Unclear("antal är 0; skriv status inget att rapportera om inget har gjorts")
    return number or None


def _participants(text: str, remarks: Remarks) -> int | None:
    if text.lower() in _NOT_KNOWN:
        return None
    match = _PEOPLE.fullmatch(text.lower())
    if not match:
        remarks.add("antal deltagare är inget tal och togs inte med.")
        return None
    return int(match[1])


def _moved_to(text: str) -> str | None:
    if text.lower() in _NOT_KNOWN:
        return None
    found: date | None = day(text)
    if found is None:
        raise Unclear(f"flyttad till {text[:60]!r} är ingen dag som finns; skriv som 2021-10-14")
    return found.isoformat()


def _yes_no(name: str, text: str, remarks: Remarks) -> bool | None:
    bare = text.lower()
    if bare in _YES or bare in _NO:
        return bare in _YES
    if bare not in _NOT_KNOWN:
        # Not known is the careful reading: a condition counts only when somebody has said yes.
        remarks.add(f"{_ALIASES[name][1]} är varken ja eller nej och räknas som okänt.")
    return None


def _reported(text: str) -> datetime | None:
    if text.lower() in _NOT_KNOWN:
        return None
    found = day(text)
    read = moment(text) or (moment(found.isoformat()) if found else None)
    if read is None:
        raise Unclear(f"rapporterad {text[:60]!r} är ingen tid som finns; skriv som 2021-10-14")
    return read


def _party(text: str, source: Source, remarks: Remarks) -> Party | None:
    if text.lower() in _NOT_KNOWN:
        return source.party
    known = _PARTIES.get(text.lower())
    if known is None:
        remarks.add("part är varken polis eller kommun; källans egen part används.")
    return known or source.party


def _title(title: str, named: str, text: str, commitment: str, place: str) -> str:
    """Return the given title, else the first sentence of the text, else what little is known."""
    first = re.split(r"(?<=[.!?])\s", one_line(text, 1000), maxsplit=1)[0]
    known = " ".join(p for p in (commitment, place) if p)
    return one_line(title or named or first, 200) or (f"Rapport {known}" if known else "Rapport utan text")


def _stable_id(source: Source, commitment: str, when: Dated | None, place: str, ordinals: Counter[str]) -> str:
    """Return an id that stays when the state or the text of the row changes, but not its day or place."""
    key = "|".join((source.id, commitment, when.start.isoformat() if when else "", place.casefold()))
    ordinals[key] += 1
    return f"rad-{digest(f'{key}|{ordinals[key]}')[:16]}"
