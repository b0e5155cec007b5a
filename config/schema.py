"""The shape of what people decide: frozen, validated objects that the TOML files become."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

Party = Literal["police", "municipality"]
Role = Literal["reporter", "reviewer", "approver", "ops"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Decision(BaseModel):
    """Base of all config objects: frozen, and an unknown key is an error (it is usually a typing slip)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Source(Decision):
    """One outside place that records come from; `url` is an address or a file pattern beside the config."""

    id: Slug
    kind: Slug
    name: Text
    url: Text
    party: Party | None = None
    # Zero records is a failure unless the source says otherwise: a calendar may be empty, the police feed not.
    zero_ok: bool = False
    # all: one good answer holds everything up to then (a log, the form). window: what is not fetched in time is lost
    # (a feed, a calendar).
    keeps: Literal["all", "window"] = "window"
    # A window source that was last good longer ago than this has a hole in its coverage.
    silent_after_hours: int = Field(48, ge=1)
    # Per host, kept in the database for all workers: seconds between calls, calls per hour.
    min_seconds_between_calls: float = Field(1.0, ge=0)
    max_calls_per_hour: int = Field(600, ge=1)
    timeout_seconds: float = Field(30.0, gt=0)
    # So many days after a record was first seen its free text is purged (`lofteskoll purge`); hash, counted fields and
    # what the rules read in it stay. Without it the text stays until its owner decides.
    keep_text_days: int | None = Field(None, ge=1)
    options: dict[str, Any] = {}


class Retention(Decision):
    """For how many days what is no source's own text is kept: class by class, after which `purge` takes it."""

    # Rows that could not be read, with their raw text.
    quarantine_days: int = Field(90, ge=1)
    # Sessions that are over.
    session_days: int = Field(7, ge=1)
    # Alarms that are solved.
    alarm_days: int = Field(365, ge=1)


class Engine(Decision):
    """How the promises of an installation are shared out: in chunks, to the flow's own process or to several."""

    # 1: all in the flow's own process. More: so many beside it; threads would not speed up Python that computes.
    processes: int = Field(1, ge=1, le=256)
    # A Dask scheduler's address, "tcp://10.0.0.5:8786": its workers, on any machines, take the chunks instead.
    dask: str = ""
    # With fewer promises than this it takes longer to start the processes than they save.
    from_promises: int = Field(20, ge=2)
    # So many promises are one task: what they share (the police feed) is looked through once for all of them.
    chunk: int = Field(50, ge=1)


class Channel(Decision):
    """One account or site that a follow-up is published on."""

    id: Slug
    kind: Slug
    name: Text
    party: Party
    # A site holds the page; posts wait until every site's page is up.
    role: Literal["site", "post"]
    # config/templates/<template>.j2 writes its text; channels that share a template share the edited text.
    template: Slug
    # How a site shows the parts of a promise: all open, or each as an answer to open.
    form: Literal["page", "answers"] = "page"
    enabled: bool = True
    # The day on which the account's key stops working, where it has one: an alarm comes in time.
    keys_expire: date | None = None
    # Public address of a site's page: a pattern with {promise} and {period}. Posts link to it before it is up.
    address: str | None = None
    # Where the public page is read back, when that differs from `address` (a sample year on loopback).
    read_back: str | None = None
    base_url: str | None = None
    folder: str | None = None
    timeout_seconds: float = Field(30.0, gt=0)
    secrets: dict[str, SecretStr] = {}
    options: dict[str, Any] = {}


class Person(Decision):
    """A named role holder; demo people are invented and marked so."""

    id: Slug
    name: Text
    party: Party
    roles: frozenset[Role]
    demo: bool = False
    # How the party's own identity provider knows the person; without either, nobody signs in as this person.
    subject: str = ""
    email: str = ""


class IdentityProvider(Decision):
    """Where one party's people sign in (OpenID Connect); the party comes from here, never from what a token says."""

    id: Slug
    party: Party
    # What the button on the sign-in page says.
    name: Text
    # Empty issuer and client: not connected yet.
    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    scopes: tuple[Text, ...] = ("openid", "profile", "email")
    # The claim that holds groups or roles (a dotted name reaches inside), and what each of its values gives here.
    role_claim: str = ""
    roles: dict[str, frozenset[Role]] = {}
    # Some providers never send email_verified; true says that every address from this one is its own.
    trusts_email: bool = False

    @property
    def connected(self) -> bool:
        """Whether people can sign in through it."""
        return bool(self.issuer and self.client_id)


class Notify(Decision):
    """Somebody who is told when the system needs a person: an Apprise address (mail, Teams, Slack, a webhook)."""

    name: Text
    # Empty: nobody is told this way; the alarm still stands on the board.
    url: SecretStr = SecretStr("")
    # In a municipality's file: only what concerns this party. Without it: everything of the municipality.
    party: Party | None = None
    # A manager may want to hear only of what has gone far: 2 what is grave, 4 a follow-up that is overdue.
    from_level: int = Field(1, ge=1, le=4)


class Authority(Decision):
    """One of the two parties: what it is called, and the other names it goes by in records."""

    name: Text
    short: Text
    aliases: tuple[str, ...] = ()
    # Where people write about the follow-up: an address of the authority's own, nobody's in person; shown on the page.
    email: Annotated[str, StringConstraints(pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")] = ""


class Place(Decision):
    """A district of the municipality with the names that mean it."""

    name: Text
    aliases: tuple[str, ...] = ()


class Municipality(Decision):
    """A municipality: places, parties, people, sources and channels."""

    slug: Slug
    name: Text
    short: Text
    code: Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
    county: Text
    language: Literal["sv"] = "sv"
    # Shown on every page and post: a sample year says that it is one.
    notice: str = ""
    # Under which licence the figures are open data: CC0 unless the owners choose another one.
    data_licence: Text = "http://creativecommons.org/publicdomain/zero/1.0/"
    police: Authority
    municipality: Authority
    places: tuple[Place, ...] = Field(alias="place")
    people: tuple[Person, ...] = Field((), alias="person")
    identity_providers: tuple[IdentityProvider, ...] = Field((), alias="identity_provider")
    sources: tuple[Source, ...] = Field((), alias="source")
    channels: tuple[Channel, ...] = Field((), alias="channel")
    notify: tuple[Notify, ...] = ()

    def party(self, key: Party) -> Authority:
        """Return the authority behind `police` or `municipality`."""
        return self.police if key == "police" else self.municipality


class Assumption(Decision):
    """What we assumed where the promise's text leaves it open; shown in the public method note."""

    decided: date
    text: Text


class Signals(Decision):
    """Words by which a record is about a commitment; matched on stems and inside compounds, not letter by letter.

    One of `named` says it all. One of `activity` needs one of `about` beside it (when there are any), and somewhere
    in the same record one of `context` (when there are any). A word after `=` is meant in that very form only;
    "föräldrar + lyssnade" stands for the first word in a sentence that also holds the second.
    """

    # Names that mean this activity and nothing else.
    named: tuple[str, ...] = ()
    # Names that other activities bear too.
    activity: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    # Other names, close to it, and words close to `activity` or `about`, in its place: a question, never a count.
    neighbours: tuple[str, ...] = ()
    nearly_activity: tuple[str, ...] = ()
    nearly_about: tuple[str, ...] = ()
    # Looks like it and is not: a word or phrase that a name above may be part of.
    not_this: tuple[str, ...] = ()


class Commitment(Decision):
    """One promised activity, in the promise's own words, with how it is counted."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][0-9]{1,2}$")]
    text: Text
    plain: Text
    heading: Text
    party: Literal["police", "municipality", "both"]
    # count: occasions; once: done or not; ongoing: a way of working, reported per period; duty: the follow-up itself.
    measure: Literal["count", "once", "ongoing", "duty"]
    unit: tuple[Text, Text] = ("tillfälle", "tillfällen")
    # Only where the text has one: a target is never invented.
    target: int | None = Field(None, ge=1)
    deadline: date | None = None
    conditions: tuple[Literal["police_took_part", "municipality_took_part", "at_school"], ...] = ()
    counts: Text
    # The sources whose silence matters for this commitment; all others are context.
    evidence_from: tuple[Slug, ...] = ()
    # public: everything. The others say nothing before the period is over, and no place or day. count_only: numbers.
    # yes_no: whether the way of working was used. protected: numbers from which none below `threshold` can be had.
    disclosure: Literal["public", "protected", "count_only", "yes_no"] = "public"
    # Of a protected commitment. Statistics offices use 3 to 5; 5 is our default, the data-protection officer decides.
    threshold: int = Field(5, ge=2)
    signals: Signals = Signals()
    assumptions: tuple[Assumption, ...] = Field((), alias="assumption")


class Promise(Decision):
    """A signed medborgarlöfte."""

    slug: Slug
    municipality: Slug
    title: Text
    signed: date
    ends: date
    # tertial: Jan–Apr, May–Aug, Sep–Dec, clipped to signing and end; from_signing: every four months from the day.
    periods: Literal["tertial", "from_signing"] = "tertial"
    # The follow-up is due this many days after the period's end, moved to the next working day.
    due_days: int = Field(15, ge=0, le=120)
    source_url: str | None = None
    assumptions: tuple[Assumption, ...] = Field((), alias="assumption")
    commitments: tuple[Commitment, ...] = Field(alias="commitment", min_length=1)

    def commitment(self, key: str) -> Commitment:
        """Return the commitment with that id; KeyError if there is none."""
        for commitment in self.commitments:
            if commitment.id == key:
                return commitment
        raise KeyError(key)
