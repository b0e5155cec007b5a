"""Record × commitment → Reading: is it about that commitment, in which state, when, where, how many, and why so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from config.schema import Commitment, Municipality, Promise
from tasks import datewords, places, reports, states, swedish, topics
from tasks.datewords import Lean, Mention
from tasks.model import Band, Dated, Judgement, Reading, Record, State
from tasks.swedish import Sentence, Word

RULES_VERSION = "2026-11-22.1"
_LOCAL = ZoneInfo("Europe/Stockholm")
# The score orders questions and shows how near the next band a reading lies; the band decides.
_SCORES: Mapping[Band, float] = {"sure": 0.95, "unsure": 0.6, "no": 0.2}


@dataclass(frozen=True, slots=True)
class _Text:
    """A record's text, split once for all commitments."""

    record: Record
    sentences: tuple[Sentence, ...]
    published: date | None
    # Only the month or year of the publication is known; `published` is its last day.
    exact: bool = True


def read(
    records: Sequence[Record],
    promise: Promise,
    municipality: Municipality | None,
    period_filter: bool = True,
) -> list[Reading]:
    """Return what the records say about the promise's commitments; a record about nothing yields nothing.

    `municipality` None reads without a place filter; `period_filter` drops what lies outside the promise's days.
    """
    commitments = [c for c in promise.commitments if c.measure != "duty"]
    found: list[Reading] = []
    free: list[Record] = []
    for record in records:
        if record.fields.get("commitment"):
            found.extend(reports.read(record, promise, municipality, RULES_VERSION))
        else:
            free.append(record)
    candidates = topics.candidates(free, commitments)
    cache: dict[int, _Text] = {}
    for commitment, rows in zip(commitments, candidates, strict=True):
        words = topics.words_of(commitment.signals)
        for row in rows:
            text = cache.get(row) or cache.setdefault(row, _open(free[row]))
            reading = _read_one(text, words, commitment, promise, municipality, period_filter)
            if reading is not None:
                found.append(reading)
    order = {r.id: i for i, r in enumerate(records)}
    return sorted(found, key=lambda r: (order[r.record_id], r.commitment))


def judged(reading: Reading, record: Record, judgement: Judgement) -> Reading:
    """Return the reading as a person's answer makes it; a changed record that contradicts it asks anew."""
    changed = judgement.seen_sha256 != record.content_sha256
    if changed and _contradicts(reading, judgement):
        return replace(
            reading,
            band="unsure",
            score=_SCORES["unsure"],
            reasons=(*reading.reasons, "posten har ändrats sedan någon svarade och säger nu något annat"),
        )
    if judgement.verdict == "no":
        return replace(reading, band="no", score=0.0, question="", reasons=(*reading.reasons, "en person svarade nej"))
    if judgement.verdict == "unsure":
        kept = (*reading.reasons, "en person svarade vet inte")
        return replace(reading, band="unsure", score=_SCORES["unsure"], question="", reasons=kept)
    return _confirmed(reading, judgement)


def _confirmed(reading: Reading, judgement: Judgement) -> Reading:
    fields = judgement.corrected
    state: State = fields.get("state") or ("held" if reading.state in ("background", "none") else reading.state)
    when = reports.dated(fields.get("date"))
    place = fields.get("place")
    return replace(
        reading,
        state=state,
        band="sure",
        score=1.0,
        dates=(when,) if when else reading.dates,
        places=(str(place),) if place else reading.places,
        count=int(fields["count"]) if fields.get("count") is not None else reading.count,
        question="",
        reasons=(*reading.reasons, "en person svarade ja" + (" och rättade uppgifterna" if fields else "")),
    )


def _contradicts(reading: Reading, judgement: Judgement) -> bool:
    """Tell whether what the record says now goes against what the person answered."""
    if judgement.verdict == "unsure":
        return False
    if judgement.verdict == "no":
        return reading.band == "sure" and reading.state == "held"
    answered = judgement.corrected.get("state", "held")
    when = reports.dated(judgement.corrected.get("date"))
    moved = bool(when and reading.dates and not any(overlaps(when, d) for d in reading.dates))
    return moved or reading.band == "no" or (reading.state in ("cancelled", "moved") and answered == "held")


def overlaps(one: Dated, other: Dated) -> bool:
    """Tell whether two stretches of days share a day."""
    return one.start <= other.end and other.start <= one.end


_ASKS: Mapping[State, str] = {
    "held": "Har {a} genomförts enligt ”{title}”?",
    "planned": "Är {a} planerad enligt ”{title}”?",
    "cancelled": "Har {a} ställts in enligt ”{title}”?",
    "moved": "Har {a} flyttats till en annan dag enligt ”{title}”?",
}
_NEUTER = ("möte", "sök", "tillfälle", "samtal", "brev", "råd", "uppdrag", "projekt", "område")


def question(reading: Reading, record: Record, commitment: Commitment) -> str:
    """Return one Swedish sentence that a person can answer with yes, no or not sure."""
    one, many = commitment.unit
    title = swedish.clean(record.title or record.text)[:90].replace("\n", " ") or record.id
    article = "ett" if one.endswith(_NEUTER) else "en"
    activity = f"{reading.count} {many}" if reading.count and reading.count > 1 else f"{article} {one}"
    form = _ASKS.get(reading.state, "Handlar ”{title}” om {a}?")
    if article == "ett" and not activity[0].isdigit():
        form = form.replace("planerad", "planerat")
    elif activity[0].isdigit():
        form = form.replace("planerad", "planerade")
    return form.format(a=activity, title=title)


def _open(record: Record) -> _Text:
    published = record.published_at.astimezone(_LOCAL).date() if record.published_at else None
    exact = record.fields.get("published_precision", "day") == "day"
    return _Text(record, swedish.sentences(record.title, record.text), published, exact)


def _read_one(
    text: _Text,
    words: topics.Words,
    commitment: Commitment,
    promise: Promise,
    municipality: Municipality | None,
    period_filter: bool,
) -> Reading | None:
    """Return what one free text says of one commitment, or None when it is not about it, or not about here and then."""
    topic = topics.topic(text.sentences, words)
    if topic is None:
        return None
    anchors = _anchors(text, topic)
    verdict = states.judge(anchors, _around(text, anchors), text.sentences[0], lambda s: _ahead(text, s))
    if verdict.state == "none" or (topic.strength in ("near", "neighbour") and verdict.state == "background"):
        return None
    if topic.strength == "neighbour" and not (verdict.state == "held" and verdict.sure):
        return None
    days = _days(text, verdict, anchors)
    reasons = [_why(topic, verdict)]
    band = _band(topic, verdict, text, commitment, reasons)
    if "occurred_at" in text.record.fields:
        # A police notice is a selection of call-outs: context, and never makes a figure.
        verdict, band = replace(verdict, state="background"), "no"
        reasons.append("polisens händelsenotis är sammanhang, inte bevis")
    if period_filter:
        outside = _outside(days, text, promise)
        if outside is True:
            return None
        if outside is None and band == "sure" and verdict.state == "held":
            band = "unsure"
            reasons.append("det går inte att se om dagen ligger inom löftets tid")
    where: tuple[str, ...] = places.spots(" ".join(s.text for s in anchors))
    if municipality is not None:
        spot = _where(text, anchors, municipality)
        if spot is None:
            return None
        where, certain, note = spot
        if not certain and band == "sure":
            band = "unsure"
        reasons.extend([note] if note else [])
    count, total = _count(anchors, verdict, topic, days, where)
    if where:
        reasons.append(", ".join(where))
    reasons.extend(_spoken(d) for d in days[:3])
    reading = Reading(
        record_id=text.record.id,
        record_version=text.record.version,
        commitment=commitment.id,
        state=verdict.state,
        band=band,
        score=_SCORES[band],
        dates=days,
        places=where,
        count=count,
        conditions=_conditions(text, anchors, commitment) if verdict.state == "held" else {},
        reasons=tuple(reasons),
        is_total=total,
        rules_version=RULES_VERSION,
    )
    return replace(reading, question=question(reading, text.record, commitment)) if band == "unsure" else reading


def _anchors(text: _Text, topic: topics.Topic) -> list[Sentence]:
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
        if s.number - 1 in numbers and _ALTOGETHER.search(s.fold):
            numbers.add(s.number)
    return [s for s in text.sentences if s.number in numbers]


def _around(text: _Text, anchors: Sequence[Sentence]) -> list[Sentence]:
    """Return body sentences near the anchors; the first ones when only the title speaks of the activity."""
    body = [s for s in anchors if s.number]
    if not body:
        return list(text.sentences[1:7])
    near = {n for s in body for n in (s.number - 1, s.number + 1, s.number + 2)} - {s.number for s in body} - {0}
    return [s for s in text.sentences if s.number in near]


def _mentions(text: _Text, sentence: Sentence, lean: Lean) -> list[Mention]:
    year = None
    for place in (sentence, text.sentences[0]):
        named = datewords.years(place.text)
        year = year or (named[0] if len(named) == 1 else None)
    if year is None and text.published is None:
        anywhere = {y for s in text.sentences for y in datewords.years(s.text)}
        year = anywhere.pop() if len(anywhere) == 1 else None
    return datewords.find(sentence.text, text.published, year, lean, text.exact)


def _ahead(text: _Text, sentence: Sentence) -> bool | None:
    """Tell whether the sentence's day lies after the publication; None when either is not known."""
    if text.published is None:
        return None
    days = [m.when for m in _mentions(text, sentence, "near") if m.when and m.role == "activity"]
    days = [d for d in days if d.precision in ("day", "week", "month")]
    if not days:
        return None
    return max(d.end for d in days) > text.published


def _days(text: _Text, verdict: states.Verdict, anchors: Sequence[Sentence]) -> tuple[Dated, ...]:
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
    return tuple(exact or coarse[:1])


def _band(
    topic: topics.Topic, verdict: states.Verdict, text: _Text, commitment: Commitment, reasons: list[str]
) -> Band:
    if verdict.state in ("background", "promise_text", "none"):
        return "no"
    if topic.strength == "neighbour":
        reasons.append("liknar aktiviteten men heter något annat")
        return "unsure" if verdict.state == "held" else "no"
    if verdict.state != "held":
        return "sure"
    if topic.strength == "near":
        reasons.append("orden står inte i samma mening")
        return "unsure"
    if commitment.party == "police" and text.record.party != "police" and not _says(text, "polis"):
        reasons.append("det framgår inte att polisen gjorde det")
        return "unsure"
    if not verdict.sure:
        reasons.append("det framgår inte säkert att den har genomförts")
        return "unsure"
    return "sure"


def _says(text: _Text, stem: str) -> bool:
    return any(stem in w.fold for s in text.sentences for w in s.words)


def _why(topic: topics.Topic, verdict: states.Verdict) -> str:
    word = topic.anchors[0][1].text
    about = f" + ”{topic.about}”" if topic.about and topic.about != word else ""
    where = "i rubriken" if verdict.sentence and verdict.sentence.number == 0 else "i texten"
    told = f"”{verdict.why}” + " if verdict.why and verdict.why != "nämns bara" else ""
    return f"{told}”{word}”{about} {where}"


def _spoken(when: Dated) -> str:
    if when.precision == "day":
        return f"{when.start.day} {datewords.MONTHS[when.start.month - 1]} {when.start.year}"
    if when.precision == "week":
        return f"vecka {when.start.isocalendar().week} {when.start.isocalendar().year}"
    if when.precision == "month":
        return f"{datewords.MONTHS[when.start.month - 1]} {when.start.year}"
    if when.precision == "year":
        return str(when.start.year)
    return f"{when.start.isoformat()}–{when.end.isoformat()}"


def _outside(days: Sequence[Dated], text: _Text, promise: Promise) -> bool | None:
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


def _where(
    text: _Text, anchors: Sequence[Sentence], municipality: Municipality
) -> tuple[tuple[str, ...], bool, str] | None:
    """Return (districts, certain, remark); None when the record is about elsewhere."""
    local = text.record.source in {s.id for s in municipality.sources}
    own_site = local and text.record.party == "municipality"
    near = places.find(". ".join(s.text for s in (*anchors, text.sentences[0])), municipality)
    whole = places.find(". ".join([text.record.place, *(s.text for s in text.sentences)]), municipality)
    if near.elsewhere and not near.own and not near.districts:
        return None
    if near.elsewhere:
        return near.districts, False, f"även {near.elsewhere[0]} nämns"
    here = near if near.districts else whole
    if own_site:
        return here.districts, True, ""
    if not whole.districts and not whole.own:
        return None
    if not local and not whole.certain and not here.certain:
        return here.districts, False, "orten finns även på andra håll"
    return here.districts, True, ""


_BEFORE = re.compile(r"([\wåäö]+)(?:\s[\wåäö-]+){0,2}?\s?$")
_NUMBER = "|".join((r"\d{1,2}", *swedish.NUMBERS))
_ALTOGETHER = re.compile(
    rf"(?<!\w)(?:sammanlagt|totalt|fler\sän|blev\sdet|gjordes|genomfördes|hölls|gjorts|genomförts|hållits)\s({_NUMBER})"
    r"(?=\s*(?:[.,:;!)]|$|i\s|på\s|stycken|st\W|sådana|varav|till\W))"
)


def _count(
    anchors: Sequence[Sentence],
    verdict: states.Verdict,
    topic: topics.Topic,
    days: Sequence[Dated],
    where: Sequence[str],
) -> tuple[int | None, bool]:
    """Return how many activities the text stands for (None: it gives no number) and whether it is a total."""
    words: dict[int, Word] = {s.number: w for s, w in topic.anchors}
    numbers: list[int] = []
    plural = False
    for s in sorted(anchors, key=lambda s: s != verdict.sentence):
        word = words.get(s.number)
        if word:
            plural = plural or bool(re.search(r"(?:ar|er|or|arna|erna|orna)$", word.fold))
            at = s.words.index(word) if word in s.words else 0
            numbers += [n for w in s.words[max(0, at - 3) : at] if (n := swedish.number(w.fold)) and n < 100]
        numbers += [n for m in _ALTOGETHER.finditer(s.fold) if (n := swedish.number(m[1])) and n < 100]
    exact = [d for d in days if d.precision == "day"]
    count = numbers[0] if numbers else None
    if count is None and not plural:
        count = 1
    elif count is None:
        count = max(len(exact), len(where)) if max(len(exact), len(where)) > 1 else None
    summary = any(states.cues(s).summary for s in anchors)
    total = verdict.state == "held" and count != 1 and plural | bool(count) and summary and len(exact) != count
    return count, bool(total)


_ABSENT = re.compile(
    r"(?<!\w)(?:utan|inte|ej|saknades|förhind\w*|frånvar\w*|uteblev)(?:\s\w+){0,3}\s(?:\w*polis\w*)|\w*polis\w*(?:\s\w+){0,2}\s(?:kunde\sinte|deltog\sinte|var\sinte|medverkade\sinte|uteblev|saknades|fick\sförhinder|hade\sförhinder|var\sförhindrad)"
)


def _conditions(text: _Text, anchors: Sequence[Sentence], commitment: Commitment) -> dict[str, bool]:
    """Return the conditions that the words settle; what they leave open is missing."""
    near = [*anchors, *_around(text, anchors)]
    said = " ".join(s.fold for s in near)
    found: dict[str, bool] = {}
    if "police_took_part" in commitment.conditions and "polis" in said:
        found["police_took_part"] = not _ABSENT.search(said)
    if "municipality_took_part" in commitment.conditions and re.search(
        r"kommunen|kommunens|trygghetssamordnar|rektor", said
    ):
        found["municipality_took_part"] = True
    if "at_school" in commitment.conditions and re.search(
        r"\w*(?:skola|skolan|skolor|skolans|skolorna|gymnasiet|aula|aulan)(?!\w)", said
    ):
        found["at_school"] = True
    return found
