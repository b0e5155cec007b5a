"""How many activities a text stands for, whether that is a total, and which conditions its words settle."""

from __future__ import annotations

import re
from collections.abc import Sequence

from config.schema import Commitment
from tasks.evidence import cues, swedish
from tasks.evidence.calendar_sv import MONTHS
from tasks.evidence.datewords import YEARS
from tasks.evidence.swedish import Sentence, Word
from tasks.model import Dated, State

NUMBER = "|".join((r"\d{1,2}", *swedish.NUMBERS))
ALTOGETHER = re.compile(
    rf"(?<!\w)(?:sammanlagt|totalt|fler\sän|blev\sdet|gjordes|blev|genomfördes|hölls|gjorts|genomförts|hållits)\s({NUMBER})"
    r"(?=\s*(?:[.,:;!)]|$|i\s|på\s|stycken|st\W|sådana|varav|till\W))"
)
# "Insatser mot mopedbilar: 4", "antalet vandringar uppgick till fem": the figure in a report's row.
_TALLY = re.compile(
    rf"(?:^[^:;]{{3,80}}:\s?|antal(?:et)?\s[^.:;]{{3,60}}\s(?:uppgick\still|blev|var)\s)({NUMBER})"
    r"(?=\s?(?:[.(]|$)|\s(?:st|stycken|skolor|tillfällen|gånger)(?!\w))"
)
_AIM = re.compile(r"(?<!\w)(?:mål\w*|plan\w*|prognos\w*|budget\w*|utlova\w*)")


def tally(sentence: Sentence) -> int | None:
    """Return the number that a row of a report gives for what it names; None for none, zero or a target."""
    match = _TALLY.search(sentence.fold)
    if not match or _AIM.search(sentence.fold[: match.start(1)]):
        return None
    return swedish.number(match[1]) or None


def count(
    anchors: Sequence[tuple[Sentence, Word | None]], state: State, days: Sequence[Dated], where: Sequence[str]
) -> tuple[int | None, bool]:
    """Return how many activities the text stands for (None: it gives no number) and whether it is a total."""
    numbers: list[int] = []
    plural = False
    for s, word in anchors:
        if row := tally(s):
            numbers.append(row)
        if word and word in s.words:
            plural = plural or bool(re.search(r"(?:ar|er|or|arna|erna|orna)$", word.fold))
            at = s.words.index(word)
            if not _AIM.search(s.fold[: word.start]):
                numbers += _before(s.words[max(0, at - 3) : at])
        numbers += [n for m in ALTOGETHER.finditer(s.fold) if (n := swedish.number(m[1])) and n not in YEARS]
    exact = [d for d in days if d.precision == "day"]
    number = numbers[0] if numbers else None
    if number is None:
        several = max(len(exact), len(where))
        number = 1 if not plural else several if several > 1 else None
    summary = any(cues.cues(s).summary for s, _ in anchors)
    total = state == "held" and number != 1 and summary and len(exact) != number
    return number, total


def _before(words: Sequence[Word]) -> list[int]:
    """Return the number that counts the noun after these words: nothing but adjectives may stand between."""
    found: list[int] = []
    for last, word in zip((None, *words), words, strict=False):
        if word.fold in _BREAKS or (last and last.fold in _LABELS):
            found = []
        elif (value := swedish.number(word.fold)) and value not in YEARS:
            found = [value]
    return found


# Between a number and what it counts these don't stand: then it belongs to a date, a time or something else.
_BREAKS = frozenset(
    {*MONTHS, *(m[:3] for m in MONTHS), "har", "hade", "är", "var", "i", "på", "vid", "av", "och", "kl"}
)
# After these a number is an hour, a week, a day or an item.
_LABELS = frozenset({"kl", "klockan", "v", "vecka", "den", "nr", "punkt"})
_ABSENT = re.compile(
    r"(?<!\w)(?:utan|inte|ej|saknades|förhind\w*|frånvar\w*|uteblev)(?:\s\w+){0,3}\s(?:\w*polis\w*)|\w*polis\w*(?:\s\w+){0,2}\s(?:kunde\sinte|deltog\sinte|var\sinte|medverkade\sinte|uteblev|saknades|fick\sförhinder|hade\sförhinder|var\sförhindrad)"
)


_MUNICIPALITY = re.compile(r"(?<!\w)kommun(?:en|ens)(?!\w)|trygghetssamordnar|(?<!\w)rektor")
_SCHOOL = re.compile(r"(?:skola|skolan|skolor|skolans|skolorna|gymnasiet|aula|aulan)(?!\w)")


def conditions(near: Sequence[Sentence], commitment: Commitment) -> dict[str, bool]:
    """Return the commitment's conditions that the words settle; what they leave open is missing."""
    said = " ".join(s.fold for s in near)
    found: dict[str, bool] = {}
    if "police_took_part" in commitment.conditions and "polis" in said:
        found["police_took_part"] = not _ABSENT.search(said)
    if "municipality_took_part" in commitment.conditions and _MUNICIPALITY.search(said):
        found["municipality_took_part"] = True
    if "at_school" in commitment.conditions and _SCHOOL.search(said):
        found["at_school"] = True
    return found
