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
# "Vid två tillfällen", "tre gånger": so often; "två gånger om året" is an order.
_TIMES = re.compile(
    rf"(?<!\w)(?<!\d\s)({NUMBER})\s(?:(?!\d)[\w-]+\s)?(?:tillfällen|gånger)"
    r"(?!\w|\s(?:om|per|varje|dagligen)(?!\w)|\si\s(?:veckan|månaden|kvartalet|terminen)(?!\w))"
)
_AT_SEVERAL = re.compile(
    rf"(?<!\w)(?:på|vid|i)\s(?:de\s)?({NUMBER})\s(?:(?!\d)[\w-]+\s)?(?:\w*skolor|gymnasier|orter|kommundelar)(?!\w)"
)
_PLURAL = re.compile(r"(?:ar|er|or|arna|erna|orna|möten)$")
_ADJECTIVE = re.compile(r"^(?:riktad|särskild|utökad|förstärkt|flygand|gemensam|lokal)\w{0,2}$")
# Who takes part is not what takes place.
_BEING = re.compile(
    r"(?:hund(?:en|ar|arna|s)?|förar(?:e|en|na)|ekipage\w*|föräldrar\w*|vårdnadshavar\w*|mammor|pappor|elever\w*|poliser\w*)$"
)
_VERB = re.compile(r"(?:ad|ades?|ats?|tes?|ts|des?)$")
_AIM = re.compile(r"(?<!\w)(?:mål\w*|plan\w*|prognos\w*|budget\w*|utlova\w*)")


def at_several(sentence: Sentence) -> int | None:
    """Return at how many schools, towns or districts the sentence says it was; None for one, or no word of it."""
    found = [n for m in _AT_SEVERAL.finditer(sentence.fold) if (n := swedish.number(m[1])) and n > 1]
    return found[0] if found else None


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
    # "Minst fyra": the target, the number only where the text has no other.
    aims: list[int] = []
    times: list[int] = []
    plural: list[bool] = []
    for s, word in anchors:
        if row := tally(s):
            numbers.append(row)
        if word and word in s.words:
            at = s.words.index(word)
            noun = s.words[at + 1] if _ADJECTIVE.search(word.fold) and at + 1 < len(s.words) else word
            plural.append(bool(_PLURAL.search(noun.fold)) and not _BEING.search(noun.fold))
            # "34 kontrollerade A-traktorer", "två hundar": what a thing was done to, or by, is no activity.
            if not (_AIM.search(s.fold[: word.start]) or _VERB.search(word.fold) or _BEING.search(word.fold)):
                said = s.words[max(0, at - 3) : at]
                (aims if any(w.fold == "minst" for w in said) else numbers).extend(_before(s, said))
        numbers += [n for m in ALTOGETHER.finditer(s.fold) if (n := swedish.number(m[1])) and n not in YEARS]
        times += [n for m in _TIMES.finditer(s.fold) if (n := swedish.number(m[1]))]
    exact = [d for d in days if d.precision == "day"]
    number = next(iter((*numbers, *times, *aims)), None)
    if number is None:
        several = max(len(exact), len(where))
        # The sentence that tells comes first: "vandringen hölls", under a heading of several.
        many = any(plural) if several > 1 else bool(plural) and plural[0]
        number = 1 if not many else several if several > 1 else None
    summary = any(cues.cues(s).summary for s, _ in anchors)
    total = state == "held" and number != 1 and summary and len(exact) != number
    return number, total


def _before(sentence: Sentence, words: Sequence[Word]) -> list[int]:
    """Return the number that counts the noun after these words: nothing but adjectives may stand between."""
    found: list[int] = []
    for last, word in zip((None, *words), words, strict=False):
        numbered = sentence.fold[: word.start].rstrip().endswith("§") or sentence.fold.startswith(".", word.end)
        if word.fold in _BREAKS or (last and last.fold in _LABELS) or numbered:
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
