"""What people decide about what has been sent: settle, stop, correct, drop, retract. One function is one transaction.

A part of `decide`, which gives these functions on: every one is told who acts and when.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from config import Config
from config.schema import Party, Person
from tasks import rendering
from tasks.model import Draft, Publication, PublicationState, Refused, Retraction, RetractionReason
from tasks.store import Db, Store, drafts, history, publications

# A party's word that a proposed correction isn't needed.
_UNWANTED = "correction_unwanted"
# What a person's word makes of a row: with a link it is out there, without one it is not.
_SETTLED: dict[tuple[PublicationState, bool], PublicationState] = {
    ("uncertain", True): "published",
    ("refused", True): "published",
    ("handed_over", True): "published",
    ("uncertain", False): "pending",
    ("refused", False): "pending",
    ("stopped", False): "pending",
    ("by_hand", False): "retracted",
}


def settle(
    store: Store,
    config: Config,
    publication_id: int,
    *,
    url: str | None,
    person: Person,
    at: datetime,
) -> PublicationState:
    """Settle what a machine can't: `url` says that it is out there, None that it is not and may be sent again.

    What is to be taken away by hand is settled with None: it is gone. Only the party that owns the channel may say so,
    or ops. Raises Refused for a row that needs no settling.
    """
    with store.writing() as db:
        row = _row(db, config, publication_id, person)
        if url is not None and not _is_link(url):
            raise Refused("Länken ska börja med https://.")
        to = _SETTLED.get((row.state, url is not None))
        if to is None:
            raise Refused(f"Publiceringen behöver inte redas ut på det sättet: den är {row.state}.")
        if to == "pending" and publications.retraction(db, row.promise, row.period, row.edition):
            raise Refused("Utgåvan är återkallad och kan inte sändas igen.")
        if publications.is_over(db, row):
            raise Refused("En senare utgåva har tagit dess plats. Den här sänds inte.")
        words = {"published": "Bekräftad av", "pending": "Sänds igen enligt", "retracted": "Borttagen enligt"}
        _move(db, row, to, at, f"{words[to]} {person.name}.", url)
        _note(db, row, person, at, "settled", publication=row.id, state=to, url=url or "")
        return to


def stop(store: Store, config: Config, publication_id: int, *, person: Person, at: datetime) -> None:
    """Stop a publication that has not been sent; it can be let go again by settling it."""
    with store.writing() as db:
        row = _row(db, config, publication_id, person)
        if row.state not in ("pending", "prepared"):
            raise Refused("Bara det som väntar på att sändas kan stoppas.")
        _move(db, row, "stopped", at, f"Stoppad av {person.name}.", None)
        _note(db, row, person, at, "stopped_by_hand", publication=row.id, channel=row.channel)


def correct(store: Store, config: Config, draft_id: int, *, person: Person, at: datetime) -> int:
    """Begin a correction of a closed edition and return the new draft's id.

    It starts from the very texts that were published; both parties approve it like any other edition. Of what was taken
    back for secrecy only the machine's own texts come again: what people had written may be what must not be seen.
    Raises Refused when the edition is still open or a newer one exists.
    """
    _may(person, "reviewer", "approver")
    with store.writing() as db:
        before = _closed(db, draft_id)
        edition, blocks = before.edition + 1, before.blocks
        if publications.is_secret(db, before.promise, before.period, before.edition):
            blocks = tuple(replace(b, edited=None, conflict=False) for b in blocks)
        fresh = Draft(0, before.promise, before.period, edition, 1, "open", before.followup, blocks, "")
        followup_id, _ = drafts.freeze(db, before.followup)
        made = drafts.add_draft(
            db,
            promise=before.promise,
            period=before.period,
            edition=edition,
            followup_id=followup_id,
            blocks=blocks,
            rendered=rendering.render(db, config, fresh, blocks),
            at=at,
        )
        _note(db, before, person, at, "correction_begun", edition=edition)
        return made


def drop(store: Store, draft_id: int, *, seen_sha256: str, person: Person, at: datetime) -> bool:
    """Give up a proposed correction: False while one party has said so, True when both have and it is gone.

    What is published stays as it is. The same figures are not proposed again; others are, and a person may begin the
    correction anew. Raises Refused for what is no proposed correction, or has changed since it was seen.
    """
    _may(person, "approver")
    with store.writing() as db:
        draft = drafts.draft(db, draft_id, lock=True)
        if draft is None or draft.state != "open" or draft.edition == 1:
            raise Refused("Bara en föreslagen rättelse kan kastas.")
        if draft.sha256 != seen_sha256:
            raise Refused("Rättelsen har ändrats sedan du läste den. Läs den nya versionen först.")
        said = unwanted_by(db, draft)
        if person.party not in said:
            about = {"edition": draft.edition, "draft": draft.id, "revision": draft.revision}
            _note(db, draft, person, at, _UNWANTED, sha256=draft.sha256, **about)
        if said | {person.party} != {"police", "municipality"}:
            return False
        drafts.drop(db, draft.id, at)
        _note(db, draft, person, at, "correction_dropped", edition=draft.edition)
        return True


def unwanted_by(db: Db, draft: Draft) -> frozenset[Party]:
    """Return the parties that have said of just this version of a correction that it isn't needed."""
    told = history.events(db, draft.promise, draft.period, actions=[_UNWANTED])
    this = {"draft": draft.id, "revision": draft.revision}
    return frozenset(e.party for e in told if e.party and this.items() <= e.detail.items())


def retract(
    store: Store, config: Config, draft_id: int, *, reason: RetractionReason, person: Person, at: datetime
) -> None:
    """Take a published edition back, and every edition before it: one party's word is enough, since it is urgent.

    Whatever was sent is taken away by the next publish run or by hand, whatever waits is stopped, and no rerun brings
    it back: a new edition needs `correct` and both parties' approval. A repeated retraction is a no-op.
    """
    _may(person, "approver", "ops")
    with store.writing() as db:
        draft = drafts.draft(db, draft_id, lock=True)
        if draft is None:
            raise Refused(f"Utkastet {draft_id} finns inte.")
        if draft.state != "closed":
            raise Refused("Utgåvan är inte publicerad. Ett utkast skickas tillbaka i stället.")
        if publications.retraction(db, draft.promise, draft.period, draft.edition):
            return
        publications.add_retraction(
            db, Retraction(draft.promise, draft.period, draft.edition, reason, person.id, person.party, at)
        )
        publications.sweep(db, at)
        _note(db, draft, person, at, "retraction", edition=draft.edition, reason=reason)
        _render_anew(db, config, draft.promise, at)


def _render_anew(db: Db, config: Config, promise: str, at: datetime) -> None:
    """Give every open draft of a promise a new version: what it tells of the retracted edition must not go out."""
    for heading in drafts.headings(db, promise):
        waiting = drafts.draft(db, heading.id, lock=True) if heading.state == "open" else None
        if waiting is not None:
            made = rendering.render(db, config, waiting, waiting.blocks)
            drafts.revise(
                db,
                waiting.id,
                seen_revision=waiting.revision,
                followup_id=None,
                blocks=waiting.blocks,
                rendered=made,
                at=at,
            )


def _is_link(url: str) -> bool:
    """Return whether a link leads over https to somewhere; this machine's own pages may do without."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in ("127.0.0.1", "localhost")))


def _closed(db: Db, draft_id: int) -> Draft:
    draft = drafts.draft(db, draft_id)
    if draft is None:
        raise Refused(f"Utkastet {draft_id} finns inte.")
    newest = drafts.latest(db, draft.promise, draft.period, lock=True)
    if draft.state != "closed" or newest is None or newest.id != draft.id:
        raise Refused("En rättelse är redan påbörjad, eller utgåvan är inte godkänd än.")
    return draft


def _row(db: Db, config: Config, publication_id: int, person: Person) -> Publication:
    """Return the row that the person may decide about: their own party's channel, or any for ops."""
    _may(person, "approver", "ops")
    row = publications.publication(db, publication_id)
    if row is None:
        raise Refused(f"Publiceringen {publication_id} finns inte.")
    promise = config.promises.get(row.promise)
    channels = config.municipality_of(promise).channels if promise else ()
    owner = next((c.party for c in channels if c.id == row.channel), None)
    if owner not in (None, person.party) and "ops" not in person.roles:
        raise Refused("Kanalen hör till den andra parten. Den parten avgör vad som hänt med publiceringen.")
    return row


def _move(db: Db, row: Publication, to: PublicationState, at: datetime, message: str, url: str | None) -> None:
    # The state and the attempt that were read are part of the update: a worker may have moved the row meanwhile.
    moved = publications.move(
        db, row.id, from_states=[row.state], attempt=row.attempt, to=to, now=at, url=url, message=message, lookups=0
    )
    if not moved:
        raise Refused("Publiceringen har redan gått vidare. Läs in sidan igen.")


def _may(person: Person, *roles: str) -> None:
    if not person.roles & set(roles):
        raise Refused(f"{person.name} har inte rätt att göra det här.")


def _note(db: Db, about: Publication | Draft, person: Person, at: datetime, action: str, **detail: object) -> None:
    history.note(
        db,
        at=at,
        who=person.id,
        party=person.party,
        action=action,
        promise=about.promise,
        period=about.period,
        **detail,
    )
