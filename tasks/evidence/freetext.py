"""One free text × one commitment → Reading: what it tells of the activity, when, where, and how surely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from config.schema import Commitment, Municipality, Promise
from tasks.evidence import amounts, cues, days, occasions, places, states, topics
from tasks.evidence.days import Text
from tasks.evidence.swedish import Sentence
from tasks.model import Band, Dated, Reading

# The score orders questions and shows how near the next band a reading lies; the band decides.
SCORES: Mapping[Band, float] = {"sure": 0.95, "unsure": 0.6, "no": 0.2}
MENTIONED = "nämns bara"
# So many occasions told of in one text are more likely vehicles or people: a person looks before they count.
MANY = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reading is read for: a promise and its municipality (None: anywhere), its days or any."""

    promise: Promise
    municipality: Municipality | None
    period_filter: bool = True


def read(text: Text, words: topics.Words, commitment: Commitment, scope: Scope) -> Reading | None:
    """Return what the text says of the commitment, or None when it is not about it, or not about here and then."""
    topic = topics.topic(text.sentences, words)
    if topic is None:
        return None
    anchors = _anchors(text, topic)
    # "Efter förra vandringen, 2018, byttes lamporna": an earlier one, in a text about another.
    anchors = [s for s in anchors if not days.is_bygone(text, s)] or anchors
    around = _around(text, anchors)
    verdict = _verdict(text, topic, anchors, around)
    if topic.strength in ("named", "paired") and (why := _yet_told(text, verdict, [*anchors, *around])):
        verdict = states.Verdict("held", False, why, verdict.sentence, contested=True)
    if _tells_of_another(text, topic, verdict, commitment, scope.promise):
        if topic.strength == "near":
            return None
        verdict = replace(verdict, sure=False)
    if verdict.state == "none" or (topic.strength == "neighbour" and verdict.state != "held"):
        return None
    when = days.of_activity(text, verdict, anchors)
    reasons = [_why(topic, verdict)]
    doubts = [*_doubts(topic, verdict, text, commitment)]
    if scope.period_filter:
        outside = _outside(when, text, scope.promise)
        if outside:
            return None
        doubts += ["det går inte att se om dagen ligger inom löftets tid"] if outside is None else []
    where = _where(text, topic, anchors, scope.municipality)
    if where is None:
        return None
    doubts += [where.doubt] if where.doubt else []
    told = {s.number: w for s, w in topic.anchors}
    first = sorted(anchors, key=lambda s: s != verdict.sentence)
    number, total = amounts.count([(s, told.get(s.number)) for s in first], verdict.state, when, where.names)
    if verdict.state == "held" and commitment.measure == "count":
        doubts += _doubted_number(number, total, first)
    band: Band = "no" if verdict.state in ("background", "promise_text") else "unsure" if doubts else "sure"
    if verdict.state not in ("held", "background", "promise_text") and not where.doubt:
        band = "sure"  # only what may be counted is worth a question
    seen = [", ".join(where.names)] if where.names else []
    return Reading(
        record_id=text.record.id,
        record_version=text.record.version,
        commitment=commitment.id,
        state=verdict.state,
        band=band,
        score=SCORES[band],
        dates=when,
        places=where.names,
        count=number,
        conditions=amounts.conditions([*anchors, *around], commitment) if verdict.state == "held" else {},
        reasons=(*reasons, *doubts, *seen, *(days.spoken(d) for d in when[:3])),
        is_total=total,
    )


def _verdict(
    text: Text, topic: topics.Topic, anchors: Sequence[Sentence], around: Sequence[Sentence]
) -> states.Verdict:
    sentence, _ = topic.anchors[0]
    if all(occasions.precedes(s, w) for s, w in topic.anchors):
        # "Gruppen samlades inför vandringen": a meeting before it, not the walk.
        return states.Verdict("background", True, "inför", sentence)
    verdict = states.judge(anchors, around, text.sentences[0], lambda s: days.ahead(text, s))
    if verdict.state == "background" and not verdict.sure:
        verdict = _mentioned(topic, anchors, around, text.sentences[0])
    if verdict.state == "held" and not verdict.sure:
        if all(occasions.is_concern(s, w) and False not in days.sides(text, s) for s, w in topic.anchors):
            return states.Verdict("background", True, "handlar om", sentence)
        return replace(verdict, sure=not verdict.contested and _witnessed(text, topic))
    told = verdict.sentence if verdict.state == "planned" else None
    if told and len(set(days.sides(text, told))) == 2 and not cues.cues(told).talk:
        # One day has been and one is to come: nobody but a reader can tell which is the activity's.
        return replace(verdict, state="held", sure=False)
    return verdict


def _yet_told(text: Text, verdict: states.Verdict, near: Sequence[Sentence]) -> str:
    """Return what tells of something done in or beside a sentence that was dismissed on other grounds; or ""."""
    if verdict.state not in ("planned", "background", "promise_text", "none"):
        return ""
    if verdict.state == "planned" and verdict.sentence and days.ahead(text, verdict.sentence):
        return ""
    found = (cues.cues(s) for s in near if s.number and days.ahead(text, s) is not True)
    return next((c.done or c.told for c in found if (c.done or c.told) and not c.dismisses), "")


def _tells_of_another(
    text: Text, topic: topics.Topic, verdict: states.Verdict, commitment: Commitment, promise: Promise
) -> bool:
    """Tell whether only the title names the activity, and what the body tells is of another commitment's."""
    told = verdict.sentence
    if told is None or told.number == 0 or any(s.number for s, _ in topic.anchors):
        return False
    others = (c for c in promise.commitments if c.id != commitment.id and c.measure != "duty")
    found = (topics.topic([text.sentences[0], told], topics.words_of(c.signals)) for c in others)
    return any(t is not None and t.strength in ("named", "paired") and t.anchors[-1][0] is told for t in found)


def _witnessed(text: Text, topic: topics.Topic) -> bool:
    """Tell whether some sentence puts people or events at the activity; one that only looks like it never counts."""
    sides = [(s, w, days.sides(text, s)) for s, w in topic.anchors]
    return topic.strength != "neighbour" and any(
        occasions.is_witnessed(s, w, bool(side) and not any(side)) for s, w, side in sides
    )


def _mentioned(
    topic: topics.Topic, anchors: Sequence[Sentence], around: Sequence[Sentence], title: Sentence
) -> states.Verdict:
    """Return what a mention without any telling verb amounts to: doubt is for a person, unless it shows to be none."""
    for s, w in topic.anchors:
        if occasions.is_occasion(s, w):
            # "Efter vårens vandring har häckarna klippts", "Sex vandringar": it seems to have been held.
            return states.Verdict("held", False, s.fold[: w.end].split()[-2] if s.number else "rubriken", s)
    first = topic.anchors[0][0]
    scene = next((c.done for s in around if (c := cues.cues(s)).done and not (c.doubt or c.future or c.method)), "")
    if scene and any(s.number and occasions.is_single(s, w) and not cues.cues(s).talk for s, w in topic.anchors):
        # "Ett trettiotal har samlats. Trygghetsvandringen leds av samordnaren": told as it goes on.
        return states.Verdict("held", False, scene, first)
    if said := states.dismissal(anchors, title):
        return states.Verdict("background", True, said, first)
    if topic.strength in ("named", "paired"):
        return states.Verdict("held", False, MENTIONED, first)
    return states.Verdict("background", False, MENTIONED, first)


def _anchors(text: Text, topic: topics.Topic) -> list[Sentence]:
    """Return the sentences about the activity, with those that go on about "the walk" once it has been named."""
    numbers = {s.number for s, _ in topic.anchors}
    heads = {w.stem for _, w in topic.anchors if topic.strength in ("named", "paired")}
    body = {s.number for s, _ in topic.anchors} - {0}
    for s in text.sentences[1:]:
        for w in s.words:
            definite = w.fold.endswith(("en", "et", "arna", "erna", "orna"))
            if definite and len(w.stem) >= 4 and any(h != w.stem and h.endswith(w.stem) for h in heads):
                numbers.add(s.number)
            if w.stem in heads and any(abs(s.number - n) <= 2 for n in body):
                # "Ett brev gick ut i maj. Brevet handlar om mopedbilar": the same letter.
                numbers.add(s.number)
    for s in text.sentences[1:]:
        # "Under året gjordes sammanlagt fem": the number goes on about what was just named.
        if s.number - 1 in numbers and amounts.ALTOGETHER.search(s.fold):
            numbers.add(s.number)
    return [s for s in text.sentences if s.number in numbers]


def _around(text: Text, anchors: Sequence[Sentence]) -> list[Sentence]:
    """Return body sentences near the anchors; the first ones when only the title speaks of the activity."""
    body = [s for s in anchors if s.number]
    if not body:
        return list(text.sentences[1:7])
    near = {n for s in body for n in (s.number - 1, s.number + 1, s.number + 2)} - {s.number for s in body} - {0}
    return [s for s in text.sentences if s.number in near]


def _doubts(topic: topics.Topic, verdict: states.Verdict, text: Text, commitment: Commitment) -> Iterator[str]:
    """Yield what keeps a report from being counted without asking."""
    if topic.strength == "neighbour":
        yield "liknar aktiviteten men heter något annat"
    if topic.strength == "near" and not _joined_by(text, topic):
        yield "orden står inte i samma mening"
    if topic.strength != "named":
        # A name such as Linköpingsmodellen says who; other words don't.
        yield from _by_whom(text, commitment)
    if not verdict.sure:
        yield "det framgår inte säkert att den har genomförts"


def _doubted_number(number: int | None, total: bool, anchors: Sequence[Sentence]) -> Iterator[str]:
    """Yield what makes the number one that a person should see before it is counted."""
    if (number or 0) >= MANY and not total:
        yield f"{number} är ovanligt många i en och samma text"
    if number == 1 and (several := next((n for s in anchors if (n := amounts.at_several(s))), None)):
        yield f"på {several} ställen: det framgår inte om det räknas som en eller som {several}"


def _by_whom(text: Text, commitment: Commitment) -> Iterator[str]:
    if commitment.party == "police" and text.record.party != "police" and not _says(text, "polis"):
        yield "det framgår inte att polisen gjorde det"
    if commitment.party == "both" and not text.record.party and not (_says(text, "polis") or _says(text, "kommun")):
        yield "det framgår inte vem som gjorde det"


def _joined_by(text: Text, topic: topics.Topic) -> bool:
    """Tell whether the next sentence says that the party took part: "En träff hölls. Polisen medverkade." """
    if "polis" not in topic.about.casefold():
        return False
    beside = {s.number + step for s, _ in topic.anchors for step in (-1, 1) if s.number}
    return any(s.number in beside and s.number and "polis" in s.fold and cues.cues(s).took_part for s in text.sentences)


def _says(text: Text, stem: str) -> bool:
    return any(stem in w.fold for s in text.sentences for w in s.words)


def _why(topic: topics.Topic, verdict: states.Verdict) -> str:
    word = topic.anchors[0][1].text
    about = f" + ”{topic.about}”" if topic.about and topic.about != word else ""
    where = "i rubriken" if verdict.sentence and verdict.sentence.number == 0 else "i texten"
    told = f"”{verdict.why}” + " if verdict.why and verdict.why != MENTIONED else ""
    return f"{told}”{word}”{about} {where}"


def _outside(when: Sequence[Dated], text: Text, promise: Promise) -> bool | None:
    """Tell whether the record lies outside the promise's time; None when it can't be seen."""
    if when:
        inside = [d for d in when if d.end >= promise.signed and d.start <= promise.ends]
        return not inside
    if text.published is None:
        return None
    # Undated: news is about its own time, and summaries come in the first months of the next year.
    late = (text.published - promise.ends).days
    if text.published < promise.signed or late > 120:
        return True
    return None if late > 0 else False


@dataclass(frozen=True, slots=True)
class _Where:
    names: tuple[str, ...]
    doubt: str = ""


def _where(
    text: Text, topic: topics.Topic, anchors: Sequence[Sentence], municipality: Municipality | None
) -> _Where | None:
    """Return the districts named and what is doubtful about them; None when the record is about elsewhere."""
    if municipality is None:
        return _Where(places.spots(" ".join(s.text for s in anchors)))
    local = text.record.source in {s.id for s in municipality.sources}
    near = places.find(". ".join(s.text for s in (*anchors, text.sentences[0])), municipality)
    whole = places.find(". ".join([text.record.place, *(s.text for s in text.sentences)]), municipality)
    # A regional paper files its news by municipality: "…/strangnas/grannsamverkan-blev-succe".
    filed = f"/{municipality.slug}/" in text.record.url
    ours = whole.own or bool(whole.districts) or filed
    if near.elsewhere and not near.own and not near.districts and not (ours and _some_unplaced(topic, municipality)):
        return None
    here = near if near.districts else whole
    if near.elsewhere or (near.compared and not near.districts):
        return _Where(here.districts, f"även {(*near.elsewhere, *near.compared)[0]} nämns")
    if local and text.record.party == "municipality":
        return _Where(here.districts)
    if not ours:
        return _Where((), "ingen ort nämns") if local else None
    if not local and not filed and not whole.certain and not here.certain:
        return _Where(here.districts, "orten finns även på andra håll")
    return _Where(here.districts)


def _some_unplaced(topic: topics.Topic, municipality: Municipality) -> bool:
    """Tell whether some sentence names the activity without laying it in another municipality."""
    body = [s for s, _ in topic.anchors if s.number]
    return any(not places.find(s.text, municipality).elsewhere for s in body)
