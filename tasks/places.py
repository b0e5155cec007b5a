"""Places in Swedish text: which of a municipality's districts a record names, and whether it is about elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from config.schema import Authority, Municipality, Place

_SPOT = re.compile(
    r"(?<!\w)(?:i|på|vid|kring|runt|från|till|genom|av|Ort|Plats|Plats:)\s((?:[A-ZÅÄÖ][\wåäö]+)(?:[\s-](?:[A-ZÅÄÖ][\wåäö]+|torg|centrum|station|park|skola|styckebruk))*)"
)
_KOMMUN = re.compile(r"(?<!\w)([A-ZÅÄÖ][\wåäö-]+)s?\skommun(?:s|en)?(?!\w)")
_NEIGHBOUR = re.compile(
    r"(?<!\w)(?:grannkommun\w*|annan\skommun|andra\skommuner|i\slandet|nationell\w*)(?!\w)", re.IGNORECASE
)
# "Åker du buss" is a verb: at a sentence's start a name is not believed before such a word.
_AFTER_VERB = re.compile(r"\s+(?:du|ni|man|jag|vi|de|han|hon|inte|till|med|dit|hit|bil|buss|tåg|runt|omkring)(?!\w)")


@dataclass(frozen=True, slots=True)
class Found:
    """The districts named (official names, in order), whether the municipality itself is, and what else is."""

    districts: tuple[str, ...]
    # Names that stand only in their own right; a district known by an alias alone may be another one of that name.
    certain: bool
    own: bool
    elsewhere: tuple[str, ...]


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
    name = re.escape(short)
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
            if not _is_verb(plain, match):
                hits.append((match.start(), name, match[0].rstrip("s")))
                break
    hits.sort()
    own = bool(gazetteer.own.search(plain))
    districts = tuple(dict.fromkeys(name for _, name, _ in hits))
    certain = own or len(districts) > 1 or any(spoken == name for _, name, spoken in hits if " " in name)
    others = [m[1] for m in _KOMMUN.finditer(plain) if m[1].rstrip("s") != gazetteer.short.rstrip("s")]
    others += [m[0] for m in _NEIGHBOUR.finditer(plain)]
    return Found(districts, certain, own, tuple(dict.fromkeys(others)))


def spots(text: str) -> tuple[str, ...]:
    """Return the capitalised places after a preposition, for a text read without a municipality."""
    return tuple(dict.fromkeys(m[1] for m in _SPOT.finditer(text)))[:8]


def _without_area(text: str, gazetteer: _Gazetteer) -> str:
    """Return the text with the police area's name and "A/B" pairs blanked, length kept."""
    if gazetteer.area:
        text = gazetteer.area.sub(lambda m: " " * len(m[0]), text)
    return re.sub(r"[A-ZÅÄÖ][\wåäö]+(?:\s?/\s?[A-ZÅÄÖ][\wåäö]+)+", lambda m: " " * len(m[0]), text)


def _is_verb(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()].rstrip()
    starts = not before or before[-1] in '.!?:\n–-"”'
    return starts and bool(_AFTER_VERB.match(text, match.end()))
