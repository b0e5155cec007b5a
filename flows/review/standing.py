"""Where the two parties stand on a draft: who has approved what it says now, whose word no longer counts, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from config.schema import Municipality, Party
from tasks.model import Approval, Draft
from tasks.store import Db, history
from tasks.store.history import Event

PARTIES: tuple[Party, Party] = ("police", "municipality")
# What makes a new version, so that every word on the old one falls.
_CHANGES = ("edited", "rejected", "draft_revised")


@dataclass(frozen=True, slots=True)
class Standing:
    """One party's word on a draft as it is now."""

    party: Party
    name: str
    # On these very bytes; None while the party has not said anything of them.
    word: Approval | None
    # The party's newest approval of an earlier version, where nothing was said of this one.
    fallen: Approval | None
    # The first change after it: what made it fall.
    change: Event | None


def standings(db: Db, municipality: Municipality, draft: Draft, words: Sequence[Approval]) -> list[Standing]:
    """Return both parties' standing on a draft; `words` are all approvals and rejections of it, oldest first."""
    by_party = {party: [w for w in words if w.party == party] for party in PARTIES}
    fallen = {party: _fallen(draft, said) for party, said in by_party.items()}
    log = _log(db, draft) if any(fallen.values()) else []
    return [
        Standing(
            party=party,
            name=municipality.party(party).short,
            word=next((w for w in by_party[party] if _is_on_this(draft, w)), None),
            fallen=fell,
            change=_first_change(log, party) if fell else None,
        )
        for party, fell in fallen.items()
    ]


def why(standing: Standing, name_of: Callable[[str], str]) -> str:
    """Return what made a party's approval fall, as a sentence; empty where it stands or none was given."""
    if standing.fallen is None:
        return ""
    event = standing.change
    if event is None:
        return "Utkastet har ändrats sedan dess."
    if event.action == "draft_revised":
        return "Nyare uppgifter har ändrat siffror eller texter."
    if event.action == "rejected":
        return f"{name_of(event.who)} skickade tillbaka utkastet med en kommentar."
    count = len(event.detail.get("blocks") or ())
    return f"{name_of(event.who)} ändrade {'en text' if count == 1 else f'{count} texter'}."


def _fallen(draft: Draft, said: Sequence[Approval]) -> Approval | None:
    if draft.state != "open" or any(_is_on_this(draft, w) for w in said):
        return None
    return next((w for w in reversed(said) if w.verdict == "approved"), None)


def _is_on_this(draft: Draft, word: Approval) -> bool:
    return (word.revision, word.sha256) == (draft.revision, draft.sha256)


def _log(db: Db, draft: Draft) -> list[Event]:
    """Return the approvals of this edition and what made new versions of it, newest first."""
    log = history.events(db, draft.promise, draft.period, ("approved", *_CHANGES))
    return [e for e in log if e.detail.get("edition") == draft.edition]


def _first_change(log: Sequence[Event], party: Party) -> Event | None:
    """Return the oldest change after a party's newest approval; `log` is newest first."""
    later = takewhile(lambda e: not (e.action == "approved" and e.party == party), log)
    return next((e for e in reversed(list(later)) if e.action in _CHANGES), None)
