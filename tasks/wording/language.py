"""Saklighet and klarspråk: what a public follow-up can't say, each with a neutral way out, and what reads heavily."""

from __future__ import annotations

import re
from functools import lru_cache

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
