"""Places in Swedish text: which of a municipality's districts a record names, and whether it is about elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from config.schema import Authority, Municipality, Place
from tasks.evidence.municipalities_sv import MUNICIPALITIES

_SPOT = re.compile(
    r"(?<!\w)(?:i|på|vid|kring|runt|från|till|genom|av|Ort|Plats|Plats:)\s((?:[A-ZÅÄÖ][\wåäö]+)(?:[\s-](?:[A-ZÅÄÖ][\wåäö]+|torg|centrum|station|park|skola|styckebruk))*)"
)
# Bounded repetitions here and below: a text of a million capitals must not take minutes.
_KOMMUN = re.compile(r"(?<![\w-])([A-ZÅÄÖ][\wåäö-]{1,40})\skommun(?:s|en)?(?!\w)")
_NEIGHBOUR = re.compile(
    r"(?<!\w)(?:grannkommun\w*|annan\skommun|andra\skommuner|i\slandet|nationell\w*)(?!\w)", re.IGNORECASE
)
_ANY = "|".join(re.escape(name) for name in sorted(MUNICIPALITIES, key=len, reverse=True))
_END = r"(?![\wåäö-])"
# "i centrala Eskilstuna", "i Gnesta", "utanför Uppsala": where something is.
_IN_ANOTHER = re.compile(
    rf"(?<!\w)(?:[Ii]|[Uu]tanför)\s(?:(?:centrala|norra|södra|östra|västra|grannkommunen)\s)?({_ANY})s?{_END}"
)
# "polisen i Eskilstuna": who says it, not where it was.
_WHO = re.compile(r"(?:polis\w{0,12}|tingsrätt\w{0,12}|åklagar\w{0,12})\s$", re.IGNORECASE)
# "Fler än i Gnesta", "precis som den i Trosa": held up for comparison, not where it was.
_COMPARED = re.compile(
    r"(?<!\w)(?:än|liksom|likt|jämför\w+\smed|skillnad\sfrån|precis\ssom|samma\s\w+\ssom|som|förebild\w*|inspir\w+\sav)\s"
    r"(?:(?:den|de|det|dem|motsvarande|förra\sgången|(?<!som\s)vid\s\w+)\s){0,2}$",
    re.IGNORECASE,
)
# "Marielund i Eskilstuna", "Länna, Norrtälje kommun": a place of that name in another municipality.
_LIES_IN = re.compile(rf"(?:,?\si\s({_ANY})s?|,?\s\(?(?:i\s)?({_ANY})s?\skommun){_END}")
# "lokalpolisområde Eskilstuna och Strängnäs", "Eskilstuna-Strängnäs": the police area, wherever in it.
_AREA = re.compile(
    rf"(?<![\w-])(?i:\w{{0,12}}polis\w{{0,12}}\s(?:för\s|i\s)?)(?:{_ANY})(?:\soch\s|\s?[/–-]\s?|\s)(?:{_ANY}){_END}"
    rf"|(?<![\w-])(?:{_ANY})[–-](?:{_ANY}){_END}"
)
_SLASHED = re.compile(r"(?<![\wåäö])[A-ZÅÄÖ][\wåäö]{1,40}(?:\s?/\s?[A-ZÅÄÖ][\wåäö]{1,40})+")
# "Åker du buss", "Åker bussen" is a verb: at a sentence's start such a name is not believed before such a word.
_VERB_LIKE = ("er", "ar")
_AFTER_VERB = re.compile(
    r"\s+(?:du|ni|man|jag|vi|de|den|det|han|hon|inte|till|med|dit|hit|bil|buss|tåg|runt|omkring|alla|många|flera|någon"
    r"|några|barn|elever|ungdomar|folk|(?!igen\b|även\b)[a-zåäö]{3,}(?:en|et|arna|erna|orna))(?!\w)"
)
_ASKED = re.compile(r"\s+[a-zåäö][^.!?]{0,200}\?")


@dataclass(frozen=True, slots=True)
class Found:
    """The districts named (official names, in order), whether the municipality itself is, and what else is."""

    districts: tuple[str, ...]
    # Names that stand only in their own right; a district known by an alias alone may be another one of that name.
    certain: bool
    own: bool
    elsewhere: tuple[str, ...]
    # Other municipalities that what is told is only compared with.
    compared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Gazetteer:
    names: tuple[tuple[str, re.Pattern[str]], ...]
    own: re.Pattern[str]
    area: re.Pattern[str] | None
    short: str


@lru_cache(maxsize=512)
def _gazetteer(short: str, districts: tuple[Place, ...], police: Authority) -> _Gazetteer:
    names: list[tuple[str, re.Pattern[str]]] = []
    for place in districts:
        spoken = sorted({place.name, *place.aliases}, key=len, reverse=True)
        either = "|".join(re.escape(n) for n in spoken)
        names.append((place.name, re.compile(rf"(?<![\w/])(?:{either})s?(?![\w/]|-(?!\w*s\b))")))
    # The police feed writes "Lilla edet" and "Lilla Edet".
    name = re.sub(r"(?<=[ -])\w", lambda m: f"[{m[0].upper()}{m[0].lower()}]", re.escape(short))
    own = re.compile(rf"(?<![\w/])(?:{name}s?|{name}s?\skommuns?|{name}(?:polisen|borna?|bor))(?![\w/])")
    # The police area carries two municipalities' names: it says nothing of where.
    areas = sorted({police.name, *police.aliases}, key=len, reverse=True)
    area = re.compile("|".join(re.escape(a) for a in areas), re.IGNORECASE) if areas else None
    return _Gazetteer(tuple(names), own, area, short)


def find(text: str, municipality: Municipality) -> Found:
    """Return the municipality's districts that `text` names, and other municipalities it names."""
    gazetteer = _gazetteer(municipality.short, municipality.places, municipality.police)
    plain = _without_area(text, gazetteer)
    hits: list[tuple[int, str, str]] = []
    for name, pattern in gazetteer.names:
        for match in pattern.finditer(plain):
            if not _is_verb(plain, match) and not _lies_elsewhere(plain, match.end(), gazetteer.short):
                hits.append((match.start(), name, match[0].rstrip("s")))
                break
    hits.sort()
    own = bool(gazetteer.own.search(plain))
    districts = tuple(dict.fromkeys(name for _, name, _ in hits))
    certain = own or len(districts) > 1 or any(spoken == name for _, name, spoken in hits if " " in name)
    others, compared = _others(plain, {gazetteer.short, *(n for n, _ in gazetteer.names)})
    kommuner = [m[1] if m[1] in MUNICIPALITIES else m[1].removesuffix("s") for m in _KOMMUN.finditer(plain)]
    others += [name for name in kommuner if name != gazetteer.short]
    others += [m[0] for m in _NEIGHBOUR.finditer(plain)]
    return Found(districts, certain, own, tuple(dict.fromkeys(others)), tuple(dict.fromkeys(compared)))


def spots(text: str) -> tuple[str, ...]:
    """Return the capitalised places after a preposition, for a text read without a municipality."""
    return tuple(dict.fromkeys(m[1] for m in _SPOT.finditer(text)))[:8]


def _without_area(text: str, gazetteer: _Gazetteer) -> str:
    """Return the text with the police area's name and "A/B" pairs blanked, length kept."""
    text = _AREA.sub(lambda m: " " * len(m[0]), text)
    if gazetteer.area:
        text = gazetteer.area.sub(lambda m: " " * len(m[0]), text)
    return _SLASHED.sub(lambda m: " " * len(m[0]), text)


def _is_verb(text: str, match: re.Match[str]) -> bool:
    if not match[0].endswith(_VERB_LIKE):
        return False
    before = text[max(0, match.start() - 8) : match.start()].rstrip()
    starts = not before or before[-1] in '.!?:\n–-"”'
    return starts and bool(_AFTER_VERB.match(text, match.end()) or _ASKED.match(text, match.end()))


def _lies_elsewhere(text: str, end: int, own: str) -> bool:
    match = _LIES_IN.match(text, end)
    return match is not None and (match[1] or match[2]) != own


def _others(text: str, own: set[str]) -> tuple[list[str], list[str]]:
    """Return the other municipalities in which the text says that something was, and those it compares with."""
    there: list[str] = []
    compared: list[str] = []
    for match in _IN_ANOTHER.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        if match[1] not in own and not _WHO.search(before):
            (compared if _COMPARED.search(before) else there).append(match[1])
    return there, compared
