"""What those who review are told, from config/templates/mail.j2: a draft that is ready, and reminders of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from config.schema import Municipality, Promise
from tasks.model import Period
from tasks.periods import swedish_date
from tasks.templating import Sheet

MAIL = "mail.j2"


def letter(
    templates: Mapping[str, str], promise: Promise, municipality: Municipality, period: Period, today: date, part: str
) -> tuple[str, str]:
    """Return title and text of the letter `part` (ready or reminder); Refused names file, line and mend."""
    sheet = Sheet(templates, MAIL)
    told = {
        "promise": promise,
        # A letter has no business with accounts and their secrets, nor with people.
        "municipality": municipality.model_copy(update={"channels": (), "people": (), "sources": ()}),
        "period": period,
        "due": swedish_date(period.due),
        "left": (period.due - today).days,
    }
    title, text = (" ".join(sheet.render_part(name, told).split()) for name in (f"{part}_title", part))
    return title, text


def check(templates: Mapping[str, str], promise: Promise, municipality: Municipality, period: Period) -> None:
    """Raise Refused where a letter could not be written, before there is a draft to write of."""
    for part in ("ready", "reminder"):
        letter(templates, promise, municipality, period, period.due, part)
