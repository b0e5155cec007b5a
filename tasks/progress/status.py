"""From facts to a public status: one decision table, read from the top, first match wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from tasks.model import Status

Measure = Literal["counted", "ongoing"]
Amount = Literal["none", "some", "enough"]
Heard = Literal["all", "now", "no"]
Time = Literal["running", "late", "over"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status of one commitment rests on, at the end of one period."""

    measure: Measure
    # enough: the target is reached; without a target, something was done and the promise is over; for a way of
    # working, it was used in every period and the promise is over.
    amount: Amount
    # The only thing planned is called off and nothing new is planned.
    called_off: bool
    # A source that the commitment's evidence comes from was not heard for some days.
    gap: bool
    # A person has not yet answered something that could add to the number.
    unclear: bool
    # Which periods have either a counted activity or the responsible party's "inget att rapportera":
    # all so far; this one, but not every earlier one; not even this one.
    heard: Heard
    # Whether something was counted in this very period.
    now: bool
    # late: the commitment's own deadline is passed while the promise still runs.
    time: Time


class Row(NamedTuple):
    """One row of the table; None matches anything."""

    status: Status
    measure: Measure | None = None
    amount: Amount | None = None
    called_off: bool | None = None
    gap: bool | None = None
    unclear: bool | None = None
    heard: Heard | None = None
    now: bool | None = None
    time: Time | None = None


TABLE: tuple[Row, ...] = (
    # Enough is enough: a gap or an open question could only add to it.
    Row("uppfyllt", amount="enough"),
    # Somebody said that it will not happen; that is known whatever the sources did.
    Row("inställt", called_off=True),
    # Fewer than promised while a source was not heard: what happened then is not known.
    Row("uppgift saknas", gap=True),
    # Nothing counted, but a person may still say yes: zero can't be claimed.
    Row("uppgift saknas", amount="none", unclear=True),
    # Nothing at all was said about this period. Absence of records is not zero.
    Row("uppgift saknas", heard="no"),
    # Zero since signing needs "inget att rapportera" for every period, not only for this one.
    Row("uppgift saknas", amount="none", heard="now"),
    # The responsible party says zero, and there is time left.
    Row("ej påbörjat", amount="none", time="running"),
    # A way of working that was used before and, by the party's own word, not in this period.
    Row("delvis", measure="ongoing", amount="some", now=False, time="running"),
    # Some of it is done, and there is time left.
    Row("på väg", amount="some", time="running"),
    # Time is out and the number too low, but a person's answer could still lift it.
    Row("uppgift saknas", unclear=True),
    # Time is out and the number too low, but an earlier period was never reported.
    Row("uppgift saknas", heard="now"),
    # Its own deadline is passed while the promise still runs: it may yet be done, late.
    Row("försenat", time="late"),
    # The promise is over and the responsible party says that nothing was done.
    Row("ej uppfyllt", amount="none"),
    # The promise is over and every period is accounted for: some of it was done.
    Row("delvis", amount="some"),
)


def matching_row(facts: Facts) -> Row:
    """Return the first row of the table that the facts match."""
    return next(row for row in TABLE if _matches(row, facts))


def decide(facts: Facts) -> Status:
    """Return the public status for the facts."""
    return matching_row(facts).status


def _matches(row: Row, facts: Facts) -> bool:
    wanted = row._asdict()
    wanted.pop("status")
    return all(value is None or getattr(facts, key) == value for key, value in wanted.items())
