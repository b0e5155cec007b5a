"""Saklighet and klarspråk: what a public follow-up can't say, each with a neutral way out, and what reads heavily."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

# A sentence over 25 words and a text over LIX 45 (long words and sentences) are hard for many to read; LIX means
# little for a few words.
_LONGEST_SENTENCE, _HIGHEST_LIX, _FEWEST_WORDS = 25, 45, 30
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")
_WORD = re.compile(r"\w+(?:[-’']\w+)*")


# What the work consists of, said without who did it. Only such verbs: "räknas" or "redovisas" has no doer to name.
_PASSIVE = re.compile(
    r"(?<!\w)(?:genomför(?:s|ts|des)|hål(?:ls|lits)|hölls|(?:an)?ordna(?:s|ts|des)|arrangera(?:s|ts|des)"
    r"|utför(?:s|ts|des)|görs|gjor(?:ts|des)|besök(?:s|ts|tes)|kontrollera(?:s|ts|des)|informera(?:s|ts|des)"
    r"|skicka(?:s|ts|des) (?:ut|hem)|dela(?:s|ts|des) ut|starta(?:ts|des)|påbörja(?:ts|des)|inle(?:tts|ddes)"
    r"|sat(?:ts|tes) (?:upp|in)|vidta(?:gits|s)|vidtogs|stoppa(?:ts|des)|rapportera(?:ts|des)|samla(?:ts|des) in"
    r"|ta(?:gits) fram|togs fram)(?!\w)",
    re.IGNORECASE,
)
# "Vi vet inte vad som har gjorts", "inget har gjorts": nobody did it, or that is the question.
_OPEN = re.compile(
    r"(?<!\w)(?:vad|något|inget|inte|allt|det|som)(?: som)?(?: inte)?(?: har| hade)?(?: inte)? $", re.IGNORECASE
)
_ACTOR = re.compile(
    r"(?<!\w)(?:vi|oss|vår|vårt|våra|\w*polis\w*|\w*kommun(?:en|ens|erna)?|\w*samordnar\w*|\w*tjänst(?:en|ens)?|skol(?:an|ans|orna)"
    r"|part(?:en|er|erna|ernas)|båda|de|av (?!hänsyn|att|dem|det)\w+)(?!\w)",
    re.IGNORECASE,
)
# What the field shortens, with what it stands for; a text is explained where any of the words after it stands.
_SHORT: dict[str, tuple[str, ...]] = {
    "BRÅ": ("brottsförebyggande rådet", "brottsförebyggande råd"),
    "EST": ("effektiv samordning för trygghet",),
    # The vehicle's whole name says what it is.
    "EPA": ("EPA-traktor", "A-traktor"),
    "SIG": ("sociala insatsgrupper", "social insatsgrupp"),
    "ANDT": ("alkohol, narkotika, dopning och tobak", "tobak"),
    "ANDTS": ("alkohol, narkotika, dopning, tobak och spel", "tobak"),
    "SSPF": ("skola, socialtjänst, polis och fritid", "socialtjänst, polis"),
    "LPO": ("lokalpolisområde",),
    "NTU": ("nationella trygghetsundersökningen",),
    "SKR": ("Sveriges Kommuner och Regioner",),
    "LOB": ("lagen om omhändertagande av berusade", "omhändertagande av berusade"),
}


@lru_cache(maxsize=512)
def advice(text: str, beside: str = "") -> tuple[str, ...]:
    """Return Swedish remarks on what is hard to read in a text; none of them stops it.

    `beside` is what the reader sees next to it, where a short form may be explained.
    """
    sentences = [s for s in _SENTENCE_END.split(text) if _WORD.search(s)]
    return (
        *_long(sentences),
        *_heavy(sentences),
        *_without_actor(sentences),
        *_unexplained(text, beside),
        *_mixed(text),
    )


def _long(sentences: list[str]) -> Iterator[str]:
    for words in map(_WORD.findall, sentences):
        if len(words) > _LONGEST_SENTENCE:
            yield (
                f"Meningen som börjar ”{_beginning(words)}” har {len(words)} ord. Dela den gärna: högst "
                f"{_LONGEST_SENTENCE} ord är lättare att läsa."
            )


def _heavy(sentences: list[str]) -> Iterator[str]:
    every = [w for s in sentences for w in _WORD.findall(s)]
    if len(every) >= _FEWEST_WORDS:
        lix = round(len(every) / len(sentences) + 100 * sum(len(w) > 6 for w in every) / len(every))
        if lix > _HIGHEST_LIX:
            yield f"Texten har läsbarhetsindex (LIX) {lix}. Under {_HIGHEST_LIX} är lättare att läsa."


def _without_actor(sentences: list[str]) -> Iterator[str]:
    for sentence in sentences:
        done = next((m for m in _PASSIVE.finditer(sentence) if not _OPEN.search(sentence[: m.start()])), None)
        if done and not _ACTOR.search(sentence):
            yield (
                f"Meningen som börjar ”{_beginning(_WORD.findall(sentence))}” säger inte vem som gjorde det "
                f"(”{done[0]}”). Skriv gärna ut polisen eller kommunen."
            )


def _unexplained(text: str, beside: str) -> Iterator[str]:
    whole = f"{text} {beside}"
    for short, words in _SHORT.items():
        stands = re.search(rf"(?<![\w-]){short}(?!\w)", text) or (
            short == "BRÅ" and re.search(r"(?<![\w-])Brå(?!\w)", text)
        )
        # "BRÅ (rådet mot brott)" explains it in other words; "rådet (BRÅ)" does so by our words or others.
        told = any(w.lower() in whole.lower() for w in words) or re.search(rf"{short} \(\w|\w \({short}\)", whole)
        if stands and not told:
            yield f"”{short}” är inte förklarat. Skriv ut det första gången: {words[0]}."


def _mixed(text: str) -> Iterator[str]:
    if re.search(r"(?<![\w-])BRÅ(?!\w)", text) and re.search(r"(?<![\w-])Brå(?!\w)", text):
        yield "Texten skriver både ”BRÅ” och ”Brå”. Brå är myndigheten, BRÅ det lokala rådet: välj det som menas."


def _beginning(words: list[str]) -> str:
    return f"{' '.join(words[:4])} …" if len(words) > 4 else " ".join(words)
