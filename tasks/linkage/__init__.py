"""Records → activities: people's answers rule, sure pairs join, and the whole is derived anew each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from config.schema import Promise
from tasks import evidence
from tasks.linkage import merging
from tasks.linkage.merging import Occasion
from tasks.linkage.pairs import RULES_VERSION, occasion, score
from tasks.model import Activity, Judgement, PairScore, Question, Reading, Record, digest

__all__ = ["RULES_VERSION", "activities", "questions", "score", "seen"]
_EARLY = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Clusters:
    """Occasions of one commitment, each with the cluster it belongs to; `apart` holds what people keep apart."""

    occasions: tuple[Occasion, ...]
    cluster: tuple[int, ...]
    apart: frozenset[tuple[str, str]]


def seen(*records: Record) -> str:
    """Return the content hash of what a person sees when asked about these records."""
    return records[0].content_sha256 if len(records) == 1 else digest(" ".join(r.content_sha256 for r in records))


def activities(
    promise: Promise,
    records: Mapping[str, Record],
    readings: Sequence[Reading],
    pairs: Sequence[PairScore],
    judgements: Sequence[Judgement],
) -> list[Activity]:
    """Return the activities the readings amount to, oldest first; a total stands beside them, never among them."""
    found: list[Activity] = []
    for commitment in promise.commitments:
        clusters = _cluster(commitment.id, records, readings, pairs, judgements)
        groups: dict[int, list[Occasion]] = {}
        for one, number in zip(clusters.occasions, clusters.cluster, strict=True):
            groups.setdefault(number, []).append(one)
        own = [merging.merge(group) for group in groups.values()]
        totals = [r for r in readings if r.commitment == commitment.id and r.is_total and r.band != "no"]
        found.extend(own)
        found.extend(merging.hold_against(total, records[total.record_id], own) for total in totals)
    return sorted(found, key=lambda a: (a.commitment, a.when.start if a.when else _EARLY.date(), a.id))


def questions(
    promise: Promise,
    records: Mapping[str, Record],
    readings: Sequence[Reading],
    pairs: Sequence[PairScore],
    judgements: Sequence[Judgement],
) -> list[Question]:
    """Return what only a person can say: is this evidence, and are these two the same; nothing that was answered."""
    evidence_answers = {(j.left, j.right): j for j in judgements if j.question == "evidence"}
    same_answers = {(j.left, j.right): j for j in judgements if j.question == "same"}
    found = [q for r in readings if (q := _about_evidence(promise, records, r, evidence_answers))]
    for commitment in promise.commitments:
        clusters = _cluster(commitment.id, records, readings, pairs, judgements)
        found.extend(
            _about_pairs(promise, records, clusters, [p for p in pairs if p.commitment == commitment.id], same_answers)
        )
    return found


def _about_evidence(
    promise: Promise, records: Mapping[str, Record], reading: Reading, answers: Mapping[tuple[str, str], Judgement]
) -> Question | None:
    if reading.band != "unsure":
        return None
    record = records[reading.record_id]
    earlier = answers.get((reading.record_id, reading.commitment))
    if earlier and (earlier.verdict == "unsure" or earlier.seen_sha256 == seen(record)):
        return None
    return Question(
        promise=promise.slug,
        question="evidence",
        left=reading.record_id,
        right=reading.commitment,
        sentence=reading.question or evidence.question(reading, record, promise.commitment(reading.commitment)),
        reasons=reading.reasons,
        seen_sha256=seen(record),
        earlier=earlier,
    )


def _about_pairs(
    promise: Promise,
    records: Mapping[str, Record],
    clusters: _Clusters,
    pairs: Iterable[PairScore],
    answers: Mapping[tuple[str, str], Judgement],
) -> list[Question]:
    """Return the questions that would join clusters that may be one, best pair first, and those a record reopens.

    No more than that: of three that may be one, two questions tell, and the third comes when one of them is a no.
    """
    where: dict[str, list[int]] = {}
    for one, number in zip(clusters.occasions, clusters.cluster, strict=True):
        where.setdefault(one.reading.record_id, []).append(number)
    kept_apart = {(a, b) for one, two in clusters.apart for a in where.get(one, []) for b in where.get(two, [])}
    kept_apart |= {(b, a) for a, b in kept_apart}
    linked = _Links(clusters.cluster)
    found = []
    for pair in sorted(pairs, key=lambda p: (-p.score, p.left, p.right)):
        earlier = answers.get((pair.left, pair.right))
        edges = {(a, b) for a in where.get(pair.left, []) for b in where.get(pair.right, []) if a != b}
        if not earlier and (not edges or edges & kept_apart or pair.band == "no" or linked.any(edges)):
            continue
        both = records.get(pair.left), records.get(pair.right)
        if both[0] is None or both[1] is None:
            continue
        sha = seen(both[0], both[1])
        if earlier and (earlier.verdict == "unsure" or earlier.seen_sha256 == sha or not _against(pair, earlier)):
            continue
        linked.join(edges)
        found.append(
            Question(promise.slug, "same", pair.left, pair.right, _ask(both[0], both[1]), pair.reasons, sha, earlier)
        )
    return found


class _Links:
    """Which clusters the questions that are asked already link, be it by way of others."""

    def __init__(self, clusters: Iterable[int]) -> None:
        self._parent = {c: c for c in clusters}

    def any(self, edges: Iterable[tuple[int, int]]) -> bool:
        """Return whether any two are linked."""
        return any(self._root(a) == self._root(b) for a, b in edges)

    def join(self, edges: Iterable[tuple[int, int]]) -> None:
        """Link each two."""
        for a, b in edges:
            self._parent[self._root(a)] = self._root(b)

    def _root(self, cluster: int) -> int:
        while self._parent[cluster] != cluster:
            self._parent[cluster] = self._parent[self._parent[cluster]]
            cluster = self._parent[cluster]
        return cluster


def _against(pair: PairScore, earlier: Judgement) -> bool:
    """Tell whether the pair as scored now speaks against the answer; a pair no longer scored is never asked about."""
    return (earlier.verdict == "no") == (pair.band == "sure")


def _ask(left: Record, right: Record) -> str:
    titles = [" ".join((r.title or r.text).split())[:80] or r.id for r in (left, right)]
    return f"Är ”{titles[0]}” och ”{titles[1]}” samma tillfälle?"


def _cluster(
    commitment: str,
    records: Mapping[str, Record],
    readings: Sequence[Reading],
    pairs: Sequence[PairScore],
    judgements: Sequence[Judgement],
) -> _Clusters:
    """Return the commitment's occasions, joined by answers and sure pairs as far as no answer keeps them apart."""
    rows = [r for r in readings if r.commitment == commitment and occasion(r) and r.record_id in records]
    rows.sort(key=lambda r: _age(records[r.record_id]))
    occasions = tuple(o for r in rows for o in merging.occasions(r, records[r.record_id]))
    by_record: dict[str, list[int]] = {}
    for i, one in enumerate(occasions):
        by_record.setdefault(one.reading.record_id, []).append(i)
    # The latest answer to a question is the answer.
    same = {(j.left, j.right): j for j in sorted(judgements, key=lambda j: j.id) if j.question == "same"}
    apart = frozenset(pair for pair, j in same.items() if j.verdict == "no")
    forest = _Forest(occasions, apart)
    for judgement in sorted(same.values(), key=lambda j: j.id):
        if judgement.verdict == "yes":
            forest.join(by_record.get(judgement.left, []), by_record.get(judgement.right, []), forced=True)
    sure = [p for p in pairs if p.commitment == commitment and p.band == "sure" and (p.left, p.right) not in same]
    for pair in sorted(sure, key=lambda p: (-p.score, p.left, p.right)):
        forest.join(by_record.get(pair.left, []), by_record.get(pair.right, []), forced=False)
    return _Clusters(occasions, tuple(forest.root(i) for i in range(len(occasions))), apart)


def _age(record: Record) -> tuple[datetime, str]:
    return (record.published_at or record.seen_at or _EARLY.replace(year=9999), record.id)


class _Forest:
    """Union-find over occasions that never joins what a person keeps apart, not even by a chain of others."""

    def __init__(self, occasions: Sequence[Occasion], apart: frozenset[tuple[str, str]]) -> None:
        self.occasions = occasions
        self.parent = list(range(len(occasions)))
        self.members = [[i] for i in range(len(occasions))]
        self.enemies: dict[str, set[str]] = {}
        for one, two in apart:
            self.enemies.setdefault(one, set()).add(two)
            self.enemies.setdefault(two, set()).add(one)

    def root(self, i: int) -> int:
        """Return the first occasion of the cluster that `i` is in."""
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join(self, left: Sequence[int], right: Sequence[int], *, forced: bool) -> None:
        """Join the two records' occasions that agree in day; `forced` (a person said so) overrides the days."""
        options = [(i, k) for i in left for k in right]
        options.sort(key=lambda p: -merging.agreement(self.occasions[p[0]], self.occasions[p[1]]))
        for i, k in options[:1]:
            one, two = self.root(i), self.root(k)
            if one == two or not self._may(one, two, forced):
                return
            keep, lose = min(one, two), max(one, two)
            self.parent[lose] = keep
            self.members[keep] += self.members[lose]

    def _may(self, one: int, two: int, forced: bool) -> bool:
        first = {self.occasions[i].reading.record_id for i in self.members[one]}
        second = {self.occasions[i].reading.record_id for i in self.members[two]}
        if any(self.enemies.get(r, set()) & second for r in first):
            return False
        if forced:
            return True
        # A vague record must not bridge two that each know their own, different day.
        return merging.compatible(
            [self.occasions[i] for i in self.members[one]], [self.occasions[i] for i in self.members[two]]
        )
