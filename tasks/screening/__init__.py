"""Personal data in free text: what to mask, and what must not be stored at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tasks.evidence.calendar_sv import MONTHS
from tasks.screening import person_names
from tasks.screening.person_names import WORDS

Kind = Literal["personal_number", "minor", "name", "phone", "email", "address", "registration"]
Severity = Literal["clean", "mask", "quarantine"]
# What stands in the text instead, and what the kind is called (shown to people as it stands).
REPLACEMENTS: dict[Kind, str] = {
    "personal_number": "[personnummer]",
    "minor": "[uppgift om en ung person]",
    "name": "[namn]",
    "phone": "[telefonnummer]",
    "email": "[e-postadress]",
    "address": "[adress]",
    "registration": "[registreringsnummer]",
}
# Where two overlap, the graver one is told.
_ORDER: tuple[Kind, ...] = ("personal_number", "email", "phone", "minor", "address", "registration", "name")


@dataclass(frozen=True, slots=True)
class Finding:
    """One stretch of a text that may point at a person."""

    start: int
    end: int
    kind: Kind

    @property
    def replacement(self) -> str:
        """What stands in the text instead."""
        return REPLACEMENTS[self.kind]


@dataclass(frozen=True, slots=True)
class Screened:
    """A text with what was found in it, in order and without overlaps."""

    text: str
    findings: tuple[Finding, ...]
    severity: Severity

    @property
    def masked(self) -> str:
        """The text with every finding replaced."""
        parts, at = [], 0
        for finding in self.findings:
            parts += [self.text[at : finding.start], finding.replacement]
            at = finding.end
        return "".join([*parts, self.text[at:]])

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds found, the gravest first."""
        found = {f.kind for f in self.findings}
        return tuple(k for k in REPLACEMENTS if k in found)


def screen(text: str, places: Iterable[str] = ()) -> Screened:
    """Return what in a text may point at a person; `places` are names that are never a person's.

    Quarantine: a personal number, or a young person together with a school, a place, a name or an address.
    """
    known = frozenset(w.casefold() for p in places for w in p.split()) | WORDS
    found: list[Finding] = []
    for kind in _ORDER:
        for start, end in _FINDERS[kind](text, known):
            if all(end <= f.start or start >= f.end for f in found):
                found.append(Finding(start, end, kind))
    found.sort(key=lambda f: f.start)
    return Screened(text, tuple(found), _severity(text, {f.kind for f in found}, known))


def masked(text: str, places: Iterable[str] = ()) -> str:
    """Return the text with everything that may point at a person replaced."""
    return screen(text, places).masked


def in_words(kinds: Iterable[Kind]) -> str:
    """Return kinds of personal data as people say them: namn, adress och telefonnummer."""
    words = [REPLACEMENTS[k].strip("[]") for k in kinds]
    return " och ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _severity(text: str, kinds: set[Kind], known: frozenset[str]) -> Severity:
    if not kinds:
        return "clean"
    if "personal_number" in kinds:
        return "quarantine"
    if "minor" in kinds and (kinds & {"name", "address"} or _SCHOOL.search(text) or _names_a_place(text, known)):
        return "quarantine"
    return "mask"


def _names_a_place(text: str, known: frozenset[str]) -> bool:
    words = {w.casefold() for w in re.findall(r"[A-ZÅÄÖ]\w+", text)}
    return bool(_SPOT.search(text)) or any(w in known - WORDS or w.removesuffix("s") in known - WORDS for w in words)


_SCHOOL = re.compile(r"(?i)skol(?:a|an|ans|or|orna)\b|skolgård|gymnasi|läroverk|fritids")
_SPOT = re.compile(r"\b(?:i|på|vid|från|nära|utanför|hos) [A-ZÅÄÖ][\wé-]+")
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))

# --- numbers -----------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"(?<![\d/:.+-])(19|20)?(\d\d)(0\d|1[0-2])([0-3]\d|[6-9]\d)( ?[-+–] ?| )?(\d{4})(?![\d-]|\.\d)")
# 0604 12-1234: a blank where none belongs
_DASHED = re.compile(r"(?<![\d/])(?:19|20)?(\d\d)[-. ]?(0\d|1[0-2])[-. ]([0-3]\d|[6-9]\d) ?[-+–] ?(\d{4})(?![\d-])")
_BORN = re.compile(
    r"(?i)\b(?:född|födda|födelsedatum|f\.|pnr|pers\.?nr|personnr|personnummer|samordningsnummer)(?: den|:)? ?"
    r"((?:19|20)?\d\d-?(?:0\d|1[0-2])-?(?:[0-3]\d|[6-9]\d)(?:[-+–]?[\dXx*]{2,4})?)(?!\d)"
)
_BORN_NAMED = re.compile(rf"(?i)\b(?:född|födda) (?:den )?(\d{{1,2}}(?: (?:{_MONTH}) |/\d{{1,2}}[ -])(?:19|20)\d\d)")


def _personal_numbers(text: str, _known: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in _NUMBER.finditer(text):
        century, year, month, day, separator, last = match.groups()
        right = _day_exists(month, day) and _checksum(year + month + day + last)
        # A slip of the pen gives a wrong check digit and still points at somebody; but ten bare digits may be a
        # telephone number, and a day may be followed by a time of day.
        near = bool(_day_exists(month, day) and (century or (separator and separator.strip())))
        time = separator == " " and last[:2] < "24" and last[2:] < "60"
        if right or (near and not time):
            yield match.span()
    for match in _DASHED.finditer(text):
        if _day_exists(match[2], match[3]):
            yield match.span()
    for pattern in (_BORN, _BORN_NAMED):
        for match in pattern.finditer(text):
            yield match.span(1)


def _day_exists(month: str, day: str) -> bool:
    number = int(day) - 60 if int(day) > 60 else int(day)  # a coordination number's day is 60 higher
    return 1 <= int(month) <= 12 and 1 <= number <= 31


def _checksum(ten: str) -> bool:
    """Tell whether ten digits pass the Luhn test."""
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(ten)]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


_PHONE = re.compile(
    r"(?<![\w/:.–-])(?:46(?=7\d{8}\b)|(?:\+|00)\d{2,3}[ -]?(?:\(0\)[ -]?)?\d{1,3}|\(0\d{1,3}\)|0\d{1,3})"
    r"(?: ?[-–/] ?|[ .])?\d{2,4}(?:[ .-]?\d{2,3}){1,3}(?![\d/]|[.:-]\d)"
)
_TWO_DAYS = re.compile(r"\d{6}-\d{6}")
_NO_PHONE = re.compile(r"(?i)(?:dnr|diarienr|diarienummer|ärende\w*|org\.?nr|organisationsnummer|bankgiro|artikel)\W*$")


def _phones(text: str, _known: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        digits = sum(c.isdigit() for c in match[0])
        if (
            8 <= digits <= 13
            and not _TWO_DAYS.fullmatch(match[0])
            and not _NO_PHONE.search(text[max(0, match.start() - 24) : match.start()])
        ):
            yield match.span()


# Lengths as in the standard: without them a long word would be tried from each of its letters to its end.
_EMAIL = re.compile(
    r"(?i)(?<![\w.+-])[\w.+-]{1,64} ?(?:@|[(\[](?:at|snabel-?a)[)\]]|snabel-?a ) ?"
    r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,5}(?:\.| punkt )[a-z]{2,24}\b"
)


def _emails(text: str, _known: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        yield match.span()


_REGISTRATION = re.compile(r"(?<![\w-])([A-HJ-PR-UW-Z]{3})[ -]?\d\d[\dA-HJ-PR-UW-Z](?![\w:/.-]*\w)")
_REGISTRATION_SAID = re.compile(
    r"(?i)\b(?:reg\.?\s?nr|reg(?:istrerings)?nummer|regnummer|skylten)(?: är|:)? ([a-z]{3} ?\d\d[\da-z])\b"
)
# Three letters and a number that are no vehicle.
_ACRONYMS = frozenset(
    (
        "EPA",
        "EST",
        "BRA",
        "OSL",
        "SOU",
        "SFS",
        "LVU",
        "LSS",
        "HVB",
        "SSP",
        "NTU",
        "SMS",
        "CSN",
        "SCB",
        "DNR",
        "BUP",
        "SKR",
    )
)


def _registrations(text: str, _known: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in _REGISTRATION.finditer(text):
        if match[1] not in _ACRONYMS:
            yield match.span()
    for match in _REGISTRATION_SAID.finditer(text):
        yield match.span(1)


_ADDRESS = re.compile(
    r"\b(?:(?:Norra|Södra|Östra|Västra|Stora|Lilla|Gamla|Nya|[A-ZÅÄÖ][a-zåäö]+s) )?"
    r"(?!(?:Riks|Läns|Europa|Motor)vägen? )[A-ZÅÄÖ][a-zåäöé]*(?:gatan|gata|vägen|väg|gränd|gränden|stigen|allén|"
    r"backen|torget|platsen|liden|leden|slingan|stranden)"
    # "2–6" is a row of doors.
    rf" \d{{1,3}}(?: ?[A-Ha-h])?(?: ?[–-] ?\d{{1,3}}(?!\d))?(?: ?[A-Ha-h])?\b"
    rf"(?! ?(?:{_MONTH}|kl|personer|st|barn|deltagare|ungdomar)\b|[.:–/-]\d)"
    r"(?:,? (?:lgh|lägenhet) \d{3,4})?"
)


def _addresses(text: str, _known: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in _ADDRESS.finditer(text):
        if not re.match(r"(?:Riks|Läns|Motor)?[Vv]äg ", match[0]):
            yield match.span()


# --- young people ------------------------------------------------------------------------------------------------

_AGE = r"(?:[0-9]|1[0-7]|sex|sju|åtta|nio|tio|elva|tolv|tretton|fjorton|femton|sexton|sjutton)"
_YOUNG = (
    r"(?:pojk(?:en?|ar|arna)|flick(?:an?|or|orna)|kill(?:en?|ar|arna)|tjej(?:en|er|erna)?|grabb(?:en|ar|arna)?|"
    r"elev(?:en|er|erna)?|barn(?:et|en)?|ungdom(?:en|ar|arna)?|yngling(?:en)?|son(?:en)?|dotter(?:n)?|tonåring(?:en)?|"
    r"syster|bror|kompis(?:en|ar)?|person(?:en|er)?|förare(?:n)?)"
)
_ONE_YOUNG = (
    r"(?:pojken?|flickan?|killen?|tjej(?:en)?|grabb(?:en)?|elev(?:en)?|yngling(?:en)?|son(?:en)?|dotter(?:n)?|"
    r"tonåring(?:en)?|ungdom(?:en)?|barn(?:et)?|person(?:en)?|förare(?:n)?)"
)
_SOME = r"(?:\d+|en|ett|två|tre|fyra|fem|sex|sju|åtta|nio|tio|några|flera|de|dessa|båda)"
_MINORS = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        # "pojke 16 år", "flickan (15)", "tjej på 14 år"; "pojkar 13–16 år" is a group.
        rf"\b{_ONE_YOUNG},? (?:på |i åldern |som är |är |\()?{_AGE}(?![\d–-]|[.:]\d)(?: ?år(?: gammal)?\b|\))",
        # "15-årig flicka", "femtonårige sonen"; of several only with a number: "A-traktorer körs av 15-åriga elever".
        rf"(?<![\d–-]){_AGE}[- ]?årig[et]? {_YOUNG}\b",
        rf"\b{_SOME} (?:\w+ )?{_AGE}[- ]?åriga {_YOUNG}\b",
        rf"\b(?:den|denna|min|vår|hans|hennes|deras) {_AGE}[- ]?åriga {_YOUNG}\b",
        # "en 15-åring", "15-åringen"; "15-åringar" alone is everybody of that age.
        rf"(?<![\d–-])\b{_AGE}[- ]?åring(?:en|ens|s)?\b",
        rf"\b{_SOME} (?:\w+ )?{_AGE}[- ]?åringar(?:na)?\b",
        # "elev i 8B", "flickan i årskurs 9", "pojke född 2006"
        rf"\b{_ONE_YOUNG} (?:som går )?i (?:(?:klass|årskurs|åk) ?)?[1-9](?: ?[A-F])?\b"
        r"(?! (?:månader|år|veckor|dagar|timmar))",
        r"\b(?:pojkar|flickor|killar|tjejer|elever|ungdomar) i [1-9] ?[A-F]\b",
        rf"\b{_ONE_YOUNG},? (?:är )?född 20[01]\d\b",
        # "killar, 14, 15 och 16 år", "syskon 12 och 14 år", "sonen, 14,", "tonårig pojke"
        rf"\b(?:{_SOME} )?(?:{_YOUNG}|syskon(?:en)?|bröder(?:na)?|systrar(?:na)?),? (?:{_AGE}, )*{_AGE} och "
        rf"{_AGE} år\b",
        rf"\b{_ONE_YOUNG} på {_AGE}\b(?! ?(?:(?:min|m|meter|km|st|kl|och|platser)\b|[%–:-]|\.\d))",
        rf"\b{_ONE_YOUNG}, {_AGE}(?=[,.])(?![,.]\d)",
        rf"\b(?:tonårige?|minderårige?) {_ONE_YOUNG}\b",
        rf"\b(?:{_SOME} )?(?:minderåriga|tonåriga) {_YOUNG}\b",
        rf"\b{_ONE_YOUNG} i {_AGE}-?\s?årsåldern\b",
        r"\b(?:fjärde|femte|sjätte|sjunde|åttonde|nionde)klassare?n?\b",
        rf"\b{_ONE_YOUNG} (?:(?:som )?går )?i (?:fyran|femman|sexan|sjuan|åttan|nian|ettan|tvåan|trean)\b",
        rf"\b{_ONE_YOUNG},? som (?:är|fyllt) {_AGE} år\b",
        r"\b\w{0,20}(?:eleven|pojken|flickan|killen|tjejen) (?:på|vid|från) \w{1,30}(?:skolan|gymnasiet|läroverket)\b",
        rf"\b{_AGE} år gam(?:mal|la)\b(?: {_YOUNG}\b)?",
    )
)
_GROUP = re.compile(r"(?i)(?:mellan|åldrarna|från|över|under|minst|fyllda|till|och|eller) $")
_PARENTS = re.compile(r"(?i)(?:föräldrar|vårdnadshavare|träff|information|möte)\w* (?:(?:till|för|med) )+$")


def _minors(text: str, _known: frozenset[str]) -> Iterator[tuple[int, int]]:
    for pattern in _MINORS:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 40) : match.start()]
            if not (_PARENTS if match[0][0].isalpha() else _GROUP).search(before):
                yield match.span()


_FINDERS = {
    "personal_number": _personal_numbers,
    "email": _emails,
    "phone": _phones,
    "minor": _minors,
    "address": _addresses,
    "registration": _registrations,
    "name": person_names.find,
}
