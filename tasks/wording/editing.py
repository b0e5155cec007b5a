"""What people may write around the figures: tokens stay tokens, and nobody types a number by hand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from config.schema import Promise
from tasks.model import Figure, Refused
from tasks.wording.fairness import unfair_claims
from tasks.wording.protection import too_exact

_TOKEN = re.compile(r"\{([^{}]*)\}")
_MONTH = r"(?:januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december)"
_DAY = r"(?:[1-9]|[12]\d|3[01])"
# Dates, times of day, weeks, period names and road numbers are no figures of ours.
_FREE = re.compile(
    rf"(?<![\w.,-])(?:(?:den )?{_DAY}(?:(?:\s?[–-]\s?| och | till ){_DAY})? {_MONTH}(?: (?:19|20)\d\d)?"
    rf"|{_MONTH} (?:19|20)\d\d"
    r"|(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:19|20)\d\d-[TP]\d"
    r"|(?:vecka|v\.) ?[1-5]?\d(?: (?:19|20)\d\d)?"
    r"|(?:klockan|kl\.) ?(?:[01]?\d|2[0-3])(?:[.:][0-5]\d)?"
    r"|(?:väg|riksväg|länsväg) \d{1,4}|E\d{1,3})(?![\w-])",
    re.IGNORECASE,
)
_UNITS = "två|tre|fyra|fem|sex|sju|åtta|nio"
_TENS = "tjugo|trettio|fyrtio|femtio|sextio|sjuttio|åttio|nittio"
_WORDS = re.compile(
    rf"(?<!\w)(?:noll|tio|elva|tolv|tretton|fjorton|femton|sexton|sjutton|arton|nitton|{_UNITS}"
    rf"|(?:{_TENS})(?:en|ett|{_UNITS})?|(?:\w*hundra|\w*tusen)\w*|\w*miljon\w*|\w*miljard\w*|dussin\w*|tjog"
    r"|hälften|halvera\w*|fördubbl\w*|dubbelt|tredjedel\w*|fjärdedel\w*|procent\w*|tiotal\w*|femtiotal\w*"
    r"|(?:bara|endast|blott|minst|högst|totalt|sammanlagt|exakt|ytterligare) (?:en|ett)"
    r"|(?:genomfört|genomförde|hållit|höll|gjort|gjorde|ordnat|ordnade) (?:en|ett))(?!\w)",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"[”“\"]([^”“\"]*)[”“\"]")


def fill(text: str, figures: Sequence[Figure]) -> str:
    """Return the text with every token replaced by its figure's text; Refused names an unknown token or odd brace."""
    problems = _token_problems(text, figures)
    if problems:
        raise Refused(" ".join(problems))
    known = {f.token: f.text for f in figures}
    return _TOKEN.sub(lambda match: known[match[1]], text)


def check_edit(
    text: str, figures: Sequence[Figure], promise: Promise, part: str = "", places: Sequence[str] = ()
) -> list[str]:
    """Return why a text can't be saved as a block's `part`, in Swedish: empty when it may.

    `places` are the names of the municipality's places, which must not stand beside a protected commitment.
    """
    if not text.strip():
        return ["Texten är tom. Skriv något, eller återställ den till förslaget."]
    remarks = [*_control_characters(text), *_token_problems(text, figures)]
    own = _without_own_words(unicodedata.normalize("NFC", text), promise)
    rest = _FREE.sub(" § ", own)
    typed = list(dict.fromkeys(_typed(rest, promise)))
    if typed:
        shown = ", ".join(f"”{t}”" for t in typed)
        remarks.append(
            f"Siffror får inte skrivas för hand: {shown}. Använd en siffra ur underlaget, till exempel "
            f"{{{_example(figures)}}}, eller citera löftet ordagrant inom citattecken."
        )
    return [*remarks, *too_exact(own, part, promise, places), *unfair_claims(rest)]


def _token_problems(text: str, figures: Sequence[Figure]) -> list[str]:
    known = {f.token for f in figures}
    used = dict.fromkeys(_TOKEN.findall(text))
    problems = [f"Okänd siffra {{{t}}}. Kända är: {_known(t, known)}." for t in used if t not in known]
    if re.search(r"[{}]", _TOKEN.sub("", text)):
        problems.append(
            "En klammer saknar sin andra hälft. En siffra skrivs som {c5.held}, med en klammer på var sida."
        )
    return problems


def _known(token: str, known: set[str]) -> str:
    """Return the known tokens, those of the same commitment when it has any."""
    prefix = token.partition(".")[0] + "."
    near = sorted(t for t in known if t.startswith(prefix)) or sorted(known)
    return ", ".join(f"{{{t}}}" for t in near) or "inga"


def _example(figures: Sequence[Figure]) -> str:
    return next((f.token for f in figures if f.token.endswith(".held")), "c5.held")


def _control_characters(text: str) -> list[str]:
    # They would break the feed, and half a surrogate pair can't be written to a file at all.
    odd = sorted({c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Cn", "Co") and c not in "\n\r\t"})
    return (
        [f"Texten innehåller osynliga tecken som inte går att publicera: {', '.join(map(ascii, odd))}."] if odd else []
    )


def _without_own_words(text: str, promise: Promise) -> str:
    """Return the text without tokens, the promise's own words in quotation marks, and its names."""
    own = [" ".join(c.text.split()) for c in promise.commitments]

    def quoted(match: re.Match[str]) -> str:
        inner = " ".join(match[1].split()).rstrip(".")
        # A lone quoted number is no quotation.
        return " § " if len(inner.split()) >= 3 and any(inner in text for text in own) else match[0]

    rest = _QUOTE.sub(quoted, _TOKEN.sub(" § ", text))
    names = [promise.title, *(s for c in promise.commitments for s in (c.heading, c.plain))]
    for name in sorted(names, key=len, reverse=True):
        rest = rest.replace(name, " § ")
    return rest


def _typed(rest: str, promise: Promise) -> Iterator[str]:
    """Yield every figure typed by hand, as written."""
    years = {str(y) for y in range(promise.signed.year - 1, promise.ends.year + 2)}
    units = "|".join(re.escape(u) for c in promise.commitments for u in c.unit)
    yield from (m[0] for m in re.finditer(rf"(?<!\w)(?:inga|ingen|inget) (?:{units})(?!\w)", rest, re.IGNORECASE))
    yield from (m[0] for m in _WORDS.finditer(rest))
    counted_year = re.compile(rf"(?:{units})(?!\w)", re.IGNORECASE)
    for match in re.finditer(r"[^\s§”“\"]*[^\s§”“\"]", rest):
        word = match[0].strip(".,;:!?()–-…/")
        if not any(unicodedata.category(c).startswith("N") or unicodedata.numeric(c, None) is not None for c in word):
            continue
        if word not in years or counted_year.match(rest[match.end() :].lstrip()):
            yield word
