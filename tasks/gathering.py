"""Gather what the sources and people said that can concern a promise, and match it, or take up what was derived of it.

A municipality's own sources are taken whole. The shared ones hold the whole country: of them only what names the
municipality, or what somebody has answered about, is taken up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from config import Config
from config.schema import Promise
from tasks.locality import Locality
from tasks.matching import Kept, Matches, match, settle
from tasks.model import Judgement, Record, canonical, digest
from tasks.store import Db, derivations, matches, records
from tasks.store.derivations import Counts, Derivation

# Record ids of the shared sources by municipality.
Named = Mapping[str, Sequence[str]]


def named(db: Db, config: Config, promises: Sequence[Promise], as_of: datetime) -> Named:
    """Return which records of the shared sources can be about the municipality of each of these promises.

    The shared sources are looked through once, however many promises ask.
    """
    towns = {p.municipality: config.municipality_of(p) for p in promises}
    found: dict[str, list[str]] = {slug: [] for slug in towns}
    shared = [s.id for s in config.sources]
    if not shared or not towns:
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


def inputs(db: Db, config: Config, promises: Sequence[Promise], as_of: datetime) -> dict[str, str]:
    """Return for each promise a hash of all that its readings and pairs are derived from but the shared sources.

    That is the rules, the promise and its municipality, its own records and what people answered, all as of a moment.
    """
    own = {p.slug: [s.id for s in config.municipality_of(p).sources] for p in promises}
    counts = derivations.counts(db, {key for sources in own.values() for key in sources}, as_of)
    answered = derivations.answered(db, own, as_of)
    return {
        p.slug: digest(
            canonical(
                (
                    _rules(),
                    p.model_dump_json(),
                    config.municipality_of(p).model_dump_json(),
                    [(key, counts[key]) for key in own[p.slug]],
                    answered[p.slug],
                )
            )
        )
        for p in promises
    }


@cache
def _rules() -> str:
    """Return a hash of the rules as they are written: nobody has to remember to give a change a version."""
    every = sorted(path for path in Path(__file__).parent.rglob("*.py") if "store" not in path.parts)
    return digest(b"\0".join(path.read_bytes() for path in every))


def shared_counts(db: Db, config: Config, as_of: datetime) -> Counts:
    """Return how much the shared sources held at a moment."""
    return derivations.counts(db, [s.id for s in config.sources], as_of)


def standing(db: Db, config: Config, promises: Sequence[Promise], as_of: datetime) -> dict[str, Derivation]:
    """Return the derivations of those of the promises for which deriving anew at a moment would change nothing.

    It errs on one side: one that is left out may turn out the same.
    """
    noted = {slug: made for slug, made in derivations.noted(db, [p.slug for p in promises]).items() if made.at <= as_of}
    now = inputs(db, config, [p for p in promises if p.slug in noted], as_of)
    same = {slug: made for slug, made in noted.items() if made.inputs == now[slug]}
    held = shared_counts(db, config, as_of) if same else {}
    concerned: dict[tuple[object, ...], set[str] | None] = {}
    found = {}
    for slug, made in same.items():
        since = (made.at, *sorted(made.shared.items()))
        if made.shared != held and since not in concerned:
            concerned[since] = _concerned(db, config, promises, made, held, as_of)
        them = set() if made.shared == held else concerned[since]
        if them is not None and slug not in them:
            found[slug] = made
    return found


def _concerned(
    db: Db, config: Config, promises: Sequence[Promise], before: Derivation, held: Counts, as_of: datetime
) -> set[str] | None:
    """Return the promises that what the shared sources said since `before` can be about; None: it can't be told.

    An earlier version counts too: a notice that no longer names a municipality is news to it.
    """
    fresh = derivations.news(db, held, before.at, as_of)
    more = sum(seen for seen, _ in held.values()) - sum(seen for seen, _ in before.shared.values())
    dated = [[ahead for _, ahead in counts.values()] for counts in (before.shared, held)]
    # One that was stored late, with an earlier moment, isn't among them.
    if before.shared.keys() != held.keys() or dated[0] != dated[1] or len(fresh) != more:
        return None
    locality = Locality([config.municipality_of(p) for p in promises])
    found = derivations.touched(db, [p.slug for p in promises], fresh)
    for text, addressed in derivations.words(db, fresh, as_of):
        towns = {p.municipality for p in promises} if addressed else locality.towns(text)
        found |= {p.slug for p in promises if p.municipality in towns}
    return found


def matched(
    db: Db, config: Config, promise: Promise, as_of: datetime, known: Derivation | None, concerning: Named | None = None
) -> Matches:
    """Return what a promise's records and answers amount to at a moment.

    `known` is its derivation that `standing` returned for the moment: then what was derived is taken up, else it is
    derived anew.
    """
    if known is None:
        return gathered(db, config, promise, as_of, concerning)[1]
    return _taken_up(db, promise, as_of, known) or gathered(db, config, promise, as_of)[1]


def _taken_up(db: Db, promise: Promise, as_of: datetime, known: Derivation) -> Matches | None:
    readings, pairs = matches.derived(db, promise.slug)
    # Another run may have put others in their place meanwhile, drawn from what came after the moment.
    if derivations.noted(db, [promise.slug]).get(promise.slug) != known:
        return None
    answers = matches.answers(db, promise.slug, as_of)
    ids = {r.record_id for r in readings} | {side for p in pairs for side in (p.left, p.right)}
    ids |= {side for j in answers for side in (j.left, *((j.right,) if j.question == "same" else ()))}
    return settle(promise, records.known_ones(db, ids, as_of), answers, readings, pairs)
