"""Which questions about a promise are open at this moment, the answers of this minute counted in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from config.schema import Promise
from tasks import evidence, linkage
from tasks.model import Question, Reading, Record
from tasks.store import Db, matches, records


@dataclass(frozen=True, slots=True)
class Open:
    """What is asked of a promise now, with the records and readings it is about."""

    questions: tuple[Question, ...]
    # Answered with unsure: waits for somebody who knows.
    waiting: tuple[Question, ...]
    records: Mapping[str, list[Record]]
    readings: Mapping[tuple[str, str], Reading]


def open_questions(db: Db, promise: Promise) -> Open:
    """Return a promise's open questions, the answers of this minute counted in, and what they are about.

    Starts from the stored readings and pairs: reading and comparing every text again is the reconciliation's work.
    """
    readings, pairs = matches.derived(db, promise.slug)
    about = {r.record_id: r.record_version for r in readings if r.band != "no"}
    versions = records.versions_of(db, about)
    # A report taken back this minute is no longer asked about; any other record is the version that was read.
    by_id = {
        key: found[about[key] - 1]
        for key, found in versions.items()
        if about[key] <= len(found) and found[-1].fields.get("state") != "withdrawn"
    }
    answers = matches.answers(db, promise.slug)
    # An unsure answer leaves the question open for somebody who knows.
    unsure = {(j.question, j.left, j.right): j for j in answers if j.verdict == "unsure"}
    sure = [j for j in answers if j.verdict != "unsure"]
    said = {(j.left, j.right): j for j in sure if j.question == "evidence"}
    judged = [
        evidence.judged(r, by_id[r.record_id], said[r.record_id, r.commitment])
        if (r.record_id, r.commitment) in said
        else r
        for r in readings
        if r.record_id in by_id
    ]
    no_more = {(r.record_id, r.commitment) for r in judged if r.band == "no"}
    alive = [p for p in pairs if not {(p.left, p.commitment), (p.right, p.commitment)} & no_more]
    asked = linkage.questions(promise, by_id, judged, alive, sure)
    waits = [(q, unsure.get((q.question, q.left, q.right))) for q in asked]
    return Open(
        tuple(q for q, by in waits if by is None or by.seen_sha256 != q.seen_sha256),
        tuple(replace(q, earlier=by) for q, by in waits if by and by.seen_sha256 == q.seen_sha256),
        {key: versions[key][: about[key]] for key in by_id},
        {(r.record_id, r.commitment): r for r in judged},
    )
