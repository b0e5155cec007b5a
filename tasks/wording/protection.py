"""What is typed by hand beside a protected commitment and disclosure control can't see: a place, a day, how often.

It is refused: in a small municipality it may point somebody out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from config.schema import Commitment, Promise
from tasks.evidence import swedish

_MONTHS = "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december"
_WEEKDAYS = "måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag"
# Everything finer than a period: days, weekdays, weeks, months, times of day and school holidays.
_WHEN = re.compile(
    rf"(?<![\w-])(?:(?:den )?[1-3]?\d(?:\s?[–-]\s?[1-3]?\d)? (?:{_MONTHS})(?: (?:19|20)\d\d)?"
    rf"|(?:{_MONTHS})(?: (?:19|20)\d\d)?|(?:19|20)\d\d-\d\d(?:-\d\d)?|[1-3]?\d/1?\d"
    rf"|(?:vecka|v\.) ?[1-5]?\d|(?:klockan|kl\.?) ?[012]?\d(?:[.:][0-5]\d)?"
    rf"|(?:{_WEEKDAYS})(?:en|ar|s|ens)?|(?:förra|den här|denna) (?:veckan|vecka|månaden|månad)|i (?:går|förrgår)"
    r"|(?:sport|påsk|höst|sommar|jul)lov\w*|skolstart\w*|skolavslutning\w*|terminsstart\w*|studente[nr]\w*)(?![\w-])",
    re.IGNORECASE,
)
# A name after such a word is where something was, whether or not we know the place.
_WHERE = re.compile(
    r"(?<!\w)(?:[Ii]|[Pp]å|[Vv]id|[Kk]ring|[Ff]rån|[Uu]tanför|[Nn]ära|[Ii]nom|[Tt]ill) "
    r"([A-ZÅÄÖ][\wåäö-]+(?: [A-ZÅÄÖ][\wåäö-]+)*)"
)
_SCHOOL = re.compile(
    r"(?<!\w)([A-ZÅÄÖ][\wåäö-]*(?:skolan?|gymnasiet|gymnasium|läroverket?)|[A-ZÅÄÖ][\wåäö-]+ "
    r"(?:skolan?|gymnasiet|gymnasium|läroverket?))(?:s)?(?!\w)"
)

# How many or how often, without a number: as good as one where the number is not shown.
_HOW_OFTEN = re.compile(
    r"(?<![\w-])(?:(?:ett )?(?:par|fåtal|flertal)(?: (?:stycken|gånger))?|(?:en )?handfull\w*|enstaka|någon enstaka"
    r"|några(?: (?:få|stycken|gånger))?|flera(?: gånger)?|(?<!hur )många(?: gånger)?"
    r"|få(?: gånger| hembesök| tillfällen)"
    r"|upprepade gånger|(?:varje|varannan|var tredje) (?:dag|vecka|månad|kväll|helg)|dagligen|veckovis|månadsvis"
    r"|(?<!hur )ofta|sällan|regelbundet|oftare|mer sällan|(?:fler|färre|mer|mindre) än(?! så\b)"
    r"|(?:i|vid) (?:samtliga|alla) fall"
    r"|en gång|någon gång|aldrig|i liten skala|i stor skala)(?![\w-])",
    re.IGNORECASE,
)


def too_exact(text: str, part: str, promise: Promise, places: Sequence[str]) -> list[str]:
    """Return a Swedish remark for each protected commitment beside which a text tells a place, a day or how often.

    `text` has no tokens and no quoted promise words left. The block of a protected commitment is read whole; in any
    other block the sentences that name what the commitment counts.
    """
    remarks = []
    for commitment in promise.commitments:
        if commitment.disclosure == "public":
            continue
        read = text if commitment.id == part else " ".join(_about(text, commitment))
        names = list(dict.fromkeys(_named(read, promise, places)))
        found = [n for n in names if not any(n != other and n in other for other in names)]
        if found:
            shown = ", ".join(f"”{f}”" for f in found)
            remarks.append(
                f"{shown} säger var eller när, och det visas inte för {commitment.heading}: i en liten kommun kan det "
                f"peka ut någon. Stryk det, eller skriv ”i kommunen” och ”under perioden”."
            )
        # The number of a commitment that is counted openly is told by its token; the others' may be hidden.
        often = [] if commitment.disclosure == "count_only" else [m[0] for m in _HOW_OFTEN.finditer(read)]
        if often:
            shown = ", ".join(f"”{o}”" for o in dict.fromkeys(often))
            remarks.append(
                f"{shown} säger ungefär hur många eller hur ofta, och det visas inte för {commitment.heading}. "
                "Stryk det."
            )
    return remarks


def _about(text: str, commitment: Commitment) -> Iterator[str]:
    """Yield the sentences that name what a commitment counts."""
    words = (*commitment.unit, commitment.heading, *commitment.signals.named, *commitment.signals.activity)
    terms = [swedish.term(w) for w in dict.fromkeys(words)]
    for sentence in swedish.sentences("", text)[1:]:
        if swedish.first(terms, sentence):
            yield sentence.text


def _named(text: str, promise: Promise, places: Sequence[str]) -> Iterator[str]:
    """Yield what tells a place or a time finer than a period, as written."""
    yield from (m[0] for m in _WHEN.finditer(text))
    # A whole municipality points nobody out.
    local = re.sub(r"[A-ZÅÄÖ][\wåäö-]+s? kommuns?(?!\w)", "§", text)
    yield from (m[1] for m in _SCHOOL.finditer(local))
    if places:
        known = "|".join(re.escape(p) for p in sorted(places, key=len, reverse=True))
        yield from (m[0] for m in re.finditer(rf"(?<!\w)(?:{known})s?(?!\w)", local))
    yield from (m[1] for m in _WHERE.finditer(local) if not _is_known(m[1], promise))


def _is_known(name: str, promise: Promise) -> bool:
    """Tell whether a name stands in the promise itself (Linköpingsmodellen)."""
    return any(name in c.text or name in c.heading or name in c.counts for c in promise.commitments)
