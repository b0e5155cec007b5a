"""The nouns: frozen values that the verbs pass along. No behaviour beyond what follows from their own fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter

from config.schema import Channel, Municipality, Promise

Party = Literal["police", "municipality"]
State = Literal["held", "planned", "cancelled", "moved", "background", "promise_text", "nil_report", "none"]
Band = Literal["sure", "unsure", "no"]
Precision = Literal["day", "week", "month", "period", "year"]
Verdict = Literal["yes", "no", "unsure"]
# The public vocabulary (Swedish, shown as it stands).
Status = Literal[
    "uppfyllt",
    "på väg",
    "delvis",
    "ej uppfyllt",
    "försenat",
    "inställt",
    "ej påbörjat",
    "uppgift saknas",
    "kan inte redovisas",
]
# The last three are the way back: what was published is being taken away, is gone, or waits for a person's hand.
PublicationState = Literal[
    "pending", "preparing", "prepared", "sending", "published", "handed_over", "uncertain", "refused", "stopped",
    "retracting", "retracted", "by_hand",
]  # fmt: skip
RetractionReason = Literal["error", "secrecy", "duplicate", "withdrawn"]


class Trouble(Exception):
    """Expected trouble: the message is plain Swedish, names the thing and the mend, and holds no secret."""


class Refused(Trouble):
    """Permanent: the other side or our own rules said no; a person must look."""


class Unavailable(Trouble):
    """Surely nothing happened: it is safe to try again, no earlier than `retry_at` (UTC) when that is known."""

    def __init__(self, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class Uncertain(Trouble):
    """It may have happened: only `find` or a person may say."""


class Unreadable(Trouble):
    """A payload that could not be understood at all; nothing of it became a record."""


# Made once: a hash of every record is asked for at every poll.
_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)
# What pydantic makes plain holds no circle, which it would have refused.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


def canonical(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON with sorted keys: the same bytes for the same content, on any machine."""
    return _ENCODER.encode(_PLAIN.dump_python(value, mode="json")).encode()


def digest(value: bytes | str) -> str:
    """Return the SHA-256 of `value` as 64 hex digits."""
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()


@dataclass(frozen=True, slots=True)
class Payload:
    """What a source answered, byte for byte, before anyone read it."""

    source: str
    fetched_at: datetime
    url: str
    media_type: str
    body: bytes
    # For a file source: the day the file was last changed is not known to us; the name is what a person recognises.
    name: str = ""

    @property
    def sha256(self) -> str:
        """SHA-256 of the body."""
        return digest(self.body)


@dataclass(frozen=True, slots=True)
class Dated:
    """A stretch of local days with how exactly it is known; `end` is inclusive."""

    start: date
    end: date
    precision: Precision

    @classmethod
    def day(cls, when: date) -> Dated:
        """Return a single known day."""
        return cls(when, when, "day")


@dataclass(frozen=True, slots=True)
class Record:
    """One thing a source said. Never changes: new content under the same id is a new version."""

    source: str
    external_id: str
    title: str
    text: str = ""
    url: str = ""
    published_at: datetime | None = None
    # When the source itself says which day it is about; readings may find other dates in the text.
    when: Dated | None = None
    place: str = ""
    party: Party | None = None
    # Structured claims. Known keys: commitment, state, count, police_took_part, municipality_took_part, at_school,
    # participants, moved_to, type, original (the source's own field values that people may want to see).
    fields: Mapping[str, Any] = field(default_factory=dict)
    # Given by the store.
    version: int = 0
    seen_at: datetime | None = None
    # Of a record whose free text is purged: when that was, and the hash of all it said.
    purged_at: datetime | None = None
    purged_sha256: str = ""

    @property
    def id(self) -> str:
        """`source/external_id`: the same record over all its versions."""
        return f"{self.source}/{self.external_id}"

    @property
    def content_sha256(self) -> str:
        """SHA-256 of everything the source said; what makes a version, also when the text is purged."""
        if self.purged_sha256:
            return self.purged_sha256
        said = (self.title, self.text, self.url, self.published_at, self.when, self.place, self.party)
        return digest(canonical([said, dict(self.fields)]))


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that could not be read: kept with its number (1 = first line of the file) and reason, to be replayed."""

    row: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a payload held: good records, unreadable rows, and remarks on fields nobody knows."""

    records: tuple[Record, ...]
    quarantined: tuple[Quarantined, ...] = ()
    warnings: tuple[str, ...] = ()
    # The answer is well-formed but visibly not the whole one (the police feed's thinned lists).
    thinned: str = ""
    # Personal data was found and is not among the records: the payload's own bytes must not be kept either.
    hides: bool = False


@dataclass(frozen=True, slots=True)
class Fetch:
    """One attempt to collect a source, good or not: what coverage is made of."""

    source: str
    at: datetime
    outcome: Literal["ok", "unchanged", "thinned", "empty", "unavailable", "refused", "unreadable"]
    records: int = 0
    new: int = 0
    changed: int = 0
    quarantined: int = 0
    message: str = ""

    @property
    def good(self) -> bool:
        """Whether the source answered in full."""
        return self.outcome in ("ok", "unchanged")


@dataclass(frozen=True, slots=True)
class Gap:
    """Local days (inclusive) for which a source was not heard."""

    source: str
    start: date
    end: date
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well one source was heard over a stretch of days."""

    source: str
    name: str
    last_good: datetime | None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one record says about one commitment, by the rules of `rules_version`; derived, may be made again."""

    record_id: str
    record_version: int
    commitment: str
    state: State
    band: Band
    score: float
    dates: tuple[Dated, ...] = ()
    places: tuple[str, ...] = ()
    # How many activities the record stands for; None when the text gives no number.
    count: int | None = None
    # True and False are said by the record; a missing key is not known.
    conditions: Mapping[str, bool] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    question: str = ""
    # A summary over a longer time ("under året gjordes fem"): contains single records, is never added to them.
    is_total: bool = False
    rules_version: str = ""


class PairScore(NamedTuple):
    """How alike two records are as reports of one activity; left < right. Made by the ten thousand: hence a tuple."""

    left: str
    right: str
    commitment: str
    score: float
    band: Band
    reasons: tuple[str, ...] = ()
    rules_version: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person answered; machines never write it and always obey it."""

    id: int
    promise: str
    question: Literal["evidence", "same"]
    # evidence: record id and commitment id; same: the two record ids in order.
    left: str
    right: str
    verdict: Verdict
    who: str
    party: Party
    at: datetime
    # Content hash(es) of what the person saw, so that a changed record can become a new question.
    seen_sha256: str
    # Corrected values: state, date (ISO), place, count.
    corrected: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Activity:
    """One real-world activity: the records that tell of it, merged. Its id is its earliest record's id."""

    id: str
    commitment: str
    state: State
    when: Dated | None
    place: str
    band: Band
    count: int = 1
    record_ids: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    conditions: Mapping[str, bool] = field(default_factory=dict)
    # Earlier states with their days, oldest first: planned 28 Aug, moved to 4 Sep, held 4 Sep.
    history: tuple[tuple[State, Dated | None], ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A value that a text may show by its token, with the records it rests on."""

    token: str
    value: int | None
    text: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A number of a protected series as it is told: of one period, or of several that are only told together."""

    periods: tuple[str, ...]
    number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one commitment stands at the end of a period, after disclosure rules."""

    commitment: str
    status: Status
    reason: str
    # None = not known, or not shown.
    held: int | None
    held_total: int | None
    target: int | None
    measurable: bool
    planned: int = 0
    cancelled: int = 0
    # Everything counted since signing, oldest first; `held` rests on those within the period.
    activities: tuple[Activity, ...] = ()
    # Activities that were seen and not counted; why comes first in the `reasons` of each.
    not_counted: tuple[Activity, ...] = ()
    gaps: tuple[Gap, ...] = ()
    questions: int = 0
    # More may have happened than we know of (a gap, an open question, a silent period): shown as "minst N".
    held_is_floor: bool = False
    total_is_floor: bool = False
    # For a way of working: whether it was used in the period; None = not known.
    used: bool | None = None
    # Which of its numbers are known and not shown.
    hidden: tuple[Literal["held", "held_total"], ...] = ()
    # What a protected outcome's numbers amount to, period by period.
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A period's follow-up, frozen: everything a text may say, as known at `as_of`."""

    promise: str
    period: str
    period_name: str
    start: date
    end: date
    due: date
    next_due: date | None
    as_of: datetime
    outcomes: tuple[Outcome, ...]
    figures: tuple[Figure, ...]
    coverage: tuple[Coverage, ...]
    assumptions: tuple[str, ...]
    rules_version: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the frozen content, the moment included."""
        return digest(canonical(self))

    @property
    def figures_sha256(self) -> str:
        """SHA-256 of the disclosed figures and statuses: equal when nothing that a text says has moved."""
        return digest(canonical([(f.token, f.value, f.text) for f in self.figures]))

    def outcome(self, commitment: str) -> Outcome:
        """Return the outcome of that commitment; KeyError if there is none."""
        for outcome in self.outcomes:
            if outcome.commitment == commitment:
                return outcome
        raise KeyError(commitment)


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of text in a draft: what the templates wrote, and what a person made of it."""

    template: str
    # A commitment id, or a fixed part of the page such as `lead`.
    part: str
    position: int
    generated: str
    edited: str | None = None
    # The generated text changed under an edit: a person must settle it before approval.
    conflict: bool = False

    @property
    def text(self) -> str:
        """The text that counts, tokens unfilled."""
        return self.generated if self.edited is None else self.edited


@dataclass(frozen=True, slots=True)
class Output:
    """One file or text that will leave the house, byte for byte."""

    channel: str
    name: str
    media_type: str
    body: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the body."""
        return digest(self.body)


@dataclass(frozen=True, slots=True)
class Draft:
    """A follow-up on its way out: texts, rendered outputs, and the one hash that both parties approve."""

    id: int
    promise: str
    period: str
    edition: int
    revision: int
    # Dropped: a proposed correction that both parties gave up.
    state: Literal["open", "closed", "dropped"]
    followup: FollowUp
    blocks: tuple[Block, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Approval:
    """One party's word on one hash of one revision."""

    draft_id: int
    revision: int
    sha256: str
    party: Party
    who: str
    at: datetime
    verdict: Literal["approved", "rejected"]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """One row of the outbox: one channel's part of one edition."""

    id: int
    promise: str
    period: str
    edition: int
    channel: str
    key: str
    state: PublicationState
    draft_id: int
    revision: int
    attempt: int = 0
    # Look-ups in vain since a person last said what is so.
    lookups: int = 0
    remote_id: str | None = None
    url: str | None = None
    message: str = ""
    not_before: datetime | None = None
    updated_at: datetime | None = None
    # The id of the earlier edition's post in the same channel: a correction answers it where the network can.
    replaces: str | None = None
    # The ids of all that earlier editions made in the same channel, whether it became public or not.
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retraction:
    """A person's word that a period's published editions, up to `edition`, must go."""

    promise: str
    period: str
    edition: int
    reason: RetractionReason
    who: str
    party: Party
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel answered: `published` only after the public object was read back, `retracted` when it is gone.

    `by_hand` says that the channel can't take it away itself; the message tells a person what to do.
    """

    state: Literal["prepared", "published", "handed_over", "retracted", "by_hand"]
    remote_id: str | None = None
    url: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """A reporting period: local days in Europe/Stockholm, `end` inclusive."""

    # 2021-T1 for a tertial; 2021-P1 for the first four months from signing.
    id: str
    name: str
    start: date
    end: date
    due: date


@dataclass(frozen=True, slots=True)
class Entry:
    """One follow-up in a site's feed."""

    period: str
    title: str
    edition: int
    updated: datetime
    summary: str


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything that rendering needs to make one edition's outputs; nothing else may enter them."""

    promise: Promise
    municipality: Municipality
    followup: FollowUp
    edition: int
    channels: tuple[Channel, ...]
    # template → part → text with the tokens filled in.
    texts: Mapping[str, Mapping[str, str]]
    # Source text of every file in config/templates, by file name.
    templates: Mapping[str, str]
    # Feed entries of the periods already closed, oldest first.
    earlier: tuple[Entry, ...] = ()
    # What a correction changes against the edition before it, as sentences: (heading, sentence).
    changes: tuple[tuple[str, str], ...] = ()
    # The editions before this one that still stand in the open: (number, hash that both parties approved).
    previous: tuple[tuple[int, str], ...] = ()
    # The follow-ups of earlier periods that stand in the open, for the table at the promise's end.
    before: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can say, in one Swedish sentence."""

    promise: str
    question: Literal["evidence", "same"]
    # As in Judgement.
    left: str
    right: str
    sentence: str
    reasons: tuple[str, ...]
    seen_sha256: str
    # An earlier answer that a changed record now contradicts.
    earlier: Judgement | None = None


def combined_sha256(outputs: tuple[Output, ...]) -> str:
    """Return the one hash over all outputs: channel, name, type and bytes, in a fixed order."""
    rows = sorted((o.channel, o.name, o.media_type, o.sha256) for o in outputs)
    return digest(canonical(rows))
