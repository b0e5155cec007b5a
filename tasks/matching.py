"""Everything that follows from records and people's answers: readings, pairs, activities, open questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.schema import Municipality, Promise
from tasks import evidence, linkage
from tasks.model import Activity, Judgement, PairScore, Question, Reading, Record


@dataclass(frozen=True, slots=True)
class Matches:
    """One promise's records, matched: `readings` and `pairs` as the rules see them, the rest as people judged them."""

    readings: tuple[Reading, ...]
    pairs: tuple[PairScore, ...]
    judged: tuple[Reading, ...]
    activities: tuple[Activity, ...]
    nil_reports: tuple[Reading, ...]
    questions: tuple[Question, ...]

    def questions_per_commitment(self) -> Mapping[str, int]:
        """Return how many questions are open per commitment id."""
        by_record: dict[str, set[str]] = {}
        for reading in self.judged:
            by_record.setdefault(reading.record_id, set()).add(reading.commitment)
        counts: dict[str, int] = {}
        for question in self.questions:
            about = {question.right} if question.question == "evidence" else by_record.get(question.left, set())
            for commitment in about:
                counts[commitment] = counts.get(commitment, 0) + 1
        return counts


# What was derived from texts before they were purged.
Kept = tuple[Sequence[Reading], Sequence[PairScore]]


def match(
    promise: Promise,
    municipality: Municipality,
    records: Sequence[Record],
    judgements: Sequence[Judgement],
    kept: Kept = ((), ()),
) -> Matches:
    """Return what these records and answers amount to for a promise; the same input gives the same result.

    A record whose text is purged is not read again: what was `kept` of it counts.
    """
    by_id = {r.id: r for r in records}
    answers = {(j.left, j.right): j for j in judgements if j.question == "evidence"}
    readings = _with_forgotten(_read(records, kept[0], promise, municipality), by_id, answers, promise)
    judged = [_judged(r, by_id, answers) for r in readings]
    pairs = _with_kept(linkage.score(records, judged, judgements, kept[1]), kept[1], by_id)
    return settle(promise, records, judgements, readings, pairs)


def settle(
    promise: Promise,
    records: Sequence[Record],
    judgements: Sequence[Judgement],
    readings: Sequence[Reading],
    pairs: Sequence[PairScore],
) -> Matches:
    """Return what readings and pairs that are known already amount to, in whatever order they come.

    Of the records only those are needed that the readings, the pairs and the answers are about.
    """
    by_id = {r.id: r for r in records}
    answers = {(j.left, j.right): j for j in judgements if j.question == "evidence"}
    readings = sorted(readings, key=lambda r: (r.record_id, r.commitment))
    pairs = sorted(pairs, key=lambda p: (p.commitment, p.left, p.right))
    judged = [_judged(r, by_id, answers) for r in readings]
    return Matches(
        readings=tuple(readings),
        pairs=tuple(pairs),
        judged=tuple(judged),
        activities=tuple(linkage.activities(promise, by_id, judged, pairs, judgements)),
        nil_reports=tuple(r for r in judged if r.state == "nil_report" and r.band == "sure"),
        questions=tuple(linkage.questions(promise, by_id, judged, pairs, judgements)),
    )


def _read(
    records: Sequence[Record], kept: Sequence[Reading], promise: Promise, municipality: Municipality
) -> list[Reading]:
    """Return the readings of all records in their order, kept ones for those without text."""
    fresh = evidence.read([r for r in records if r.purged_at is None], promise, municipality)
    purged = {(r.id, r.version) for r in records if r.purged_at}
    if not purged:
        return fresh
    order = {r.id: i for i, r in enumerate(records)}
    both = [*fresh, *(k for k in kept if (k.record_id, k.record_version) in purged)]
    return sorted(both, key=lambda r: (order[r.record_id], r.commitment))


def _with_kept(pairs: list[PairScore], kept: Sequence[PairScore], by_id: Mapping[str, Record]) -> list[PairScore]:
    """Return the pairs with the kept ones in place of what can't be scored rightly any more.

    Without its text a record is like others in other ways, and so are the others whose rival it is: among records
    that were there at the purge, kept pairs are all there is of a purged one and of those it was paired with.
    """
    gone = {r.id: r.purged_at for r in by_id.values() if r.purged_at}
    if not gone:
        return pairs
    last = max(gone.values())
    settled = {*gone, *(side for p in kept for side in (p.left, p.right))}
    old = {key for key, record in by_id.items() if record.seen_at and record.seen_at <= last}
    fresh = [p for p in pairs if not ({p.left, p.right} & settled and {p.left, p.right} <= old)]
    standing = [p for p in kept if {p.left, p.right} <= old]
    return sorted([*fresh, *standing], key=lambda p: -p.score)


def _with_forgotten(
    readings: list[Reading], by_id: Mapping[str, Record], answers: Mapping[tuple[str, str], Judgement], promise: Promise
) -> list[Reading]:
    """Return the readings with those that a person said yes to and the rules no longer find: no answer is lost."""
    read = {(r.record_id, r.commitment) for r in readings}
    known = {c.id for c in promise.commitments}
    # A report that its party has taken back is nothing, whoever answered what about it.
    standing = {key for key, record in by_id.items() if record.fields.get("state") != "withdrawn"}
    lost = [
        evidence.forgotten(answer, by_id[left])
        for (left, right), answer in sorted(answers.items())
        if answer.verdict == "yes" and (left, right) not in read and left in standing and right in known
    ]
    return [*readings, *lost]


def _judged(reading: Reading, by_id: Mapping[str, Record], answers: Mapping[tuple[str, str], Judgement]) -> Reading:
    answer = answers.get((reading.record_id, reading.commitment))
    return reading if answer is None else evidence.judged(reading, by_id[reading.record_id], answer)
