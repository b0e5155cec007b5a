"""What needs a person now: facts → alarms. Each says what, since when and what to do; none holds text of records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from config.schema import Channel, Municipality, Party, Promise, Source
from tasks.model import Fetch, Period, Publication, PublicationState
from tasks.periods import at_local, local_date, swedish_date

# Days relative to the due date on which a draft that is not approved is spoken of; the last goes to everybody.
REMINDERS = (-7, -2, 0, 1)
# A key that expires is spoken of this long before.
_KEY_DAYS = 14
# A source that answers badly twice an hour apart may be resting; for half a day it needs somebody.
_PATIENCE = timedelta(hours=12)
# Over the longest row of days off (Easter, Christmas) nothing is posted.
_WAITING = timedelta(days=6)
_LEAST_FREE = 1_000_000_000
# How the keys of alarms about published pages and posts begin.
PARITY = "parity/"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that needs a person; the same trouble keeps the same key, and a higher level is told anew."""

    key: str
    what: str
    mend: str
    since: datetime
    level: int = 1
    # Whose people are told besides those who run the installation; no party: both.
    municipality: str = ""
    party: Party | None = None


def of_sources(
    sources: Iterable[Source], standing: Mapping[str, tuple[datetime | None, Fetch]], now: datetime
) -> list[Alarm]:
    """Return an alarm for each source that has been silent, thinned or unreadable for too long.

    `standing` holds the last good answer and the newest attempt by source id; a source never asked is no alarm yet.
    """
    found = []
    for source in sources:
        good, newest = standing.get(source.id, (None, None))
        since = _trouble_since(source, good, newest, now) if newest else None
        if newest is None or since is None:
            continue
        days = (now - since).days
        for_how_long = f"i {days} dygn" if days else f"sedan {swedish_date(local_date(since))}"
        found.append(
            Alarm(
                f"source/{source.id}",
                f"{source.name} har inte svarat i sin helhet {for_how_long}. {_ANSWERS[newest.outcome]}",
                "Kontrollera adressen och att källan är uppe, och kör hämtningen igen. "
                "Det som källan inte visar längre blir en lucka med datum.",
                since,
            )
        )
    return found


# The newest attempt in words of ours: a message may quote what a source sent.
_ANSWERS = {
    "ok": "Hämtningen har inte gått.",
    "unchanged": "Hämtningen har inte gått.",
    "thinned": "Svaren är ofullständiga.",
    "empty": "Svaren är tomma.",
    "unavailable": "Den går inte att nå.",
    "refused": "Den nekar oss.",
    "unreadable": "Svaren går inte att läsa.",
}


def _trouble_since(source: Source, good: datetime | None, newest: Fetch, now: datetime) -> datetime | None:
    """Return since when a source is in trouble; None when it is well."""
    if source.url.startswith("form:"):
        return None
    if good is None:
        return None if newest.good else newest.at
    patience = timedelta(hours=source.silent_after_hours) if source.keeps == "window" else _PATIENCE
    in_trouble = now - good > patience and (source.keeps == "window" or not newest.good)
    return good if in_trouble else None


def of_quarantine(sources: Iterable[Source], fresh: Mapping[str, int], now: datetime) -> list[Alarm]:
    """Return an alarm for each source of which rows could not be read lately."""
    return [
        Alarm(
            f"quarantine/{source.id}",
            f"{_rows(fresh[source.id])} från {source.name} gick inte att läsa.",
            "Öppna källans fil, rätta det och hämta igen; raderna och skälen visas av lofteskoll status.",
            now,
        )
        for source in sources
        if fresh.get(source.id)
    ]


def _rows(count: int) -> str:
    return "1 rad" if count == 1 else f"{count} rader"


def of_questions(promise: Promise, waiting: bool, now: datetime) -> list[Alarm]:
    """Return an alarm where questions wait for a person's answer."""
    if not waiting:
        return []
    return [
        Alarm(
            f"questions/{promise.slug}",
            f"{promise.title}: frågor väntar på svar.",
            "Svara under Frågor. Obesvarade frågor gör siffrorna till ”minst”.",
            now,
            municipality=promise.municipality,
        )
    ]


def reminder_due(period: Period, now: datetime) -> int:
    """Return how many of the reminders' days have come for a follow-up that is not approved."""
    return sum(local_date(now) >= period.due + timedelta(days=days) for days in REMINDERS)


def of_draft(
    promise: Promise, period: Period, waits_for: Sequence[Party], now: datetime, letter: tuple[str, str]
) -> list[Alarm]:
    """Return what reviewers are told of a follow-up that is not approved: that it is ready, then each reminder.

    `waits_for` names the parties whose approval is missing; empty when the edition is closed. `letter` is the title
    and the text for this stage.
    """
    if not waits_for:
        return []
    left = (period.due - local_date(now)).days
    what, mend = letter
    return [
        Alarm(
            f"due/{promise.slug}/{period.id}",
            what,
            mend,
            at_local(period.due + timedelta(days=REMINDERS[0]), 8),
            level=reminder_due(period, now),
            municipality=promise.municipality,
            # Until the day is over only those who are waited for; after it everybody.
            party=waits_for[0] if len(waits_for) == 1 and left >= 0 else None,
        )
    ]


_MENDS: Mapping[PublicationState, str] = {
    "uncertain": "Titta i kanalen och svara under Publiceringar om den ligger ute.",
    "refused": "Läs skälet under Publiceringar, rätta det och låt den sändas igen.",
    "by_hand": "Ta bort den för hand i kanalen och bekräfta under Publiceringar.",
}


def of_publications(
    promise: Promise, channels: Mapping[str, Channel], rows: Iterable[Publication], names: Mapping[str, str]
) -> list[Alarm]:
    """Return an alarm for each publication that only a person can move on; `names` are the periods' names by id."""
    words = {
        "uncertain": "det är okänt om den gick ut",
        "refused": "kanalen nekade",
        "by_hand": "den ska tas bort för hand",
    }
    return [
        Alarm(
            f"publication/{row.id}/{row.state}",
            f"{promise.title}, {names[row.period]}, {channel.name}: {words[row.state]}.",
            _MENDS[row.state],
            row.updated_at,
            level=2,
            municipality=promise.municipality,
            party=channel.party,
        )
        for row in rows
        # After a first look in vain the machine looks once more before anybody is asked.
        if row.state in _MENDS and row.updated_at and not (row.state == "uncertain" and row.lookups % 2)
        for channel in [channels.get(row.channel)]
        if channel is not None
    ]


_READ_WHY = "Läs under Publiceringar varför den väntar, och låt den sändas eller stoppa den."
# What is still missing, and what to do, of each that is on its way.
ON_THEIR_WAY: Mapping[PublicationState, tuple[str, str]] = {
    "pending": ("har inte kommit ut", _READ_WHY),
    "preparing": ("har inte kommit ut", _READ_WHY),
    "prepared": ("har inte kommit ut", _READ_WHY),
    "handed_over": ("syns inte ute", "Lägg ut den och klistra in länken under Publiceringar, eller läs varför där."),
    "retracting": ("har inte tagits bort", "Läs under Publiceringar varför, eller ta bort den för hand i kanalen."),
}


def of_waiting(
    promise: Promise,
    channels: Mapping[str, Channel],
    rows: Iterable[tuple[Publication, datetime]],
    names: Mapping[str, str],
    now: datetime,
) -> list[Alarm]:
    """Return an alarm for each publication that has been on its way for days.

    Each of `rows` comes with when it was approved or taken back; a channel that is never there is told of here.
    """
    return [
        Alarm(
            f"waiting/{row.id}",
            f"{promise.title}, {names[row.period]}, {channel.name}: den {ON_THEIR_WAY[row.state][0]}.",
            ON_THEIR_WAY[row.state][1],
            since,
            level=2,
            municipality=promise.municipality,
            party=channel.party,
        )
        for row, since in rows
        if row.state in ON_THEIR_WAY and now - since > _WAITING
        for channel in [channels.get(row.channel)]
        if channel is not None
    ]


def of_parity(
    promise: Promise, channel: Channel, row: Publication, name: str, differs: Sequence[str], now: datetime
) -> Alarm:
    """Return the alarm of a published page or post that no longer says what was approved; `name` is the period's."""
    lines = "".join(f"\n{line}" for line in differs)
    return Alarm(
        f"{PARITY}{row.id}",
        f"{promise.title}, {name}, {channel.name}: det som ligger ute är inte det som godkändes.{lines}",
        "Titta på sidan. Återställ den, eller påbörja en rättelse under Publiceringar om ändringen är riktig.",
        now,
        level=2,
        municipality=promise.municipality,
        party=channel.party,
    )


def of_keys(municipality: Municipality, today: date) -> list[Alarm]:
    """Return an alarm for each channel whose key stops working soon, or has."""
    found = []
    for channel in municipality.channels:
        if channel.enabled and channel.keys_expire and channel.keys_expire - today <= timedelta(days=_KEY_DAYS):
            found.append(
                Alarm(
                    f"key/{channel.id}",
                    f"{channel.name}: nyckeln slutar gälla {swedish_date(channel.keys_expire)}.",
                    "Skapa en ny nyckel hos kanalen, lägg den i miljön och flytta fram keys_expire i kommunens fil.",
                    at_local(channel.keys_expire - timedelta(days=_KEY_DAYS), 8),
                    municipality=municipality.slug,
                    party=channel.party,
                )
            )
    return found


def of_runs(failed: Iterable[tuple[str, str, str, datetime]]) -> list[Alarm]:
    """Return an alarm for each piece of work (stage, subject, kind of error, moment) whose newest run failed.

    No error: its worker died, or the machine under it.
    """
    return [
        Alarm(
            f"run/{stage}/{subject}",
            f"Körningen {stage} {subject} {f'misslyckades ({error})' if error else 'avbröts'}.",
            "Läs körningens logg i Prefect, åtgärda och kör om; en omkörning är alltid säker.",
            at,
        )
        for stage, subject, error, at in failed
    ]


def of_disk(free_bytes: int, now: datetime) -> list[Alarm]:
    """Return an alarm when the disk under the database is nearly full."""
    if free_bytes >= _LEAST_FREE:
        return []
    mend = "Frigör utrymme eller flytta databasen; när disken är full stannar allt."
    return [Alarm("disk", f"Bara {free_bytes // 1_000_000} MB är kvar på disken.", mend, now, level=2)]


def text(alarm: Alarm, *, solved: bool, address: str = "") -> tuple[str, str]:
    """Return an alarm's title and body as people get them; `address` is where the review application is reached."""
    if solved:
        return f"Löst: {alarm.what}", "Det här behöver inte längre någon åtgärd."
    since = f"Sedan {swedish_date(local_date(alarm.since))}."
    link = [f"Löfteskollen: {address}/"] if address else []
    return alarm.what, "\n".join([since, alarm.mend, *link])
