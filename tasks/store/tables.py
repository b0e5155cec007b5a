"""Every table. A guarantee is a constraint here, with a word on the race or rule that it closes."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite forgets time zones, so naive values are refused on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; ValueError for a naive moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, *values: str) -> CheckConstraint:
    allowed = ", ".join(f"'{v}'" for v in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_known")


# --- what the sources said -------------------------------------------------------------------------------------

payloads = Table(
    "payloads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(80), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("fetched_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("url", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("media_type", String(120), nullable=False),
    # Emptied when its retention time is over; the hash stays.
    Column("body", LargeBinary),
    # The same bytes are kept once, however many workers fetch them.
    UniqueConstraint("source", "sha256"),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(80), nullable=False),
    Column("at", Moment, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("records", Integer, nullable=False, server_default="0"),
    Column("new", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("quarantined", Integer, nullable=False, server_default="0"),
    Column("message", Text, nullable=False, server_default=""),
    _one_of("outcome", "ok", "unchanged", "thinned", "empty", "unavailable", "refused", "unreadable"),
    Index(None, "source", "at"),
)

records = Table(
    "records",
    metadata,
    # source/external_id
    Column("id", String(300), primary_key=True),
    # A version is never changed; two workers that see the same change at once meet here.
    Column("version", Integer, primary_key=True),
    Column("source", String(80), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("published_at", Moment),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("precision", String(8)),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("party", String(12)),
    Column("fields", JSON, nullable=False),
    Column("latest", Boolean, nullable=False),
    # Since when its free text is gone; the hash above is still that of all it said.
    Column("purged_at", Moment),
    CheckConstraint("version >= 1", name="version_from_one"),
    CheckConstraint("(starts_on IS NULL) = (ends_on IS NULL)", name="dated_whole"),
    Index(None, "source", "seen_at"),
    # The few that are dated later than they were seen become known as time goes, with nothing new stored.
    Index(
        "ix_records_ahead",
        "source",
        "published_at",
        sqlite_where=text("published_at > seen_at"),
        postgresql_where=text("published_at > seen_at"),
    ),
    # Only one version of a record is the latest one.
    Index(
        "uq_records_latest",
        "id",
        unique=True,
        sqlite_where=text("latest"),
        postgresql_where=text("latest"),
    ),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(80), nullable=False),
    Column("payload_sha256", String(64), nullable=False),
    Column("row", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("at", Moment, nullable=False),
    # Reading the same payload again finds the same row, not another one.
    UniqueConstraint("source", "payload_sha256", "row"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("host", String(255), nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "host", "at"),
)

call_hosts = Table(
    "call_hosts",
    metadata,
    # The row is locked while a worker asks for leave, so that two can't both count 59 calls.
    Column("host", String(255), primary_key=True),
    Column("last_call_at", Moment, nullable=False),
)

gone_urls = Table(
    "gone_urls",
    metadata,
    # The police's terms: a 404 is permanent and must not be asked again.
    Column("url", String(2000), primary_key=True),
    Column("at", Moment, nullable=False),
)

# --- what the rules derived: may be dropped and made again ------------------------------------------------------

readings = Table(
    "readings",
    metadata,
    Column("promise", String(80), primary_key=True),
    Column("record_id", String(300), primary_key=True),
    Column("record_version", Integer, primary_key=True),
    Column("commitment", String(8), primary_key=True),
    Column("rules_version", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    Column("band", String(8), nullable=False),
    Column("score", Float, nullable=False),
    Column("body", JSON, nullable=False),
    _one_of("band", "sure", "unsure", "no"),
)

pair_scores = Table(
    "pair_scores",
    metadata,
    Column("promise", String(80), primary_key=True),
    Column("commitment", String(8), primary_key=True),
    Column("left", String(300), primary_key=True),
    Column("right", String(300), primary_key=True),
    Column("rules_version", String(40), nullable=False),
    Column("band", String(8), nullable=False),
    Column("score", Float, nullable=False),
    Column("body", JSON, nullable=False),
    CheckConstraint('"left" < "right"', name="in_order"),
    _one_of("band", "sure", "unsure", "no"),
)

derivations = Table(
    "derivations",
    metadata,
    # What a promise's readings and pairs were derived from, written with them in one commit.
    Column("promise", String(80), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("inputs", String(64), nullable=False),
    Column("shared", JSON, nullable=False),
    Column("records", Integer, nullable=False),
    Column("readings", Integer, nullable=False),
    Column("activities", Integer, nullable=False),
    Column("questions", Integer, nullable=False),
)

# --- what was derived from a text before it was purged: can't be made again, is never dropped --------------------

kept_readings = Table(
    "kept_readings",
    metadata,
    Column("promise", String(80), primary_key=True),
    Column("record_id", String(300), primary_key=True),
    Column("record_version", Integer, primary_key=True),
    Column("commitment", String(8), primary_key=True),
    Column("body", JSON, nullable=False),
)

kept_pairs = Table(
    "kept_pairs",
    metadata,
    Column("promise", String(80), primary_key=True),
    Column("commitment", String(8), primary_key=True),
    Column("left", String(300), primary_key=True),
    Column("right", String(300), primary_key=True),
    Column("body", JSON, nullable=False),
    CheckConstraint('"left" < "right"', name="in_order"),
)

# --- what people said: append-only, guarded by triggers in the migration ---------------------------------------

judgements = Table(
    "judgements",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("promise", String(80), nullable=False),
    Column("question", String(8), nullable=False),
    Column("left", String(300), nullable=False),
    Column("right", String(300), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("corrected", JSON, nullable=False),
    Column("who", String(120), nullable=False),
    Column("party", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("seen_sha256", String(64), nullable=False),
    # An undo is a row of its own that names the one it undoes; each can be undone once.
    Column("undoes", Integer, ForeignKey("judgements.id"), unique=True),
    _one_of("question", "evidence", "same"),
    _one_of("verdict", "yes", "no", "unsure", "undo"),
    _one_of("party", "police", "municipality"),
    CheckConstraint("(verdict = 'undo') = (undoes IS NOT NULL)", name="undo_names_its_row"),
    Index(None, "promise", "question", "left", "right"),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", String(120), nullable=False),
    Column("party", String(12)),
    Column("action", String(40), nullable=False),
    Column("promise", String(80), nullable=False, server_default=""),
    Column("period", String(20), nullable=False, server_default=""),
    Column("detail", JSON, nullable=False),
    Index(None, "promise", "period"),
)

# --- the way out -----------------------------------------------------------------------------------------------

followups = Table(
    "followups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("promise", String(80), nullable=False),
    Column("period", String(20), nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("figures_sha256", String(64), nullable=False),
    Column("body", JSON, nullable=False),
    # What was known at a moment is frozen: asking again gives the stored one.
    UniqueConstraint("promise", "period", "as_of"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("promise", String(80), nullable=False),
    Column("period", String(20), nullable=False),
    Column("edition", Integer, nullable=False),
    # Counts every change; a save that names an older one is refused (two editors at once).
    Column("revision", Integer, nullable=False),
    Column("state", String(8), nullable=False),
    Column("followup_id", Integer, ForeignKey("followups.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("updated_at", Moment, nullable=False),
    # Two draft runs at once make one draft.
    UniqueConstraint("promise", "period", "edition"),
    _one_of("state", "open", "closed"),
    # Only one edition of a period is open for changes.
    Index(
        "uq_drafts_open",
        "promise",
        "period",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

# A row here is a proposed correction that both parties gave up: until the edition is proposed anew it is no draft.
dropped_drafts = Table(
    "dropped_drafts",
    metadata,
    Column("draft_id", Integer, ForeignKey("drafts.id"), primary_key=True),
    Column("at", Moment, nullable=False),
)

draft_blocks = Table(
    "draft_blocks",
    metadata,
    Column("draft_id", Integer, ForeignKey("drafts.id"), primary_key=True),
    Column("template", String(40), primary_key=True),
    Column("part", String(40), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("generated", Text, nullable=False),
    Column("edited", Text),
    Column("conflict", Boolean, nullable=False),
)

# Bytes once, under their own hash: a saved sentence changes two files of forty. No row changes (triggers in the
# migration), since others' revisions name it too.
contents = Table(
    "contents",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

outputs = Table(
    "outputs",
    metadata,
    Column("draft_id", Integer, ForeignKey("drafts.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("channel", String(80), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("media_type", String(120), nullable=False),
    # Bytes that a revision names can't be taken away.
    Column("sha256", String(64), ForeignKey("contents.sha256"), nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("draft_id", Integer, ForeignKey("drafts.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("party", String(12), nullable=False),
    Column("who", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("comment", Text, nullable=False),
    _one_of("party", "police", "municipality"),
    _one_of("verdict", "approved", "rejected"),
    # One word per party and revision: a double click, a second tab and a retry meet here.
    UniqueConstraint("draft_id", "revision", "party"),
    # Nobody approves for both.
    UniqueConstraint("draft_id", "revision", "who"),
)

publications = Table(
    "publications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("promise", String(80), nullable=False),
    Column("period", String(20), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("channel", String(80), nullable=False),
    Column("key", String(300), nullable=False),
    Column("state", String(12), nullable=False),
    Column("draft_id", Integer, ForeignKey("drafts.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    # How often the channel was asked in vain whether an uncertain attempt had landed.
    Column("lookups", Integer, nullable=False, server_default="0"),
    Column("lease_until", Moment),
    Column("not_before", Moment),
    Column("remote_id", String(300)),
    Column("url", Text),
    Column("message", Text, nullable=False, server_default=""),
    Column("updated_at", Moment, nullable=False),
    # Inserted in the commit of the last approval; two last approvals at once make one row per channel.
    UniqueConstraint("promise", "period", "edition", "channel"),
    _one_of(
        "state",
        "pending",
        "preparing",
        "prepared",
        "sending",
        "published",
        "handed_over",
        "uncertain",
        "refused",
        "stopped",
        "retracting",
        "retracted",
        "by_hand",
    ),
    # Only a row that a worker is at holds a lease.
    CheckConstraint("(state IN ('preparing', 'sending')) = (lease_until IS NOT NULL)", name="lease_while_at_work"),
)

retractions = Table(
    "retractions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("promise", String(80), nullable=False),
    Column("period", String(20), nullable=False),
    # Covers every edition up to this one; a later one, approved anew by both parties, stands.
    Column("edition", Integer, nullable=False),
    Column("reason", String(12), nullable=False),
    Column("who", String(120), nullable=False),
    Column("party", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    _one_of("reason", "error", "secrecy", "duplicate", "withdrawn"),
    _one_of("party", "police", "municipality"),
    # Two people who retract at once make one retraction.
    UniqueConstraint("promise", "period", "edition"),
)

# --- who is signed in ------------------------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    # Made of issuer and subject, so that the same person is the same one in every municipality.
    Column("id", String(120), primary_key=True),
    Column("issuer", String(400), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("party", String(12), nullable=False),
    # As the person was called at the last sign-in: the history keeps ids, and shows this.
    Column("name", String(200), nullable=False),
    Column("seen_at", Moment, nullable=False),
    _one_of("party", "police", "municipality"),
    UniqueConstraint("issuer", "subject"),
)

sessions = Table(
    "sessions",
    metadata,
    # The token itself is in the person's browser only.
    Column("token_sha256", String(64), primary_key=True),
    Column("person", String(120), nullable=False),
    Column("name", String(200), nullable=False),
    Column("party", String(12), nullable=False),
    # The identity provider; empty for an invented person.
    Column("provider", String(80), nullable=False),
    # By municipality, as they were at sign-in.
    Column("roles", JSON, nullable=False),
    # The decisions that gave the roles; other decisions end the session.
    Column("rules_sha256", String(64), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    # Signed out, taken back by ops, or replaced by the next sign-in.
    Column("ended_at", Moment),
    _one_of("party", "police", "municipality"),
    Index(None, "person"),
    Index(None, "ends_at"),
)

# --- how it runs -----------------------------------------------------------------------------------------------

runs = Table(
    "runs",
    metadata,
    # One row per piece of work (collect a source, draft a period): a second run meets the first one here.
    Column("stage", String(12), primary_key=True),
    Column("subject", String(170), primary_key=True),
    # Counts the runs; a late word of one that was given up is not heard.
    Column("number", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("ended_at", Moment),
    Column("outcome", String(8), nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    _one_of("stage", "collect", "reconcile", "draft", "watch"),
    _one_of("outcome", "running", "done", "failed"),
    CheckConstraint("(outcome = 'running') = (lease_until IS NOT NULL)", name="lease_while_running"),
)

orders = Table(
    "orders",
    metadata,
    # What a person asked the machine to do with a period, and how it went, in words.
    Column("id", Integer, primary_key=True),
    Column("promise", String(80), nullable=False),
    Column("period", String(20), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("state", String(8), nullable=False),
    Column("who", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Column("began_at", Moment),
    Column("ended_at", Moment),
    Column("result", Text, nullable=False, server_default=""),
    # The day that a snapshot is of; the channels to send in.
    Column("as_of", Date),
    Column("channels", JSON),
    _one_of("kind", "rehearsal", "rerun", "snapshot", "sending"),
    CheckConstraint("(kind = 'snapshot') = (as_of IS NOT NULL)", name="day_of_snapshot"),
    _one_of("state", "waiting", "running", "done", "failed"),
    # A double click, a second tab and a colleague meet here: one at a time for each period.
    Index(
        "uq_orders_open",
        "promise",
        "period",
        unique=True,
        sqlite_where=text("state IN ('waiting', 'running')"),
        postgresql_where=text("state IN ('waiting', 'running')"),
    ),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(300), nullable=False),
    Column("level", Integer, nullable=False),
    Column("what", Text, nullable=False),
    Column("mend", Text, nullable=False),
    Column("municipality", String(80), nullable=False, server_default=""),
    Column("party", String(12)),
    Column("since", Moment, nullable=False),
    Column("solved_at", Moment),
    # The same trouble is one alarm until it is solved.
    Index(
        "uq_alarms_open",
        "key",
        unique=True,
        sqlite_where=text("solved_at IS NULL"),
        postgresql_where=text("solved_at IS NULL"),
    ),
)

APPEND_ONLY = ("judgements", "history", "approvals", "retractions")

# Who was told of an alarm, by name: an address holds a key. What layout 0010 had told, it had told to all: "".
alarm_tellings = Table(
    "alarm_tellings",
    metadata,
    Column("alarm_id", Integer, ForeignKey("alarms.id"), primary_key=True),
    Column("recipient", String(200), primary_key=True),
    # The gravest level that was told; a higher one is told anew.
    Column("level", Integer, nullable=False),
    Column("solved", Boolean, nullable=False, server_default=text("false")),
)
