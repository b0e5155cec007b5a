"""What stands right before an activity's word: whether that makes it one occasion, or only what something is about."""

from __future__ import annotations

import re

from tasks.evidence import amounts
from tasks.evidence.cues import cues
from tasks.evidence.swedish import Sentence, Word

# "Inför vandringen"; in "nu inför kommunen vandringar" the subject shows that it is the verb.
_BEFORE_IT = re.compile(r"(?<!\w)inför\s(?:(?:den|(?!\w*[ea]n\s)[\w-]+)\s){0,2}$")
# "För att planera en vandring", "talade om vandringar": not gone on.
_SPOKEN_OF = re.compile(
    r"(?<!\w)(?:(?:diskutera|planera|förbereda|boka|marknadsföra|föreslå|annonsera)"
    r"|(?:tala|prata|berätta|informera|diskutera|skriva?|skrev)(?:de|t|r)?\s(?:\w+\s){0,2}om)"
    r"\s(?:(?:en|ett|den|nästa|fler|kommande|nya|framtida|\w+[ae]ns|\w+ets)\s){0,2}$"
)
# "Ansvarar för vandringar", "nej till hundsök": something else is told, which concerns such activities.
_CONCERNS = re.compile(
    r"(?<!\w)(?:om|kring|angående|gällande|arbet\w+\smed|ansvar\w*\sför|behov\w*\sav|efterlys\w+|efterfråga\w*"
    r"|(?:vill(?:e)?|önska\w*|skulle\svilja)\s(?:ha|se)|(?:schema\w*|planer\w*|riktlinjer\w*|rutin\w*)\s(?:för|kring)"
    r"|(?:nej|ja|positiv\w*|negativ\w*|kronor|medel|pengar|bidrag)\still)"
    r"\s(?:(?:en|ett|fler|nya|fortsatta|årliga|framtida|lokala|\w+ens|\w+ets|så\skallade)\s){0,2}$"
)
_AT_IT = re.compile(r"(?<!\w)(?:vid|efter|under|från|på)\s(?:[\w-]+\s){0,2}$")
_AT_ONE = re.compile(r"(?<!\w)(?:vid|under|på)\s(?:en|ett)\s(?:[\w-]+\s)?$")
# "Så många kom till föräldramötet", "alla som följde med på vandringen".
_CAME_TO = re.compile(
    r"(?<!\w)(?:kom|kommit|lockades|letat\ssig|sökte\ssig|mötte\supp|slöt\supp|dök\supp|följde\smed|var\smed|deltog|närvarade)"
    r"\s(?:[\w-]+\s){0,3}(?:till|på|vid|i|under)\s(?:[\w-]+\s){0,2}$"
)
_PEOPLE = re.compile(
    r"(?<!\w)(?:\d+|ett\s\w+tal|många|flera|hundratals|tiotals)\s(?:[\w-]+\s){0,2}"
    r"(?:personer|boende|vuxna|föräldrar|vårdnadshavare|deltagare|invånare|besökare|grannar|stycken|st|\w+bor)(?!\w)"
)
# "Rektor berättade att föräldramötet…": what follows is told, not talked about.
_REPORTED = re.compile(r"^.{0,80}?(?<!\w)(?:berätta|rapportera|meddela|uppge|uppgav|konstatera)\w{0,3}\satt\s")
_UNREAL = re.compile(r"(?<!\w)(?:om|ifall|ingen|inga|inte|aldrig|få|(?:in)?boka\w*|(?:för)?anmäl\w*)(?!\w)")
# "Vårens vandring", "vandringen"; "möten" is several of them.
_DEFINITE = re.compile(r"(?:\ws\s[\w-]+|(?:(?<!möt)en|et|na))$")
_SEVERAL = re.compile(rf"(?<!\w)(?!(?:1|en|ett)\s)(?:{amounts.NUMBER})\s(?:[\w-]+\s)?$")


def precedes(sentence: Sentence, word: Word) -> bool:
    """Tell whether the sentence is of what comes before the activity, or of talk: "samlades inför vandringen"."""
    before = sentence.fold[: word.start]
    talk = _SPOKEN_OF.search(before) and not _DEFINITE.search(word.fold)
    return bool(_BEFORE_IT.search(before) or talk)


def is_occasion(sentence: Sentence, word: Word) -> bool:
    """Tell whether the words before the activity make it an occasion that has been: "efter vandringen", "sex möten"."""
    before = sentence.fold[: word.start]
    definite = _AT_IT.search(before) and _DEFINITE.search(sentence.fold[: word.end])
    said = cues(sentence)
    # "Vid en vandring går boende och polis en runda": what such a one is like.
    one = _AT_ONE.search(before) and not ((said.general or said.present) and not said.past)
    return bool(definite or one or _SEVERAL.search(before))


def is_single(sentence: Sentence, word: Word) -> bool:
    """Tell whether the words mean one known occasion, which a general statement seldom does: "vandringen"."""
    return word.fold.endswith(("ingen", "träffen", "kvällen", "mötet", "söket")) and not cues(sentence).method


def is_witnessed(sentence: Sentence, word: Word, gone: bool) -> bool:
    """Tell whether the sentence puts people or events at the activity, which so took place; `gone`: its day is past."""
    said = cues(sentence)
    before = _REPORTED.sub("", sentence.fold[: word.start])
    unreal = said.doubt or said.future or said.promise or said.called_off or said.postponed or said.shown
    if unreal or said.asks or said.long_ago or _UNREAL.search(before):
        return False
    if said.past and _CAME_TO.search(before):
        return True
    if "hittills" in said.summary and _SEVERAL.search(before):
        return True
    people = bool(_PEOPLE.search(sentence.fold))
    if _AT_ONE.search(before) or (_AT_IT.search(before) and _DEFINITE.search(sentence.fold[: word.end])):
        return bool((gone and (said.past or people)) or (said.past and people))
    # "Trygghetsvandringen den 24 september visade", "Dagens möte ägnades åt": it did something on a day gone by.
    single = word.fold.endswith(("en", "et")) or before.endswith("s ")
    return bool(gone and said.told and single and len(before.split()) <= 2)


def is_concern(sentence: Sentence, word: Word) -> bool:
    """Tell whether the sentence only concerns such activities in general and tells of none."""
    said = cues(sentence)
    if said.done or said.result or said.summary or _DEFINITE.search(sentence.fold[: word.end]):
        return False
    return bool(_CONCERNS.search(sentence.fold[: word.start]))
