"""Saklighet: claims of effect, praise and blame that a public follow-up can't make, each with a neutral way out."""

from __future__ import annotations

import re

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
