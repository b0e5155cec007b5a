"""The sentence beside a status: why it stands as it does, worded by skal.j2, without places or activity dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from config.schema import Commitment
from tasks.model import Gap, Outcome, Period
from tasks.periods import span_name, swedish_date
from tasks.phrases import Phrases

_COUNTED = {"total": 4, "unit": "vandringar", "goal": "minst 4"}
_USED = {"actor": "Kommunen", "unit": "vandringar", "always": True}
WORDS = Phrases(
    "skal.j2",
    {
        "called_off": {},
        "nothing_yet": {},
        "nothing": {},
        "at_least": _COUNTED,
        "since_signing": _COUNTED,
        "no_number": {},
        "more": _COUNTED,
        "of_goal": _COUNTED,
        "not_used": _USED,
        "used": _USED,
        "used_counted": _USED,
        "gaps": {"days": "12–26 augusti 2021"},
        "gap_somewhere": {},
        "gap_before": {},
        "silent_now": {},
        "silent": {"periods": "1 januari–30 april 2021"},
        "unconfirmed": {},
        "runs_until": {"day": "31 december 2021"},
        "ran_out": {"day": "31 december 2021"},
        "not_over": {},
        "hidden": {},
        "hidden_period": {},
        "hidden_total": {},
        "duty_none": {},
        "duty": {"done": 1, "due": 2},
        "duty_in_time": {"period": "1 januari–30 april 2021"},
        "duty_late": {"period": "1 januari–30 april 2021", "note": "klar den 20 maj 2021"},
        "duty_late_note": {"day": "20 maj 2021", "promised": "15 maj 2021"},
        "duty_missing": {"period": "1 januari–30 april 2021", "places": "Kommunens sociala medier"},
        "floor": {"number": 3},
        "police": {},
        "municipality": {},
        "both": {},
        "why_no_day": {},
        "why_before": {},
        "why_not_yet": {},
        "why_vague_day": {},
        "why_other": {},
        "why_waiting": {},
        "why_unheard": {},
        "why_cancelled": {},
        "why_moved": {"days": "4 september 2021"},
        "why_moved_away": {},
        "why_police_took_part": {},
        "why_police_took_part_unknown": {},
        "why_municipality_took_part": {},
        "why_municipality_took_part_unknown": {},
        "why_at_school": {},
        "why_at_school_unknown": {},
    },
)


def actor(templates: Mapping[str, str], commitment: Commitment) -> str:
    """Return who made the commitment, as a sentence begins."""
    return WORDS.say(templates, commitment.party)


def count(templates: Mapping[str, str], number: int, *, floor: bool) -> str:
    """Return a number in words as exactly as it is known: 3, or minst 3 when it is a floor."""
    return WORDS.say(templates, "floor", number=number) if floor else str(number)


def enumeration(words: Sequence[str]) -> str:
    """Return words as a Swedish list: a, b och c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} och {words[-1]}" if words else ""


def unit(commitment: Commitment, number: int | None) -> str:
    """Return the commitment's unit in the number's form; plural when the number is not known."""
    return commitment.unit[0] if number == 1 else commitment.unit[1]


def goal(templates: Mapping[str, str], commitment: Commitment) -> str:
    """Return the target as the promise put it: minst 4, or 4 where the text has no "minst"; empty without one."""
    if commitment.target is None:
        return ""
    return count(templates, commitment.target, floor="minst" in commitment.text.lower())


def gap_text(gaps: Sequence[Gap]) -> str:
    """Return the days not heard, overlapping ones joined: 12–26 augusti 2021 och 1 september 2021."""
    spans: list[tuple[date, date]] = []
    for start, end in sorted({(g.start, g.end) for g in gaps}):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return enumeration([span_name(*s) for s in spans])


def reason(
    templates: Mapping[str, str],
    commitment: Commitment,
    outcome: Outcome,
    period: Period,
    silent: Sequence[Period],
    deadline: date,
) -> str:
    """Return why the commitment has its status; `silent` are the periods that nobody has reported on."""
    said = _Saying(templates)
    unknown = said.unknown(outcome, period, silent)
    if commitment.measure == "ongoing":
        return _join(said.ongoing(commitment, outcome), unknown)
    return _join(said.amount(commitment, outcome), unknown, said.time(commitment, outcome, deadline))


def duty_reason(templates: Mapping[str, str], due: Sequence[tuple[str, bool, str]]) -> str:
    """Return how the follow-ups due so far went; each is period name, delivered or not, what was late or missing.

    Every period has its own record: told in time, told late, or where it is still missing.
    """
    if not due:
        return WORDS.say(templates, "duty_none")
    done = sum(delivered for _, delivered, _ in due)
    first = WORDS.say(templates, "duty", done=done, due=len(due))
    notes = [
        WORDS.say(templates, "duty_in_time", period=name)
        if delivered and not note
        else WORDS.say(templates, "duty_late", period=name, note=note)
        if delivered
        else WORDS.say(templates, "duty_missing", period=name, places=note.rstrip("."))
        for name, delivered, note in due
    ]
    return _join(first, *notes)


def not_known(templates: Mapping[str, str], outcome: Outcome) -> str:
    """Return which days were not heard, or that something is not known."""
    if outcome.gaps:
        return WORDS.say(templates, "gaps", days=gap_text(outcome.gaps))
    return WORDS.say(templates, "gap_somewhere")


def _join(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)


@dataclass(frozen=True, slots=True)
class _Saying:
    """Which sentences an outcome needs, said in the templates' words."""

    templates: Mapping[str, str]

    def _say(self, part: str, **told: object) -> str:
        return WORDS.say(self.templates, part, **told)

    def amount(self, commitment: Commitment, outcome: Outcome) -> str:
        total, aim = outcome.held_total, goal(self.templates, commitment)
        if outcome.status == "inställt":
            return self._say("called_off")
        if total is None:
            return ""
        if total == 0:
            return self._say("nothing_yet" if outcome.status == "ej påbörjat" else "nothing")
        counted = {"total": total, "unit": unit(commitment, total), "goal": aim}
        if outcome.total_is_floor:
            return self._say("at_least", **counted)
        if commitment.measure == "once" or not aim:
            extra = "" if aim or commitment.measure == "once" else self._say("no_number")
            return _join(self._say("since_signing", **counted), extra)
        if total > (commitment.target or 0):
            return self._say("more", **counted)
        return self._say("of_goal", **{**counted, "unit": unit(commitment, commitment.target)})

    def ongoing(self, commitment: Commitment, outcome: Outcome) -> str:
        if outcome.used is None:
            return ""
        told = {
            "actor": actor(self.templates, commitment),
            "unit": commitment.unit[1],
            "always": outcome.status == "uppfyllt",
        }
        if not outcome.used:
            return self._say("not_used", **told)
        counted = commitment.disclosure == "public" and outcome.activities
        return self._say("used_counted" if counted else "used", **told)

    def unknown(self, outcome: Outcome, period: Period, silent: Sequence[Period]) -> str:
        """Return what is not known, where that is what the status or the number hangs on."""
        if outcome.status == "inställt":
            return ""
        if outcome.gaps:
            return self._say("gaps", days=gap_text(outcome.gaps))
        if outcome.status != "uppgift saknas":
            return ""
        if not silent:
            return self._say("unconfirmed")
        if len(silent) == 1 and silent[0].id == period.id:
            return self._say("silent_now")
        return self._say("silent", periods=enumeration([p.name for p in silent]))

    def time(self, commitment: Commitment, outcome: Outcome, deadline: date) -> str:
        if commitment.target is None and commitment.measure != "once":
            return ""
        if outcome.status in ("på väg", "ej påbörjat"):
            return self._say("runs_until", day=swedish_date(deadline))
        if outcome.status in ("delvis", "ej uppfyllt", "försenat"):
            return self._say("ran_out", day=swedish_date(deadline))
        return ""
