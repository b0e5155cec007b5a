"""One free text × one commitment → Reading: what it tells of the activity, when, where, and how surely."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from config.schema import Commitment, Municipality, Promise
from tasks.evidence import amounts, cues, datewords, occasions, places, states, swedish, topics
from tasks.evidence.calendar_sv import MONTHS, Lean
from tasks.evidence.datewords import Mention
from tasks.evidence.swedish import Sentence
from tasks.model import Band, Dated, Precision, Reading, Record

_LOCAL = ZoneInfo("Europe/Stockholm")
# The score orders questions and shows how near the next band a reading lies; the band decides.
SCORES: Mapping[Band, float] = {"sure": 0.95, "unsure": 0.6, "no": 0.2}
MENTIONED = "nämns bara"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reading is read for: a promise and its municipality (None: anywhere), its days or any."""

    promise: Promise
    municipality: Municipality | None
    period_filter: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """A record's text, split once for all commitments."""

    record: Record
    sentences: tuple[Sentence, ...]
    published: date | None
    # How exactly the publication is known; `published` is the last day of the month or year.
    precision: Precision = "day"


def open_record(record: Record) -> Text:
    """Return the record as sentences, with its publication as a local day."""
    published = record.published_at.astimezone(_LOCAL).date() if record.published_at else None
    precision: Precision = record.fields.get("published_precision", "day")
    return Text(record, swedish.sentences(record.title, record.text), published, precision)


def read(text: Text, words: topics.Words, commitment: Commitment, scope: Scope) -> Reading | None:
    """Return what the text says of the commitment, or None when it is not about it, or not about here and then."""
    topic = topics.topic(text.sentences, words)
    if topic is None:
        return None
    anchors = _anchors(text, topic)
    around = _around(text, anchors)
    verdict = _verdict(text, topic, anchors, around)
    if verdict.state == "none" or (topic.strength == "neighbour" and verdict.state != "held"):
        return None
    days = _days(text, verdict, anchors)
    reasons = [_why(topic, verdict)]
    doubts = [*_doubts(topic, verdict, text, commitment)]
    if scope.period_filter:
        outside = _outside(days, text, scope.promise)
        if outside:
            return None
        doubts += ["det går inte att se om dagen ligger inom löftets tid"] if outside is None else []
    where = _where(text, anchors, scope.municipality)
    if where is None:
        return None
    doubts += [where.doubt] if where.doubt else []
    band: Band = "no" if verdict.state in ("background", "promise_text") else "unsure" if doubts else "sure"
    if verdict.state not in ("held", "background", "promise_text") and not where.doubt:
        band = "sure"  # only what may be counted is worth a question
    told = {s.number: w for s, w in topic.anchors}
    first = sorted(anchors, key=lambda s: s != verdict.sentence)
    number, total = amounts.count([(s, told.get(s.number)) for s in first], verdict.state, days, where.names)
    return Reading(
        record_id=text.record.id,
        record_version=text.record.version,
        commitment=commitment.id,
        state=verdict.state,
        band=band,
        score=SCORES[band],
        dates=days,
        places=where.names,
        count=number,
        conditions=amounts.conditions([*anchors, *around], commitment) if verdict.state == "held" else {},
        reasons=(*reasons, *doubts, *([", ".join(where.names)] if where.names else []), *(spoken(d) for d in days[:3])),
        is_total=total,
    )


def _verdict(
    text: Text, topic: topics.Topic, anchors: Sequence[Sentence], around: Sequence[Sentence]
) -> states.Verdict:
    sentence, _ = topic.anchors[0]
    if all(occasions.precedes(s, w) for s, w in topic.anchors):
        # "Gruppen samlades inför vandringen": a meeting before it, not the walk.
        return states.Verdict("background", True, "inför", sentence)
    verdict = states.judge(anchors, around, text.sentences[0], lambda s: _ahead(text, s))
    if verdict.state == "background" and not verdict.sure:
        return _mentioned(topic, anchors, text.sentences[0])
    if (
        verdict.state == "held"
        and not verdict.sure
        and all(occasions.is_concern(s, w) and False not in _sides(text, s) for s, w in topic.anchors)
    ):
        return states.Verdict("background", True, "handlar om", sentence)
    told = verdict.sentence if verdict.state == "planned" else None
    if told and len(set(_sides(text, told))) == 2 and not cues.cues(told).talk:
        # One day has been and one is to come: nobody but a reader can tell which is the activity's.
        return replace(verdict, state="held", sure=False)
    return verdict


def _mentioned(topic: topics.Topic, anchors: Sequence[Sentence], title: Sentence) -> states.Verdict:
    """Return what a mention without any telling verb amounts to: doubt is for a person, unless it shows to be none."""
    for s, w in topic.anchors:
        if occasions.is_occasion(s, w):
            # "Efter vårens vandring har häckarna klippts", "Sex vandringar": it seems to have been held.
            return states.Verdict("held", False, s.fold[: w.end].split()[-2] if s.number else "rubriken", s)
    first = topic.anchors[0][0]
    if said := states.dismissal(anchors, title):
        return states.Verdict("background", True, said, first)
    if topic.strength in ("named", "paired"):
        return states.Verdict("held", False, MENTIONED, first)
    return states.Verdict("background", False, MENTIONED, first)


def _anchors(text: Text, topic: topics.Topic) -> list[Sentence]:
    """Return the sentences about the activity, with those that go on about "the walk" once it has been named."""
    numbers = {s.number for s, _ in topic.anchors}
    heads = {w.stem for _, w in topic.anchors if topic.strength in ("named", "paired")}
    for s in text.sentences[1:]:
        for w in s.words:
            definite = w.fold.endswith(("en", "et", "arna", "erna", "orna"))
            if definite and len(w.stem) >= 4 and any(h != w.stem and h.endswith(w.stem) for h in heads):
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


def _mentions(text: Text, sentence: Sentence, lean: Lean) -> list[Mention]:
    year = None
    for place in (sentence, text.sentences[0]):
        named = datewords.years(place.text)
        year = year or (named[0] if len(named) == 1 else None)
    if year is None and text.published is None:
        anywhere = {y for s in text.sentences for y in datewords.years(s.text)}
        year = anywhere.pop() if len(anywhere) == 1 else None
    return datewords.find(sentence.text, text.published, year, lean, text.precision)


def _ahead(text: Text, sentence: Sentence) -> bool | None:
    """Tell whether the sentence's day lies after the publication; None when either is not known."""
    own = _sides(text, sentence)
    if own:
        return max(own)
    said = cues.cues(sentence)
    if said.done or said.past or said.result:
        return None
    # A sentence without a day or a past tense looks ahead when every day around it does.
    others = [side for s in text.sentences[:12] for side in _sides(text, s)]
    return True if others and all(others) else None


def _sides(text: Text, sentence: Sentence) -> list[bool]:
    """Return for each of the sentence's own days whether it lies after the publication."""
    published = text.published
    if published is None:
        return []
    days = [m.when for m in _mentions(text, sentence, "near") if m.when and m.role == "activity"]
    if text.precision != "day":
        # Within the month (or year) of which no more is known, nobody can tell.
        same = "%Y-%m" if text.precision == "month" else "%Y"
        days = [d for d in days if d.end.strftime(same) != published.strftime(same)]
    # A week or month that is under way lies on neither side.
    days = [d for d in days if not d.start <= published < d.end]
    return [d.end > published for d in days if d.precision in ("day", "week", "month")]


def _days(text: Text, verdict: states.Verdict, anchors: Sequence[Sentence]) -> tuple[Dated, ...]:
    """Return the activity's own days: from the sentence that told, then its fellows, then the title, then the rest."""
    lean: Lean = "past" if verdict.state == "held" else "future" if verdict.state == "planned" else "near"
    told = [verdict.sentence] if verdict.sentence else []
    body = [s for s in anchors if s.number]
    after = [s for s in text.sentences[1:] if body and s.number == body[-1].number + 1]
    before = [s for s in text.sentences[1:] if body and s.number == body[0].number - 1]
    rest = list(text.sentences[1:8]) if not body else []
    exact: list[Dated] = []
    coarse: list[Dated] = []
    for s in (*told, *body, text.sentences[0], *after, *before, *rest):
        for m in _mentions(text, s, lean):
            if m.when is None or m.role == "other" or m.when in exact or m.when in coarse:
                continue
            when = Dated(date(m.when.end.year, 1, 1), m.when.end, "period") if m.role == "until" else m.when
            if lean == "past" and text.published and when.start > text.published:
                continue
            (coarse if (when.end - when.start).days > 45 else exact).append(when)
        if exact:
            break
    own = text.record.when
    # A calendar says the day beside the text.
    return tuple(exact) or ((own,) if own else tuple(coarse[:1]))


def _doubts(topic: topics.Topic, verdict: states.Verdict, text: Text, commitment: Commitment) -> Iterator[str]:
    """Yield what keeps a report from being counted without asking."""
    if topic.strength == "neighbour":
        yield "liknar aktiviteten men heter något annat"
    if topic.strength == "near":
        yield "orden står inte i samma mening"
    if commitment.party == "police" and text.record.party != "police" and not _says(text, "polis"):
        yield "det framgår inte att polisen gjorde det"
    if not verdict.sure:
        yield "det framgår inte säkert att den har genomförts"


def _says(text: Text, stem: str) -> bool:
    return any(stem in w.fold for s in text.sentences for w in s.words)


def _why(topic: topics.Topic, verdict: states.Verdict) -> str:
    word = topic.anchors[0][1].text
    about = f" + ”{topic.about}”" if topic.about and topic.about != word else ""
    where = "i rubriken" if verdict.sentence and verdict.sentence.number == 0 else "i texten"
    told = f"”{verdict.why}” + " if verdict.why and verdict.why != MENTIONED else ""
    return f"{told}”{word}”{about} {where}"


def spoken(when: Dated) -> str:
    """Return a date as Swedish people write it, as exact as it is."""
    if when.precision == "day":
        return f"{when.start.day} {MONTHS[when.start.month - 1]} {when.start.year}"
    if when.precision == "week":
        return f"vecka {when.start.isocalendar().week} {when.start.isocalendar().year}"
    if when.precision == "month":
        return f"{MONTHS[when.start.month - 1]} {when.start.year}"
    if when.precision == "year":
        return str(when.start.year)
    return f"{when.start.isoformat()}–{when.end.isoformat()}"


def _outside(days: Sequence[Dated], text: Text, promise: Promise) -> bool | None:
    """Tell whether the record lies outside the promise's time; None when it can't be seen."""
    if days:
        inside = [d for d in days if d.end >= promise.signed and d.start <= promise.ends]
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


def _where(text: Text, anchors: Sequence[Sentence], municipality: Municipality | None) -> _Where | None:
    """Return the districts named and what is doubtful about them; None when the record is about elsewhere."""
    if municipality is None:
        return _Where(places.spots(" ".join(s.text for s in anchors)))
    local = text.record.source in {s.id for s in municipality.sources}
    near = places.find(". ".join(s.text for s in (*anchors, text.sentences[0])), municipality)
    whole = places.find(". ".join([text.record.place, *(s.text for s in text.sentences)]), municipality)
    if near.elsewhere and not near.own and not near.districts:
        return None
    if near.elsewhere:
        return _Where(near.districts, f"även {near.elsewhere[0]} nämns")
    here = near if near.districts else whole
    if local and text.record.party == "municipality":
        return _Where(here.districts)
    if not whole.districts and not whole.own:
        return _Where((), "ingen ort nämns") if local else None
    if not local and not whole.certain and not here.certain:
        return _Where(here.districts, "orten finns även på andra håll")
    return _Where(here.districts)
