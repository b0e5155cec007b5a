"""The sentence beside a status: why it stands as it does, in plain Swedish, without places or activity dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from config.schema import Commitment
from tasks.model import Gap, Outcome, Period
from tasks.periods import span_name, swedish_date

_ACTORS = {"police": "Polisen", "municipality": "Kommunen", "both": "Polisen och kommunen"}


def actor(commitment: Commitment) -> str:
    """Return who made the commitment, as a sentence begins."""
    return _ACTORS[commitment.party]


def enumeration(words: Sequence[str]) -> str:
    """Return words as a Swedish list: a, b och c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} och {words[-1]}" if words else ""


def unit(commitment: Commitment, number: int | None) -> str:
    """Return the commitment's unit in the number's form; plural when the number is not known."""
    return commitment.unit[0] if number == 1 else commitment.unit[1]


def goal(commitment: Commitment) -> str:
    """Return the target as the promise put it: minst 4, or 4 where the text has no "minst"; empty without one."""
    if commitment.target is None:
        return ""
    return f"minst {commitment.target}" if "minst" in commitment.text.lower() else str(commitment.target)


def gap_text(gaps: Sequence[Gap]) -> str:
    """Return the days not heard, overlapping ones joined: 12–26 augusti 2021 och 1 september 2021."""
    spans: list[tuple[date, date]] = []
    for start, end in sorted({(g.start, g.end) for g in gaps}):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return enumeration([span_name(*s) for s in spans])


def reason(commitment: Commitment, outcome: Outcome, period: Period, silent: Sequence[Period], deadline: date) -> str:
    """Return why the commitment has its status; `silent` are the periods that nobody has reported on."""
    if commitment.measure == "ongoing":
        return _join(_ongoing(commitment, outcome), _unknown(outcome, period, silent))
    return _join(_amount(commitment, outcome), _unknown(outcome, period, silent), _time(commitment, outcome, deadline))


def duty_reason(due: Sequence[tuple[str, bool, str]]) -> str:
    """Return how the follow-ups due so far went; each is period name, delivered or not, what was late or missing.

    Every period has its own record: told in time, told late, or where it is still missing.
    """
    if not due:
        return "Det finns ingen tidigare uppföljning att redovisa än."
    done = sum(delivered for _, delivered, _ in due)
    noun = "uppföljning" if len(due) == 1 else "uppföljningar"
    first = f"{done} av {len(due)} {noun} har publicerats på alla utlovade ställen."
    notes = [
        f"{name}: redovisad i tid."
        if delivered and not note
        else f"{name}: försenad, {note}."
        if delivered
        else f"{name}: försenad, saknas på {note.rstrip('.') or 'alla utlovade ställen'}."
        for name, delivered, note in due
    ]
    return _join(first, *notes)


def _join(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)


def _amount(commitment: Commitment, outcome: Outcome) -> str:
    total, aim = outcome.held_total, goal(commitment)
    if outcome.status == "inställt":
        return "Det som planerades är inställt och inget nytt är planerat."
    if total is None:
        return ""
    if total == 0:
        return "Inget har genomförts hittills." if outcome.status == "ej påbörjat" else "Inget har genomförts."
    if outcome.total_is_floor:
        rest = f"; löftet är {aim}" if aim else ""
        return f"Minst {total} {unit(commitment, total)} har genomförts{rest}."
    if commitment.measure == "once" or not aim:
        extra = "" if aim or commitment.measure == "once" else " Löftet anger inget antal."
        return f"{total} {unit(commitment, total)} har genomförts sedan löftet undertecknades.{extra}"
    if total > (commitment.target or 0):
        return f"{total} {unit(commitment, total)} har genomförts; löftet är {aim}."
    return f"{total} av {aim} {unit(commitment, commitment.target)} har genomförts."


def _ongoing(commitment: Commitment, outcome: Outcome) -> str:
    if outcome.used is None:
        return ""
    if not outcome.used:
        return f"{actor(commitment)} har rapporterat att arbetssättet inte har använts under perioden."
    always = " i alla perioder" if outcome.status == "uppfyllt" else " under perioden"
    if commitment.disclosure == "public" and outcome.activities:
        return f"{commitment.unit[1].capitalize()} har genomförts{always}."
    return f"Arbetssättet har använts{always}."


def _unknown(outcome: Outcome, period: Period, silent: Sequence[Period]) -> str:
    """Return what is not known, where that is what the status or the number hangs on."""
    if outcome.status == "inställt":
        return ""
    parts = []
    if outcome.gaps:
        parts.append(f"Uppgift saknas {gap_text(outcome.gaps)}.")
    elif silent and outcome.status == "uppgift saknas":
        now = any(p.id == period.id for p in silent)
        which = "perioden" if now and len(silent) == 1 else enumeration([p.name for p in silent])
        parts.append(f"Ingen rapport har kommit in för {which}.")
    if outcome.status == "uppgift saknas" and not parts:
        parts.append("Det finns uppgifter som ännu inte har bekräftats.")
    return _join(*parts)


def _time(commitment: Commitment, outcome: Outcome, deadline: date) -> str:
    if commitment.target is None and commitment.measure != "once":
        return ""
    if outcome.status in ("på väg", "ej påbörjat"):
        return f"Löftet gäller till och med den {swedish_date(deadline)}."
    if outcome.status in ("delvis", "ej uppfyllt", "försenat"):
        return f"Tiden gick ut den {swedish_date(deadline)}."
    return ""
