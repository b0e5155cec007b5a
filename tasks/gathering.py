"""Gather what the sources and people said that can concern a promise, and match it.

A municipality's own sources are taken whole. The shared ones hold the whole country: of them only what names the
municipality, or what somebody has answered about, is taken up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from config import Config
from config.schema import Promise
from tasks.locality import Locality
from tasks.matching import Kept, Matches, match
from tasks.model import Judgement, Record
from tasks.store import Db, matches, records

# Record ids of the shared sources by municipality.
Named = Mapping[str, Sequence[str]]


def named(db: Db, config: Config, promises: Sequence[Promise], as_of: datetime) -> Named:
    """Return which records of the shared sources can be about the municipality of each of these promises.

    The shared sources are looked through once, however many promises ask.
    """
    towns = {p.municipality: config.municipality_of(p) for p in promises}
    found: dict[str, list[str]] = {slug: [] for slug in towns}
    shared = [s.id for s in config.sources]
    if not shared:
        return found
    locality = Locality(list(towns.values()))
    for key, words, addressed in records.known_texts(db, shared, as_of):
        # A report says itself which promise it is about, wherever it was.
        for slug in towns if addressed else locality.towns(words):
            found[slug].append(key)
    return found


def gathered(
    db: Db, config: Config, promise: Promise, as_of: datetime, concerning: Named | None = None
) -> tuple[list[Record], Matches]:
    """Return the records that can concern a promise, as known at a moment, and what they and people's answers make.

    `concerning` is what `named` returned for the same moment; without it the shared sources are looked through now.
    """
    answers, kept = matches.answers(db, promise.slug, as_of), matches.kept(db, promise.slug)
    concerning = named(db, config, [promise], as_of) if concerning is None else concerning
    own = records.known(db, [s.id for s in config.municipality_of(promise).sources], as_of)
    shared = _shared(db, config, {*concerning[promise.municipality], *_touched(answers, kept)}, as_of)
    known = sorted([*own, *shared], key=lambda r: r.id)
    return known, match(promise, config.municipality_of(promise), known, answers, kept)


def _shared(db: Db, config: Config, ids: set[str], as_of: datetime) -> list[Record]:
    sources = {s.id for s in config.sources}
    # An id is `source/external_id`; what is said of the municipality's own records is among them already.
    return records.known_ones(db, [i for i in ids if i.partition("/")[0] in sources], as_of)


def _touched(answers: Sequence[Judgement], kept: Kept) -> set[str]:
    """Return the records that were answered about, or whose readings were kept when their text was purged."""
    said = {side for j in answers for side in (j.left, *((j.right,) if j.question == "same" else ()))}
    readings, pairs = kept
    return said | {r.record_id for r in readings} | {side for p in pairs for side in (p.left, p.right)}
