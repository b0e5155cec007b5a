"""Publish: move the outbox forward, one row at a time. Nothing twice, nothing lost, nothing unapproved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

import config as configuration
from config import Config
from config.schema import Channel
from tasks import channels
from tasks.model import Output, Publication, PublicationState, Receipt, Refused, Unavailable, Uncertain
from tasks.periods import in_publishing_hours
from tasks.store import Db, Store, drafts, history, publications

# A network that failed is asked again after a while; an uncertain attempt after the channel's index caught up.
_RETRY = timedelta(minutes=10)
_LOOK_AGAIN = timedelta(minutes=5)
# Where absence is no proof, a person is asked after so many looks in vain.
_LOOKS = 2


def due(db: Db, config: Config, now: datetime, promise: str | None = None, period: str | None = None) -> list[int]:
    """Return the rows that can move now, in order: sites first, posts when every page of the edition is up."""
    publications.expire(db, now)
    rows = publications.listed(db, promise, period)
    found = []
    for row in rows:
        channel = _channel(config, row)
        if channel is None or row.state in ("published", "refused", "stopped", "sending"):
            continue
        if row.not_before and row.not_before > now:
            continue
        if row.state == "uncertain" and row.lookups >= _LOOKS:
            continue
        if row.state == "pending" and channel.role == "post" and not in_publishing_hours(now):
            continue
        found.append((channel.role != "site", row.id))
    return [key for _, key in sorted(found)]


def waits_for_pages(db: Db, config: Config, row: Publication) -> bool:
    """Return whether a post must wait because a page of its edition has not been read back yet."""
    channel = _channel(config, row)
    if channel is None or channel.role != "post" or row.state != "pending":
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
    if channel is None or waiting:
        return row
    if row.state in ("pending", "prepared"):
        row = _send(store, channel, row, now)
    if row.state in ("handed_over", "uncertain"):
        row = _look(store, channel, row, now)
    return row


def _send(store: Store, channel: Channel, row: Publication, now: datetime) -> Publication:
    """Claim a row, commit, call the channel, and record what came of it."""
    with store.writing() as db:
        outputs = _approved_outputs(db, row)
        claimed = publications.claim(db, row.id, now)
    if claimed is None:
        return row
    kind = channels.kind(channel.kind)
    try:
        prepared = kind.prepare(channel, claimed, outputs, Path())
        receipt = kind.publish(channel, replace(claimed, remote_id=prepared.remote_id), outputs, Path())
    except Refused as trouble:
        return _record(store, claimed, "refused", now, message=str(trouble))
    except Unavailable as trouble:
        wait = trouble.retry_at or now + _RETRY
        return _record(store, claimed, "pending", now, message=str(trouble), not_before=wait)
    except Uncertain as trouble:
        return _record(store, claimed, "uncertain", now, message=str(trouble))
    except Exception as error:
        # Whatever broke, the call may have gone through: never back to pending.
        return _record(store, claimed, "uncertain", now, message=f"Oväntat fel ({type(error).__name__}).")
    return _record(store, claimed, _settled(receipt), now, receipt=receipt)


def _look(store: Store, channel: Channel, row: Publication, now: datetime) -> Publication:
    """Ask the channel whether the public object is there; only its word moves an uncertain row."""
    kind = channels.kind(channel.kind)
    with store.reading() as db:
        outputs = drafts.rendered(db, row.draft_id, row.revision, row.channel)
    try:
        receipt = kind.find(channel, row, outputs, Path())
    except (Unavailable, Uncertain, Refused) as trouble:
        to: PublicationState = "refused" if isinstance(trouble, Refused) else row.state
        return _record(store, row, to, now, message=str(trouble), not_before=now + _LOOK_AGAIN)
    if receipt is not None:
        return _record(store, row, _settled(receipt), now, receipt=receipt)
    if row.state == "handed_over":
        return _record(store, row, "handed_over", now, message="Överlämnad; sidan är inte uppe än.")
    if kind.ABSENCE_IS_PROOF:
        return _record(store, row, "pending", now, message="Fanns inte i kanalen; sänds igen.")
    vain = row.lookups + 1
    asked_enough = vain >= _LOOKS
    message = "Hittades inte; en person får avgöra." if asked_enough else "Hittades inte; söker en gång till."
    return _record(store, row, "uncertain", now, message=message, not_before=now + _LOOK_AGAIN, lookups=vain)


def _approved_outputs(db: Db, row: Publication) -> tuple[Output, ...]:
    """Return the bytes that both parties approved; Refused when their words are not on this very hash."""
    draft = drafts.draft(db, row.draft_id)
    if draft is None or drafts.approved_parties(db, row.draft_id, row.revision, draft.sha256) != {
        "police",
        "municipality",
    }:
        raise Refused(f"{row.promise} {row.period}: båda parternas godkännande av just den här versionen saknas.")
    return drafts.rendered(db, row.draft_id, row.revision, row.channel)


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
        found = publications.publication(db, row.id)
    return found or row


def _settled(receipt: Receipt) -> PublicationState:
    # A channel that only prepared has not published; it is sent again from there.
    return "pending" if receipt.state == "prepared" else receipt.state


def _channel(config: Config, row: Publication) -> Channel | None:
    """Return the row's channel, or None when it was taken out of the config since the approval."""
    promise = config.promises.get(row.promise)
    every: Sequence[Channel] = config.municipality_of(promise).channels if promise else ()
    return next((c for c in every if c.id == row.channel), None)


@task(cache_policy=NO_CACHE, task_run_name="sök igenom utkorgen")
def list_due(promise: str | None, period: str | None, now: datetime) -> list[int]:
    """Return the outbox rows that can move now."""
    config = configuration.load()
    with Store(config.database).writing() as db:
        return due(db, config, now, promise, period)


# Prefect never retries this: a second call without looking first is how things get posted twice.
@task(cache_policy=NO_CACHE, retries=0, task_run_name="publicera {key}")
def advance_publication(key: int, now: datetime) -> Publication:
    """Move one outbox row as far as it goes now."""
    config = configuration.load()
    return advance(Store(config.database), config, key, now)
