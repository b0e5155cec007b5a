"""What a commitment must say to be followed up, found word by word in its own text."""

from __future__ import annotations

import re
from typing import Literal

from tasks.evidence import swedish

Need = Literal["actor", "verb", "unit", "number", "place", "deadline", "confirms"]
NEEDS: tuple[Need, ...] = ("actor", "verb", "unit", "number", "place", "deadline", "confirms")

# What can be counted: the root with its plural; compounds keep their first part (skolmöte → skolmöten).
UNITS: dict[str, str] = {
    "vandring": "vandringar",
    "träff": "träffar",
    "möte": "möten",
    "kontroll": "kontroller",
    "insats": "insatser",
    "kampanj": "kampanjer",
    "besök": "besök",
    "sök": "sök",
    "föreläsning": "föreläsningar",
    "patrull": "patruller",
    "patrullering": "patrulleringar",
    "utbildning": "utbildningar",
    "dialog": "dialoger",
    "forum": "forum",
    "mätning": "mätningar",
    "enkät": "enkäter",
    "tillsyn": "tillsynsbesök",
    "samverkansområde": "samverkansområden",
    "film": "filmer",
    "broschyr": "broschyrer",
    "utskick": "utskick",
    "rond": "ronder",
    "informationstillfälle": "informationstillfällen",
    "tillfälle": "tillfällen",
    "samtal": "samtal",
    "temakväll": "temakvällar",
    "åtgärdsplan": "åtgärdsplaner",
    "uppföljning": "uppföljningar",
}
_ACTOR = re.compile(
    r"(?<!\w)(?:(?-i:[A-ZÅÄÖ])[\w-]+ kommun|[\w-]*polis(?:en|ens)?|(?:kommun|region)(?:en|erna|ens)|socialtjänsten"
    r"|räddningstjänsten|[\w-]*samordnar(?:en|na)|fritidsgården|skol(?:an|orna)|\w*bolaget|vi|parterna|gemensamt)(?!\w)",
    re.IGNORECASE,
)
_TOGETHER = ("gemensamt", "parterna")
_CONCRETE = (
    "genomföra genomför genomförs ordna ordnar samordna anordna arrangera hålla håller hålls besöka besöker kontrollera"
    " söka informera informerar utbilda utbildar dela skicka bjuda bjuder inrätta starta införa upprätta vandra gå åka"
    " åker patrullera träffas träffa mäta installera bygga röja redovisas redovisa publicera sprida föreläsa ringa"
    " tillsyna göra gör inspektera ta"
)
_VERBS = frozenset(_CONCRETE.split())
_VAGUE = (
    "verka arbeta arbetar fortsätta fortsätter samverka samverkar bidra stärka öka ökar minska minskar förbättra"
    " utveckla främja fokusera prioritera sträva satsa motverka motverkar förebygga skapa uppmärksamma följa"
)
_COUNTED = rf"[\w/-]*(?:{'|'.join(UNITS)})(?:s?[aeno]?[rnt]?(?:na)?)?"
_NUMBER_WORDS = "|".join((*swedish.NUMBERS, "femtio", "hundra"))
# A number is one only before what is counted: "minst fyra riktade insatser", not an age, a date or a year.
_NUMBER = re.compile(
    rf"(?<![\w.,-])((?:(?:minst|högst|drygt|cirka|ca) )?(?:(?!(?:19|20)\d\d\b)\d{{1,4}}|{_NUMBER_WORDS}))"
    rf" (?:(?!år )[\w-]+ ){{0,4}}?({_COUNTED})(?!\w)"
    rf"|({_COUNTED}) (?:[\w-]+ )?\((\d+) st\)",
    re.IGNORECASE,
)
_OFTEN = re.compile(
    r"(?<!\w)(?:(?:varje|var (?:tredje|fjärde|sjätte|annan)) (?:dag|vecka|månad|kvartal|tertial|halvår|år|termin)"
    r"|(?:en|två|tre|fyra|\d+) gång(?:er)? (?:per|i|om) \w+|dagligen|veckovis|månadsvis|årligen|kvartalsvis)(?!\w)",
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"(?<!\w)(?:under (?:hela )?(?:året|löftesåret|löftestiden|perioden|våren|hösten|sommaren|(?:19|20)\d\d)"
    r"|senast [^.,;]{3,30}|(?:före|innan) [^.,;]{3,30}|till och med [^.,;]{3,30}|t\.o\.m\. [^.,;]{3,30}"
    r"|(?:per|varje|om) (?:år|året|termin|månad|vecka|kvartal|tertial)"
    r"|(?:våren|hösten|sommaren|hela) (?:19|20)\d\d)(?!\w)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?<!\w)(?:(?:på|i|vid|kring|runt|inom) (?:\w+ ){0,3}(?:skol(?:a|or|orna|an)|\w*skolor(?:na)?|kommunen|centrum"
    r"|tätorten|tätorterna|området|områdena|kommundelar(?:na)?|byar(?:na)?|\w*torget|resecentrum|stationen|parker(?:na)?"
    r"|webbplatser(?:na)?|bostadsområden(?:a)?|krogmiljö\w*)"
    r"|(?:för|till|med|hos|bland|av|mot|runt) (?:\w+ )?(?:föräldrar|vårdnadshavare|ungdomar|unga|elever|barn|äldre"
    r"|seniorer|boende|invånare|medborgare|personer|cyklister|gående|mopedbilar|mopeder|A-traktorer|EPA-traktorer|skolor|krögare"
    r"|näringsidkare)(?: och [\wåäö-]+)?)(?!\w)",
    re.IGNORECASE,
)
_NAMED_PLACE = re.compile(r"(?<!\w)(?:i|på|vid|kring|runt) [A-ZÅÄÖ]\w+(?:(?:,| och) [A-ZÅÄÖ]\w+)*")
_CONFIRMS = re.compile(
    r"(?<!\w)(?:följs upp|följas upp|uppföljning\w*|redovisa(?:s|t|r)?|(?:åter)?rapportera(?:s|t|r)?"
    r"|dokumentera(?:s|t|r)?|protokoll\w*|händelserapport\w*|bekräfta(?:s|t|r)?)(?!\w)",
    re.IGNORECASE,
)


def found(text: str) -> dict[Need, str]:
    """Return what a commitment's text says, in its own words; a need it says nothing of is left out.

    The unit is in the indefinite plural, or in the singular after "en".
    """
    number, counted = _number(text)
    said = {
        "actor": _actor(text),
        "verb": _verb(text, _CONCRETE),
        "unit": counted or _unit(text),
        "number": number,
        "place": _first(text, _PLACE, _NAMED_PLACE),
        "deadline": _first(text, _DEADLINE, _OFTEN),
        "confirms": _first(text, _CONFIRMS),
    }
    # "minst fyra vandringar" says what will be done even without a verb.
    if not said["verb"] and said["unit"] and said["number"]:
        said["verb"] = said["unit"]
    return {need: said[need] for need in NEEDS if said[need]}


def tells_who_confirms(text: str) -> bool:
    """Tell whether a whole text says somewhere that it is followed up."""
    return bool(_CONFIRMS.search(text))


def vague_verb(text: str) -> str:
    """Return the verb that sounds like doing without saying what; empty when there is none."""
    return _verb(text, _VAGUE)


def _number(text: str) -> tuple[str, str]:
    """Return how many or how often, and of what: ("minst två", "träffar"); empty where it isn't said."""
    match = _NUMBER.search(text)
    often = _first(text, _OFTEN)
    if match is None or often:
        return often.lower(), _unit(text[match.start() :]) if match else ""
    number = (match[1] or match[4]).lower()
    return number, _unit(match[2] or match[3], one=number.split()[-1] in ("en", "ett", "1"))


def _actor(text: str) -> str:
    who = _first(text, _ACTOR)
    if who.lower() in _TOGETHER:
        return "Polisen och kommunen"
    return "Polisen" if who.lower() == "polis" else re.sub(r"(?<=en)s$", "", who)


def _unit(text: str, *, one: bool = False) -> str:
    """Return what can be counted, in the indefinite plural or singular; empty when the text names nothing to count."""
    for sentence in swedish.sentences("", text)[1:]:
        for word in sentence.words:
            root = next((r for r in sorted(UNITS, key=len, reverse=True) if _ends_in(word.fold, r)), "")
            if root:
                return word.fold[: word.fold.rfind(root)] + (root if one else UNITS[root])
    return ""


def _ends_in(fold: str, root: str) -> bool:
    at = fold.rfind(root)
    # "försök" is no "sök", and "besöka" is what one does, not what one counts.
    return (at == 0 or at > (2 if len(root) > 6 else 3)) and swedish.inflects(fold[at:], root) and fold not in _VERBS


def _verb(text: str, verbs: str) -> str:
    known = frozenset(verbs.split())
    words = (w.fold for s in swedish.sentences("", text)[1:] for w in s.words)
    return next((w for w in words if w in known), "")


def _first(text: str, *patterns: re.Pattern[str]) -> str:
    return next((m[0] for p in patterns if (m := p.search(text))), "")
