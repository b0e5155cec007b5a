"""Publish: move the outbox forward, one row at a time. Nothing twice, nothing lost, nothing unapproved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

import config as configuration
from config import Config
from config.schema import Channel
from tasks import channels, journal, rendering
from tasks.model import (
    Output,
    Publication,
    PublicationState,
    Receipt,
    Refused,
    Unavailable,
    Uncertain,
    combined_sha256,
)
from tasks.periods import in_publishing_hours
from tasks.store import Db, Store, drafts, history, publications

# A network that failed is asked again after a while; an uncertain attempt after the channel's index caught up.
_RETRY = timedelta(minutes=10)
_LOOK_AGAIN = timedelta(minutes=5)
# Where one look in vain is no proof, two with time between them by the channel's own clock settle that it isn't out;
# it is then sent once more, and when that comes to the same, a person is asked.
_LOOKS, _ASKED = 2, 4
# Nothing more for a machine to do, or another worker is at it.
_AT_REST = ("published", "refused", "stopped", "preparing", "sending", "retracted", "by_hand")


def due(
    db: Db,
    config: Config,
    now: datetime,
    promise: str | None = None,
    period: str | None = None,
    only: Sequence[str] | None = None,
) -> list[int]:
    """Return the rows that can move now, in order: sites first, posts when every page of the edition is up.

    `only` names the channels that are asked for, where not all are.
    """
    publications.expire(db, now)
    publications.sweep(db, now)
    publications.overtake(db, now)
    rows = publications.listed(db, promise, period)
    found = []
    for row in rows:
        channel = _channel(config, row)
        if channel is None or (only and row.channel not in only) or not _is_due(channel, row, now):
            continue
        # Of editions that are taken back the newest goes first: its notice stands for them all.
        back = row.state == "retracting"
        found.append((channel.role != "site", not back, -row.id if back else row.id))
    return [abs(key) for *_, key in sorted(found)]


def _is_due(channel: Channel, row: Publication, now: datetime) -> bool:
    """Return whether a row can move at that moment, its edition's pages aside."""
    if row.state in _AT_REST or (row.not_before and row.not_before > now):
        return False
    if row.state == "uncertain":
        return row.lookups < _ASKED
    return row.state not in ("pending", "prepared") or channel.role != "post" or in_publishing_hours(now)


def waits_for_pages(db: Db, config: Config, row: Publication) -> bool:
    """Return whether a post must wait because a page of its edition has not been read back yet."""
    channel = _channel(config, row)
    if channel is None or channel.role != "post" or row.state not in ("pending", "prepared"):
        return False
    siblings = publications.listed(db, row.promise, row.period)
    sites = {c.id for c in config.channels_of(config.promises[row.promise]) if c.role == "site"}
    up = {s.channel for s in siblings if s.edition == row.edition and s.state == "published"}
    return not sites <= up


def advance(store: Store, config: Config, key: int, now: datetime) -> Publication:
    """Move one row as far as it goes now and return it."""
    with store.reading() as db:
        row = publications.publication(db, key)
        if row is None:
            raise Refused(f"Publiceringen {key} finns inte.")
        waiting = waits_for_pages(db, config, row)
    channel = _channel(config, row)
    # Asked again here: since the row was listed, another worker may have moved it to a state that has to wait.
    if channel is None or waiting or not _is_due(channel, row, now):
        return row
    if row.state == "retracting":
        return _take_back(store, config, channel, row, now)
    if row.state == "pending":
        row = _step(store, channel, row, now, _prepare)
    if row.state == "prepared" and not (row.not_before and row.not_before > now):
        row = _step(store, channel, row, now, _publish)
    if row.state in ("handed_over", "uncertain"):
        row = _look(store, channel, row, now)
    return row


_Call = Callable[[channels.Kind, Channel, Publication, tuple[Output, ...]], Receipt]


def _prepare(kind: channels.Kind, channel: Channel, row: Publication, outputs: tuple[Output, ...]) -> Receipt:
    return kind.prepare(channel, row, outputs, Path())


def _publish(kind: channels.Kind, channel: Channel, row: Publication, outputs: tuple[Output, ...]) -> Receipt:
    receipt = kind.publish(channel, row, outputs, Path())
    if receipt.state == "prepared":
        raise Refused(f"Kanalen {channel.id} svarade bara att den är förberedd.")
    return receipt


def _step(store: Store, channel: Channel, row: Publication, now: datetime, call: _Call) -> Publication:
    """Claim a row, commit, make one call, and record what came of it.

    Preparing and publishing are two steps, each with a claim and a commit of its own: what `prepare` made (an id)
    is kept before anything is made visible, so that a crash between them goes on from there. Nobody can see what
    `prepare` made, so whatever broke there may be done again; what broke while publishing may have gone through.
    """
    with store.writing() as db:
        outputs = _approved_outputs(db, row)
        claimed = publications.claim(db, row, now)
    if claimed is None:
        return row
    try:
        receipt = call(channels.kind(channel.kind), channel, claimed, outputs)
    except Refused as trouble:
        return _record(store, claimed, "refused", now, message=str(trouble))
    except Unavailable as trouble:
        wait = trouble.retry_at or now + _RETRY
        return _record(store, claimed, row.state, now, message=str(trouble), not_before=wait)
    except Exception as error:
        message = str(error) if isinstance(error, Uncertain) else f"Oväntat fel ({type(error).__name__})."
        if claimed.state == "preparing":
            return _record(store, claimed, "pending", now, message=message, not_before=now + _RETRY)
        return _record(store, claimed, "uncertain", now, message=message)
    return _record(store, claimed, receipt.state, now, receipt=receipt)


def _take_back(store: Store, config: Config, channel: Channel, row: Publication, now: datetime) -> Publication:
    """Take a retracted row's public object away; one worker at a time, and safe to repeat when that one dies."""
    kind = channels.kind(channel.kind)
    with store.writing() as db:
        if not publications.hold(db, row, now):
            return row
    try:
        with store.reading() as db:
            outputs = drafts.rendered(db, row.draft_id, row.revision, row.channel)
            notice = rendering.notice(db, config, row, channel)
        found = row
        if channel.role == "post" and row.remote_id is None:
            seen = kind.find(channel, row, outputs, Path())
            if seen is None and kind.ABSENCE_IS_PROOF:
                return _record(store, row, "retracted", now, message="Inlägget låg inte ute.")
            if seen is None:
                message = "Inlägget hittades inte. Titta efter i kanalen och ta bort det för hand om det ligger ute."
                return _record(store, row, "by_hand", now, message=message)
            found = replace(row, remote_id=seen.remote_id, url=seen.url or row.url)
        receipt = kind.retract(channel, found, notice, Path())
    except Refused as trouble:
        return _record(store, row, "by_hand", now, message=f"{trouble} Ta bort det för hand.")
    except (Unavailable, Uncertain) as trouble:
        wait = (trouble.retry_at if isinstance(trouble, Unavailable) else None) or now + _RETRY
        return _record(store, row, "retracting", now, message=str(trouble), not_before=wait)
    return _record(store, row, receipt.state, now, receipt=receipt)


def _look(store: Store, channel: Channel, row: Publication, now: datetime) -> Publication:
    """Ask the channel whether the public object is there; only its word moves an uncertain row."""
    kind = channels.kind(channel.kind)
    with store.reading() as db:
        outputs = drafts.rendered(db, row.draft_id, row.revision, row.channel)
    doubtful = row.state == "uncertain" and not kind.ABSENCE_IS_PROOF
    second = doubtful and row.lookups % _LOOKS == 1
    try:
        there = channels.clock(channel) if doubtful else None
        receipt = kind.find(channel, row, outputs, Path())
    except (Unavailable, Uncertain, Refused) as trouble:
        to: PublicationState = "refused" if isinstance(trouble, Refused) else row.state
        # A second look's moment is told by the channel's clock and stays.
        wait = row.not_before if second else now + _LOOK_AGAIN
        return _record(store, row, to, now, message=str(trouble), not_before=wait)
    if receipt is not None:
        return _record(store, row, receipt.state, now, receipt=receipt)
    if row.state == "handed_over":
        return _record(store, row, "handed_over", now, message="Överlämnad; sidan är inte uppe än.")
    if kind.ABSENCE_IS_PROOF:
        # The hidden draft that is known is made visible again; the attempt counts up, so that the first sender's
        # late word can't be taken for the second's.
        back: PublicationState = "prepared" if row.remote_id else "pending"
        return _record(
            store, row, back, now, message="Fanns inte i kanalen; sänds igen.", next_attempt=back == "prepared"
        )
    if second and there and row.not_before and there < row.not_before:
        # Our clock says that it is time for the second look, the channel's doesn't: ours has jumped.
        return row
    vain = row.lookups + 1
    if not second:
        message = "Hittades inte; söker en gång till."
        return _record(
            store, row, "uncertain", now, message=message, not_before=(there or now) + _LOOK_AGAIN, lookups=vain
        )
    if there and vain < _ASKED:
        message = "Hittades inte vid två sökningar; sänds en gång till."
        return _record(store, row, "pending", now, message=message, lookups=vain)
    return _record(store, row, "uncertain", now, message="Hittades inte; en person får avgöra.", lookups=_ASKED)


def _approved_outputs(db: Db, row: Publication) -> tuple[Output, ...]:
    """Return the bytes that both parties approved; Refused when their words are not on this very hash."""
    draft = drafts.draft(db, row.draft_id)
    if draft is None or drafts.approved_parties(db, row.draft_id, row.revision, draft.sha256) != {
        "police",
        "municipality",
    }:
        raise Refused(f"{row.promise} {row.period}: båda parternas godkännande av just den här versionen saknas.")
    made = drafts.rendered(db, row.draft_id, row.revision)
    # Approved is a hash; what is sent must still have it, whatever was done to the database since.
    if combined_sha256(made) != draft.sha256:
        raise Refused(f"{row.promise} {row.period}: de lagrade filerna är inte de som båda parterna godkände.")
    return tuple(o for o in made if o.channel == row.channel)


def _record(
    store: Store,
    row: Publication,
    to: PublicationState,
    now: datetime,
    *,
    receipt: Receipt | None = None,
    message: str = "",
    **values: Any,
) -> Publication:
    with store.writing() as db:
        moved = publications.move(
            db,
            row.id,
            from_states=[row.state],
            to=to,
            now=now,
            attempt=row.attempt,
            remote_id=receipt.remote_id if receipt else None,
            url=receipt.url if receipt else None,
            message=receipt.message if receipt else message,
            **values,
        )
        if moved and to == "refused":
            # Also what is refused after the outbox was swept asks nobody for anything once a later edition is there.
            publications.overtake(db, now, row.id)
        found = publications.publication(db, row.id) or row
        # Noted is what became of it.
        to = found.state if moved else to
        if moved and to != row.state:
            history.note(
                db,
                at=now,
                who="lofteskoll",
                action=to,
                promise=row.promise,
                period=row.period,
                edition=row.edition,
                channel=row.channel,
                attempt=row.attempt,
            )
    if moved:
        journal.note(
            "publication",
            promise=row.promise,
            period=row.period,
            edition=row.edition,
            channel=row.channel,
            attempt=row.attempt,
            outcome=to,
        )
    return found


def _channel(config: Config, row: Publication) -> Channel | None:
    """Return the row's channel, or None when it was taken out of the config since the approval."""
    promise = config.promises.get(row.promise)
    every: Sequence[Channel] = config.municipality_of(promise).channels if promise else ()
    return next((c for c in every if c.id == row.channel), None)


@task(cache_policy=NO_CACHE, task_run_name="sök igenom utkorgen")
def list_due(promise: str | None, period: str | None, now: datetime, only: Sequence[str] | None = None) -> list[int]:
    """Return the outbox rows that can move now; Refused where a channel is asked for that nobody has."""
    config = configuration.load()
    known = {c.id for m in config.municipalities.values() for c in m.channels}
    if unknown := sorted(set(only or ()) - known):
        raise Refused(f"Kanalen {unknown[0]} finns inte. Välj någon av: {', '.join(sorted(known))}.")
    with Store(config.database).writing() as db:
        return due(db, config, now, promise, period, only)


# Prefect never retries this: a second call without looking first is how things get posted twice.
@task(cache_policy=NO_CACHE, retries=0, task_run_name="publicera {key}")
def advance_publication(key: int, now: datetime) -> Publication:
    """Move one outbox row as far as it goes now."""
    config = configuration.load()
    return advance(Store(config.database), config, key, now)
