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


def match(
    promise: Promise, municipality: Municipality, records: Sequence[Record], judgements: Sequence[Judgement]
) -> Matches:
    """Return what these records and answers amount to for a promise; the same input gives the same result."""
    by_id = {r.id: r for r in records}
    answers = {(j.left, j.right): j for j in judgements if j.question == "evidence"}
    readings = _with_forgotten(evidence.read(records, promise, municipality), by_id, answers, promise)
    judged = [_judged(r, by_id, answers) for r in readings]
    pairs = linkage.score(records, judged)
    activities = linkage.activities(promise, by_id, judged, pairs, judgements)
    return Matches(
        readings=tuple(readings),
        pairs=tuple(pairs),
        judged=tuple(judged),
        activities=tuple(activities),
        nil_reports=tuple(r for r in judged if r.state == "nil_report" and r.band == "sure"),
        questions=tuple(linkage.questions(promise, by_id, judged, pairs, judgements)),
    )


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
