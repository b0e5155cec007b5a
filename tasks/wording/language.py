"""Saklighet and klarspråk: what a public follow-up can't say, each with a neutral way out, and what reads heavily."""

from __future__ import annotations

import re
from functools import lru_cache

# (what to look for, why it can't stand, what to write instead). Whole words, any case.
_RULES: tuple[tuple[str, str, str], ...] = (
    (
        r"tack vare|till följd av (?:våra|vårt|polisens|kommunens|insats\w*|arbet\w*)",
        "påstår att en insats har haft en viss verkan",
        "Beskriv vad som har gjorts, utan att säga vad det ledde till",
    ),
    (
        r"(?:har )?(?:lett|ledde|leder|bidragit|bidrog|bidrar|resulterat|resulterade|resulterar) (?:\w+ )?(?:till|i) "
        r"(?:\w+ ){0,4}(?:minsk|ökad|färre|lägre|högre|trygg|bättre|förbättr|lugn)\w*",
        "påstår en verkan som uppföljningen inte mäter",
        "Beskriv vad som har gjorts, utan att säga vad det ledde till",
    ),
    (
        r"(?:brott\w*|otrygghet\w*|skadegörelse\w*|narkotika\w*|drog\w*|buskörning\w*|stök\w*|våld\w*)"
        r" (?:\w+ ){0,3}(?:minska(?:t|de|r)|sjunkit|sjönk|gått ner|gick ner|halvera\w+|försvunnit|upphört)"
        r"|(?:har|hade) (?:\w+ ){0,2}(?:brott\w*|otrygghet\w*|skadegörelse\w*|droger\w*) (?:\w+ ){0,2}minskat"
        r"|minskad\w* (?:brott\w*|otrygghet\w*|kriminalitet\w*)|färre brott\w*",
        "påstår att brott eller otrygghet har förändrats",
        "Hänvisa till en mätning med källa någon annanstans, eller stryk meningen",
    ),
    (
        r"(?:trygghet\w*|tryggheten) (?:\w+ ){0,3}(?:öka(?:t|de|r)|förbättra(?:t|ts|des))"
        r"|(?:har |är )?(?:nu )?(?:blivit|blev) (?:\w+ )?(?:tryggare|lugnare|säkrare)",
        "påstår att tryggheten har förändrats",
        "Beskriv vad som har gjorts, utan att säga vad det ledde till",
    ),
    (
        r"fantastisk\w*|strålande|imponerande|enastående|suverän\w*|framgångsrik\w*|lysande|föredömlig\w*|jättebra"
        r"|toppen|(?:mycket|väldigt|riktigt) (?:bra|lyckad\w*|nöjd\w*)|lyckad\w*|stolt\w*|glädjande|bra jobbat",
        "är beröm",
        "Skriv vad som har gjorts och låt läsaren bedöma",
    ),
    (
        r"tyvärr struntade|skyll\w*|slarv\w*|nonchal\w*|(?:polisens|kommunens) fel|har misskött|misskötte",
        "lägger skuld på någon",
        "Skriv vad som inte har gjorts och varför, utan att värdera",
    ),
)
_PATTERNS = tuple((re.compile(rf"(?<!\w)(?:{found})(?!\w)", re.IGNORECASE), why, mend) for found, why, mend in _RULES)


def unfair_claims(text: str) -> list[str]:
    """Return a Swedish remark for each claim of effect, praise or blame, with a neutral way to say it."""
    plain = " ".join(text.split())
    return [f"”{m[0]}” {why}. {mend}." for pattern, why, mend in _PATTERNS for m in pattern.finditer(plain)]


# A sentence over 25 words and a text over LIX 45 (long words and sentences) are hard for many to read; LIX means
# little for a few words.
_LONGEST_SENTENCE, _HIGHEST_LIX, _FEWEST_WORDS = 25, 45, 30
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")
_WORD = re.compile(r"\w+(?:[-’']\w+)*")


@lru_cache(maxsize=512)
def advice(text: str) -> tuple[str, ...]:
    """Return Swedish remarks on what is hard to read in a text; none of them stops it."""
    sentences = [words for s in _SENTENCE_END.split(text) if (words := _WORD.findall(s))]
    found = [
        f"Meningen som börjar ”{' '.join(words[:4])} …” har {len(words)} ord. Dela den gärna: högst "
        f"{_LONGEST_SENTENCE} ord är lättare att läsa."
        for words in sentences
        if len(words) > _LONGEST_SENTENCE
    ]
    every = [w for words in sentences for w in words]
    if len(every) >= _FEWEST_WORDS:
        lix = round(len(every) / len(sentences) + 100 * sum(len(w) > 6 for w in every) / len(every))
        if lix > _HIGHEST_LIX:
            found.append(f"Texten har läsbarhetsindex (LIX) {lix}. Under {_HIGHEST_LIX} är lättare att läsa.")
    return tuple(found)
