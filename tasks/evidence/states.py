"""The state of an activity, from what its sentences say: held, planned, cancelled, moved, or only described."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.evidence import amounts
from tasks.evidence.cues import Cues, cues
from tasks.evidence.swedish import Sentence
from tasks.model import State


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a whole text says of the activity; `sentence` is the one that says it."""

    state: State
    sure: bool
    why: str
    sentence: Sentence | None = None
    # Another sentence, or what kind of text it is, speaks against it.
    contested: bool = False


# Whether the activity's day lies ahead of the publication: yes, no, or not known.
Ahead = Callable[[Sentence], bool | None]


# Why a sentence without a verb counts as a report: its day had passed when it was published.
PASSED = "dagen har varit"
# What is written to persuade reports nothing.
GENRE = re.compile(
    r"(?<!\w)(?:insändare|debatt|debattartikel|ledare|krönika|motion|medborgarförslag|interpellation|replik)(?!\w)"
)


# "Den delades ut i maj": the sentence goes on about what was just told of.
_GOES_ON = re.compile(r"(?:den|det|de|dessa|hela|alla)\s")
_MINUTES = re.compile(r"protokoll|anteckning")
_NEXT = re.compile(r"(?:nästa|nästkommande)\s")
# What lays down how things are done, or what words mean, plans and reports nothing.
_ORDERS = re.compile(
    r"(?<!\w)(?:riktlinje|policy|rutin|handbok|handledning|vägledning|begreppslista|ordlista)\w{0,3}(?!\w)"
)
# A page that reports on a time past: what it merely lists was probably held.
_REPORT = re.compile(
    r"(?:verksamhets|års|månads|tertial|delårs|kvartals)(?:berättelse|redovisning|rapport|bokslut|uppföljning)"
    r"|(?<!\w)(?:uppföljning|utfall|summering|sammanfattning|resultat|statistik)(?:en|et)?(?!\w)"
)


def judge(anchors: Sequence[Sentence], around: Sequence[Sentence], title: Sentence, ahead: Ahead) -> Verdict:
    """Return the state of the activity that `anchors` speak of, `around` being the body sentences near them.

    The body decides over the title; a report outweighs a plan, since a page that tells of both tells of something done.
    """
    verdict = _judge(anchors, around, title, ahead)
    if verdict.state == "held" and not verdict.sure:
        verdict = _confirmed(verdict, anchors, around, title, ahead)
    if verdict.state == "held" and GENRE.search(title.fold):
        return replace(verdict, sure=False, contested=True)
    if ((orders := _ORDERS.search(title.fold)) and not verdict.sure) or (orders and verdict.state == "planned"):
        return replace(verdict, state="background", sure=True, why=orders[0])
    if verdict.state == "background" and not verdict.sure and (report := _REPORT.search(title.fold)):
        row = verdict.sentence is not None and amounts.tally(verdict.sentence) is not None
        return Verdict("held", row, report[0], verdict.sentence)
    if verdict.state == "planned" and verdict.sentence and ahead(verdict.sentence) is None:
        # "Ska genomföra" without a day, in a text about a promise, is the promise.
        said = next((c.promise for s in (title, *anchors, *around) if (c := cues(s)).promise), "")
        return replace(verdict, state="promise_text", why=said) if said else verdict
    return verdict


def _confirmed(
    verdict: Verdict, anchors: Sequence[Sentence], around: Sequence[Sentence], title: Sentence, ahead: Ahead
) -> Verdict:
    """Return a weak report as a sure one where its form, or another sentence, tells that it took place."""
    if verdict.contested or verdict.sentence is None:
        return verdict
    own = cues(verdict.sentence)
    if own.doubt or own.talk or own.future or own.method or own.standing or own.promise or own.shown or own.booked:
        return verdict
    near = [s for s in (*anchors, *around, title) if s is not verdict.sentence]
    gone = ahead(verdict.sentence) is False
    said = [c for s in near if (c := cues(s)).result and not c.doubt and not c.talk]
    told = bool(said) and (bool(own.past) or gone)
    # A row of a log with who was there, or a report's list of days gone by.
    listed = gone and bool(own.roster or any(cues(s).roster for s in near) or _REPORT.search(title.fold))
    listed = listed or bool(own.roster and own.result)
    after = next((s for s in near if s.number == verdict.sentence.number + 1 and _GOES_ON.match(s.fold)), None)
    goes_on = after is not None and bool(own.past and cues(after).done) and not cues(after).future
    minutes = title in anchors and bool(_MINUTES.search(title.fold)) and _on_days_gone_by(near, ahead)
    return replace(verdict, sure=True) if told or listed or minutes or goes_on else verdict


def _on_days_gone_by(near: Sequence[Sentence], ahead: Ahead) -> bool:
    """Tell whether the sentences tell of what was done, on days of which at least one is past and none to come."""
    sides = {ahead(s) for s in near}
    return False in sides and True not in sides and any(cues(s).result or cues(s).done for s in near)


def _judge(anchors: Sequence[Sentence], around: Sequence[Sentence], title: Sentence, ahead: Ahead) -> Verdict:
    body = [s for s in anchors if s.number > 0]
    found = [_one(s, ahead) for s in body]
    if cues(title).called_off and title in anchors and not any(v.state == "held" and v.sure for v in found):
        return Verdict("cancelled", True, cues(title).called_off, title)
    best = _strongest(found)
    if best and best.state in ("held", "cancelled", "moved"):
        return _weigh(best, found)
    if best and best.state == "none":
        return best
    if title in anchors and (best is None or (best.state == "background" and not best.sure)):
        told = _told_around(title, around, ahead)
        if told:
            return told
        own = _one(title, ahead)
        if own.state == "held":
            own = replace(own, sure=own.sure and not body)
        if best is None or own.state != "background":
            return own
    if best and best.state == "background" and not best.sure:
        for s in around:
            if result := cues(s).result:
                return Verdict("held", False, result, s)
    return best or Verdict("background", False, "nämns bara")


def _told_around(title: Sentence, around: Sequence[Sentence], ahead: Ahead) -> Verdict | None:
    """Return what a body says that never names the activity of its title."""
    found = [(s, cues(s)) for s in around]
    called_off = next((s for s, c in found if c.called_off or c.postponed), None)
    if called_off:
        return _one(called_off, ahead)
    been = next((Verdict("held", False, why, s) for s, c in found if (why := c.done or c.told or c.came)), None)
    # "Nästa möte den 4 oktober": another one than what the text is the report of.
    found = [(s, c) for s, c in found if not (been and _NEXT.match(s.fold))]
    refused = next(((s, c) for s, c in found if c.refused), None)
    if refused and not been:
        return Verdict("none", True, refused[1].refused, refused[0])
    planned = next(((s, c) for s, c in found if (c.future and not c.refused) or ahead(s)), None)
    explains = cues(title).asks or cues(title).method
    told = [
        (s, c)
        for s, c in found
        if (c.done or (c.result and (c.past or c.lately or not explains))) and not c.doubt and not c.promise
    ]
    if told and not (planned and ahead(planned[0])):
        s, c = told[0]
        results = sum(bool(c.result) for _, c in told)
        sure = (
            not c.future
            and not cues(title).doubt
            and bool(c.done or results > 1)
            and (results > 0 or ahead(s) is False)
        )
        return Verdict("held", sure, c.done or c.result, s)
    if planned and (not been or ahead(planned[0])):
        return Verdict("planned", True, planned[1].future or "dagen ligger framåt", planned[0])
    if been:
        return been  # "Mycket kom fram. Lamporna ska bytas": what comes may be its consequence
    general = next(((s, c) for s, c in found if c.method or c.standing), None)
    return Verdict("background", True, general[1].method or general[1].standing, general[0]) if general else None


_ORDER = ("held", "moved", "cancelled", "planned", "none", "promise_text", "background")


def _strongest(found: Sequence[Verdict]) -> Verdict | None:
    ranked = sorted(found, key=lambda v: (_ORDER.index(v.state), not v.sure))
    sure = [v for v in ranked if v.sure and v.state in ("held", "moved", "cancelled")]
    return next(iter(sure or ranked), None)


def _weigh(best: Verdict, found: Sequence[Verdict]) -> Verdict:
    """Lower a report to a question where another sentence speaks against it."""
    against = [v for v in found if v is not best and v.sure and v.state in ("held", "cancelled", "moved")]
    if best.state == "held" and any(v.state != "held" for v in against):
        return Verdict("held", False, best.why, best.sentence, contested=True)
    return best


def _one(sentence: Sentence, ahead: Ahead) -> Verdict:
    """Return what one sentence that names the activity says of it."""
    c = cues(sentence)
    if c.at_least and c.done and sentence.fold.find(c.done) < sentence.fold.find(c.at_least):
        # "Fyra har genomförts, mot utlovade minst fyra": a result beside its target, for a person to tell.
        return Verdict("held", False, c.done, sentence, contested=True)
    if c.called_off and amounts.ALTOGETHER.search(sentence.fold):
        # "Det blev tre, eftersom en fick ställas in": some were held.
        return Verdict("held", False, c.called_off, sentence, contested=True)
    when = ahead(sentence)
    for state, sure, why in _rules(c, when):
        if why:
            return Verdict(state, sure, why, sentence)
    return Verdict("background", False, "nämns bara", sentence)


def _rules(c: Cues, ahead: bool | None) -> Iterator[tuple[State, bool, str]]:
    """Yield (state, sure, the words that say so), the first with words wins.

    Only positive grounds dismiss a sentence, and none does where it also tells of something that has been.
    """
    moved: State = "moved" if c.postponed else "cancelled"
    # A day gone by belongs to the talk or the decision where there is any.
    been = c.done or c.told or c.came or (PASSED if ahead is False and not c.talk else "")
    yield moved, True, c.called_off if not c.made_up else ""
    yield "background", True, c.long_ago if ahead is not False else ""
    yield "moved", True, c.postponed if not c.done or c.future else ""
    yield "cancelled", True, c.would if not c.done else ""
    yield "none", True, c.refused if not been else ""
    yield "planned", True, c.not_yet
    called = c.undone if c.future.startswith(("planera", "inplanera", "boka", "inboka")) else ""
    yield "cancelled", True, called if not (c.done or c.result) else ""
    yield "background", True, c.none_done or (c.undone if not (c.done or c.result) else "")
    yield "planned", True, c.appointment or c.booked if ahead is not False and not been and not c.once else ""
    yield "background", True, c.wish if not been else ""
    # "Trimmade" and its like may be adjectives in a promise's text; a day gone by or another past tense may not.
    reported = c.done or c.came or (c.told if not c.told.endswith(("ade", "ad")) else "") or (been == PASSED and been)
    yield "promise_text", True, c.at_least or c.promise if not reported or (c.future and not c.done) else ""
    yield "background", False, c.once and c.future and c.done
    yield "held", False, c.done if c.once or c.wish or c.shown else ""
    yield "held", False, c.done if c.future and ahead is not False and not c.result else ""
    yield "held", True, c.done if ahead is not True and not c.at_least and not c.refused else ""
    yield "held", False, c.done
    yield "planned", True, c.future if ahead else ""
    told = ahead is False and not c.doubt and not c.talk and not c.method and not c.standing and not c.future
    yield "held", bool(c.past or ahead is False) and not c.doubt and not c.promise, c.result
    yield "held", True, c.came if told and not c.promise else ""
    yield "planned", True, c.present if ahead else ""
    yield "held", False, c.told if not ahead else ""
    yield "held", False, c.past if c.summary and not c.future else ""
    yield "planned", True, c.booked if not been else ""
    yield "held", False, c.ever_since if (c.present or c.general) and c.method in ("", "används") else ""
    yield "background", True, c.standing or c.method if not been else ""
    yield "planned", True, c.future if not been else ""
    yield "held", False, c.ongoing or (c.present if ahead is False else "")
    yield "planned", True, c.arranges if c.summary and not (been or c.lately or c.result) else ""
    yield "planned", True, "dagen ligger framåt" if ahead else ""
    yield "planned", True, c.appointment if ahead is None and not c.past else ""
    yield "held", False, been


def dismissal(anchors: Sequence[Sentence], title: Sentence) -> str:
    """Return what shows that a bare mention reports nothing: a debate, a question, talk, the general present; or ""."""
    if genre := GENRE.search(title.fold):
        return genre[0]
    said = [cues(s) for s in anchors if s.number] or [cues(title)]
    if any(c.told or c.summary or (c.lately and not c.talk) for c in said):
        return ""
    if all(c.asks for c in said):
        return "en fråga"
    return next((c.talk or c.general for c in said if c.talk or c.general), "")
