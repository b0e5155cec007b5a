"""What stands right before an activity's word: whether that makes it one occasion, or only what something is about."""

from __future__ import annotations

import re

from tasks.evidence import amounts
from tasks.evidence.cues import cues
from tasks.evidence.swedish import Sentence, Word

# "Inför vandringen"; in "nu inför kommunen vandringar" the subject shows that it is the verb.
_BEFORE_IT = re.compile(r"(?<!\w)inför\s(?:(?:den|(?!\w*[ea]n\s)[\w-]+)\s){0,2}$")
# "Ansvarar för vandringar", "nej till hundsök": something else is told, which concerns such activities.
_CONCERNS = re.compile(
    r"(?<!\w)(?:om|kring|angående|gällande|arbet\w+\smed|ansvar\w*\sför"
    r"|(?:nej|ja|positiv\w*|negativ\w*|kronor|medel|pengar|bidrag)\still)"
    r"\s(?:(?:fler|nya|fortsatta|årliga|framtida|så\skallade)\s)?$"
)
_AT_IT = re.compile(r"(?<!\w)(?:vid|efter|under|från|på)\s(?:[\w-]+\s){0,2}$")
_AT_ONE = re.compile(r"(?<!\w)(?:vid|under|på)\s(?:en|ett)\s(?:[\w-]+\s)?$")
_DEFINITE = re.compile(r"(?:\ws\s[\w-]+|(?:en|et|na))$")
_SEVERAL = re.compile(rf"(?<!\w)(?!(?:1|en|ett)\s)(?:{amounts.NUMBER})\s(?:[\w-]+\s)?$")


def precedes(sentence: Sentence, word: Word) -> bool:
    """Tell whether the sentence is of what comes before the activity: "samlades inför vandringen"."""
    return bool(_BEFORE_IT.search(sentence.fold[: word.start]))


def is_occasion(sentence: Sentence, word: Word) -> bool:
    """Tell whether the words before the activity make it an occasion that has been: "efter vandringen", "sex möten"."""
    before = sentence.fold[: word.start]
    definite = _AT_IT.search(before) and _DEFINITE.search(sentence.fold[: word.end])
    return bool(definite or _AT_ONE.search(before) or _SEVERAL.search(before))


def is_concern(sentence: Sentence, word: Word) -> bool:
    """Tell whether the sentence only concerns such activities in general and tells of none."""
    said = cues(sentence)
    if said.done or said.result or said.summary or _DEFINITE.search(sentence.fold[: word.end]):
        return False
    return bool(_CONCERNS.search(sentence.fold[: word.start]))
