"""Draft: freeze a period's follow-up as known at a moment and bring its draft up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

import config as configuration
from config import Config
from config.schema import Promise
from tasks import correcting, disclosure, evidence, journal, progress, rendering, wording
from tasks.coverage import coverage
from tasks.failing import Failed, each
from tasks.gathering import matched, named, standing
from tasks.matching import Matches
from tasks.model import Block, Draft, FollowUp, Period
from tasks.pages import notices
from tasks.periods import closed, local_date, period, periods, swedish_date
from tasks.progress.reasons import WORDS as REASONS
from tasks.progress.reasons import enumeration
from tasks.store import Db, Store, drafts, history, publications, records
from tasks.wording import letters, phrasing

Outcome = Literal["new", "revised", "unchanged", "correction", "retracted", "frozen", "busy"]


@dataclass(frozen=True, slots=True)
class Drafted:
    """What drafting did, and which disclosed figures moved: (token, before, now)."""

    promise: str
    period: str
    outcome: Outcome
    draft_id: int | None
    edition: int
    snapshot_sha256: str
    changes: tuple[tuple[str, str, str], ...] = ()
    gaps: int = 0


def follow_up(
    db: Db, config: Config, promise: Promise, current: Period, as_of: datetime, found: Matches | None = None
) -> FollowUp:
    """Return a period's follow-up as known at a moment; a stored one is returned unchanged for ever.

    `found` is what the promise's records and answers amounted to at that moment, where it is known already.
    """
    stored = drafts.frozen(db, promise.slug, current.id, as_of)
    if stored is not None:
        return stored
    if found is None:
        found = matched(db, config, promise, as_of, standing(db, config, [promise], as_of).get(promise.slug))
    every = periods(promise)
    heard = {
        source.id: coverage(source, records.fetch_log(db, source.id, as_of), promise.signed, current.end, as_of)
        for source in config.sources_of(promise)
    }
    duty = _duty(db, config, promise, current, every, as_of)
    questions = found.questions_per_commitment()
    so_far = [
        progress.outcomes(
            promise,
            p,
            every,
            found.activities,
            found.nil_reports,
            heard,
            duty,
            questions,
            local_date(as_of),
            config.templates,
        )
        for p in every
        if p.end <= current.end
    ]
    released = drafts.released(db, promise.slug)
    outcomes = disclosure.disclose(
        promise, current, so_far[-1], config.templates, earlier=so_far[:-1], released=released, as_of=as_of
    )
    return wording.followup(
        promise,
        current,
        every,
        outcomes,
        tuple(heard.values()),
        as_of,
        evidence.RULES_VERSION,
        config.templates,
    )


def make(db: Db, config: Config, promise: Promise, followup: FollowUp, now: datetime) -> Drafted:
    """Bring a period's draft up to date with a follow-up.

    No draft yet: the first edition. An open one: a new revision where a disclosed figure or a template moved, edits
    kept. A closed one: the next edition, a proposed correction, where a disclosed figure moved; none when retracted,
    nor when both parties have given up a correction with the same figures.
    """
    place, current = config.municipality_of(promise), period(promise, followup.period)
    # What will be sent of the draft, and what stands in its place should it be taken back, must be fit to be written.
    phrasing.check(config.templates)
    letters.check(config.templates, promise, place, current)
    notices.check(config.templates, promise, place, current)
    before = drafts.latest(db, promise.slug, followup.period, lock=True)
    blocks = wording.blocks(
        config.templates,
        followup,
        promise,
        place,
        tuple(dict.fromkeys(c.template for c in config.channels_of(promise))),
    )
    moved = correcting.moved(before.followup if before else None, followup)
    result = Drafted(
        promise=promise.slug,
        period=followup.period,
        outcome="unchanged",
        draft_id=before.id if before else None,
        edition=before.edition if before else 1,
        snapshot_sha256=followup.sha256,
        changes=moved,
        gaps=sum(len(o.gaps) for o in followup.outcomes),
    )
    if before is None or before.state == "closed":
        if before is not None and publications.retraction(db, promise.slug, followup.period, before.edition):
            # What a person took back only a person brings back, whatever the figures say now.
            return replace(result, outcome="retracted", snapshot_sha256=before.followup.sha256)
        if before is not None and not correcting.in_fact(moved, before.followup, followup, promise):
            return replace(result, snapshot_sha256=before.followup.sha256)
        edition = before.edition + 1 if before else 1
        given_up = drafts.edition(db, promise.slug, followup.period, edition)
        anew = correcting.moved(given_up.followup, followup) if given_up else ()
        if given_up is not None and not correcting.in_fact(anew, given_up.followup, followup, promise):
            # Both parties have said that just these figures need no correction.
            return replace(result, snapshot_sha256=before.followup.sha256 if before else followup.sha256)
        # A correction begins from what people made of the texts last time.
        blocks = wording.merge(before.blocks, blocks) if before else blocks
        followup_id, followup = drafts.freeze(db, followup)
        fresh = Draft(0, promise.slug, followup.period, edition, 1, "open", followup, blocks, "")
        draft_id = drafts.add_draft(
            db,
            promise=promise.slug,
            period=followup.period,
            edition=edition,
            followup_id=followup_id,
            blocks=blocks,
            rendered=rendering.render(db, config, fresh, blocks),
            at=now,
        )
        outcome: Outcome = "correction" if before else "new"
        _note(db, promise, followup, now, outcome, edition)
        return replace(result, outcome=outcome, draft_id=draft_id, edition=edition)
    return _revise(db, config, promise, before, followup, blocks, result, now)


def _revise(
    db: Db,
    config: Config,
    promise: Promise,
    before: Draft,
    followup: FollowUp,
    blocks: Sequence[Block],
    result: Drafted,
    now: datetime,
) -> Drafted:
    merged = wording.merge(before.blocks, blocks)
    if not result.changes and merged == before.blocks:
        return replace(result, snapshot_sha256=before.followup.sha256)
    followup_id, followup = drafts.freeze(db, followup)
    made = rendering.render(db, config, replace(before, followup=followup), merged)
    drafts.revise(
        db,
        before.id,
        seen_revision=before.revision,
        followup_id=followup_id,
        blocks=merged,
        rendered=made,
        at=now,
    )
    _note(db, promise, followup, now, "revised", before.edition)
    return replace(result, outcome="revised")


def _duty(
    db: Db, config: Config, promise: Promise, current: Period, every: Sequence[Period], as_of: datetime
) -> list[tuple[str, bool, str]]:
    """Return for each earlier period whether it was fully delivered by then, and what was missing."""
    required = config.channels_of(promise)
    result = []
    for earlier in (p for p in every if p.end < current.start):
        # A correction that came later makes nothing late: the first edition counts.
        sent: dict[str, date] = {}
        for row in publications.listed(db, promise.slug, earlier.id):
            if row.state == "published" and row.updated_at and row.updated_at <= as_of:
                sent.setdefault(row.channel, local_date(row.updated_at))
        missing = [c.name for c in required if c.id not in sent]
        last = max((sent[c.id] for c in required if c.id in sent), default=earlier.due)
        days = {"day": swedish_date(last), "promised": swedish_date(earlier.due)}
        late = REASONS.say(config.templates, "duty_late_note", **days) if last > earlier.due else ""
        result.append((earlier.id, not missing, enumeration(missing) if missing else late))
    return result


def _note(db: Db, promise: Promise, followup: FollowUp, now: datetime, action: str, edition: int) -> None:
    history.note(
        db,
        at=now,
        who="lofteskoll",
        action=f"draft_{action}",
        promise=promise.slug,
        period=followup.period,
        edition=edition,
        snapshot=followup.sha256,
    )


@task(cache_policy=NO_CACHE, task_run_name="skriv utkast {promise_slug} {period_id}")
def draft_period(promise_slug: str, period_id: str, as_of: datetime, *, freeze_only: bool = False) -> Drafted:
    """Freeze a period's follow-up as known at `as_of` and, unless `freeze_only`, bring its draft up to date.

    While another run is at this period the outcome is `busy` and nothing is done.
    """
    config = configuration.load()
    return _draft(Store(config.database), config, promise_slug, period_id, as_of, freeze_only=freeze_only)


@task(cache_policy=NO_CACHE)
def draft_periods(wanted: list[tuple[str, str]], as_of: datetime) -> list[Drafted | Failed]:
    """Draft the wanted (promise, period)s, each in a transaction of its own.

    What fails with one is said in its place and stops none of the others.
    """
    config = configuration.load()
    with closing(Store(config.database, busy=True)) as store:
        promises = [config.promises[slug] for slug in dict(wanted)]
        with store.reading() as db:
            ready = standing(db, config, promises, as_of)
            concerning = named(db, config, [p for p in promises if p.slug not in ready], as_of)
        # The periods of a promise follow each other: what was known at the moment is matched once for all of them.
        latest: dict[str, Matches] = {}

        def known(slug: str) -> Matches:
            if slug not in latest:
                latest.clear()
                with store.reading() as db:
                    latest[slug] = matched(db, config, config.promises[slug], as_of, ready.get(slug), concerning)
            return latest[slug]

        return each(wanted, lambda one: _draft(store, config, *one, as_of, lambda: known(one[0])))


def _draft(
    store: Store,
    config: Config,
    promise_slug: str,
    period_id: str,
    as_of: datetime,
    known: Callable[[], Matches] | None = None,
    *,
    freeze_only: bool = False,
) -> Drafted:
    promise = config.promises[promise_slug]
    with journal.at_work(store, "draft", f"{promise_slug}/{period_id}", promise=promise_slug, period=period_id) as mine:
        if not mine:
            return Drafted(promise_slug, period_id, "busy", None, 0, "")
        # Before the write lock is taken, where it can be: SQLite has one writer at a time.
        found = known() if known else None
        with store.writing() as db:
            followup = follow_up(db, config, promise, period(promise, period_id), as_of, found)
            if freeze_only:
                drafts.freeze(db, followup)
                made = Drafted(promise_slug, period_id, "frozen", None, 0, followup.sha256)
            else:
                made = make(db, config, promise, followup, as_of)
    journal.note("draft", promise=promise_slug, period=period_id, edition=made.edition, outcome=made.outcome)
    return made


@task(cache_policy=NO_CACHE, task_run_name="sök perioder utan utkast")
def missing_drafts(promises: list[str], now: datetime) -> list[tuple[str, str]]:
    """Return (promise, period) of every closed period without a draft, oldest first."""
    config = configuration.load()
    with Store(config.database).reading() as db:
        there = {(h.promise, h.period) for h in drafts.headings(db)}
    every = [(slug, p.id) for slug in promises for p in closed(config.promises[slug], local_date(now))]
    return [key for key in every if key not in there]


@task(cache_policy=NO_CACHE, task_run_name="sök utkast att följa upp")
def written_drafts(promises: list[str], state: Literal["open", "closed"]) -> list[tuple[str, str]]:
    """Return (promise, period) of every period whose newest edition is in that state, oldest first.

    An open one follows the newest data until both parties have approved it; of a closed one, newer data that moves a
    figure becomes a proposed correction.
    """
    config = configuration.load()
    with Store(config.database).reading() as db:
        newest = {(h.promise, h.period): h.state for h in drafts.headings(db) if h.promise in promises}
    known = {(slug, p.id) for slug in promises for p in periods(config.promises[slug])}
    return [key for key, found in newest.items() if found == state and key in known]
