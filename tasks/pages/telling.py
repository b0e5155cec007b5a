"""One edition → what the templates of a site's pages are told: texts, rows, sources, addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from config.schema import Channel, Municipality
from tasks import charts
from tasks.model import Activity, Edition, Entry, Outcome
from tasks.pages.addresses import address
from tasks.pages.whole import whole
from tasks.periods import local_date, span_name, swedish_date
from tasks.progress.reasons import enumeration
from tasks.wording.figures import activity_text, in_period, target_text, when_text
from tasks.wording.statuses import LOOKS, word


def told(edition: Edition, channel: Channel, drawn: Sequence[charts.Chart], structured: str) -> dict[str, Any]:
    """Return what the templates of both pages are told; `structured` is the data set as search engines have it."""
    follow = edition.followup
    texts = edition.texts.get(channel.template, {})
    others = [e for e in edition.earlier if e.period != follow.period]
    return {
        "promise": edition.promise,
        "municipality": edition.municipality,
        "followup": follow,
        "period_name": follow.period_name,
        "form": channel.form,
        "gone": "",
        "standing": f"{follow.promise};{follow.end}",
        "earlier": earlier_pages(channel, follow.promise, others),
        "contacts": contacts(edition.municipality),
        "edition": edition.edition,
        "site": channel.name,
        "notice": edition.municipality.notice,
        "parties": f"{edition.municipality.police.short} och {edition.municipality.name}",
        "canonical": address(channel, edition.promise.slug, follow.period),
        "marker": f"{follow.promise}/{follow.period};edition={edition.edition};figures={follow.figures_sha256}",
        "sentence": f"Uppföljning {follow.promise}/{follow.period}, utgåva {edition.edition}",
        "as_of": swedish_date(local_date(follow.as_of)),
        "changes": edition.changes,
        "charts": drawn,
        "whole": whole(edition.templates, edition.promise, follow, edition.before),
        "structured": structured,
        "next_due": swedish_date(follow.next_due) if follow.next_due else "",
        "lead": _paragraphs(texts.get("lead", "")),
        "next": _paragraphs(texts.get("next", "")),
        "rows": [_row(edition, o, texts) for o in follow.outcomes],
        "looks": LOOKS,
        "assumptions": [a.text for a in edition.promise.assumptions],
        "sources": [
            {
                "name": c.name,
                "last_good": swedish_date(local_date(c.last_good)) if c.last_good else "",
                "gaps": enumeration([span_name(g.start, g.end) for g in c.gaps]),
            }
            for c in follow.coverage
        ],
    }


def earlier_pages(channel: Channel, promise: str, entries: Sequence[Entry]) -> list[dict[str, str]]:
    """Return title and address of follow-ups on a site, newest first: what stood in them is theirs to tell."""
    return [{"title": e.title, "address": address(channel, promise, e.period)} for e in reversed(entries)]


def contacts(municipality: Municipality) -> list[tuple[str, str]]:
    """Return whom a reader can write to: each party that has an address, as a sentence names it."""
    parties = (municipality.police, municipality.municipality)
    return [(p.short.lower(), p.email) for p in parties if p.email]


def _row(edition: Edition, outcome: Outcome, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page says about one commitment."""
    follow = edition.followup
    commitment = edition.promise.commitment(outcome.commitment)
    shown = {f.token: f.text for f in follow.figures}
    listed = commitment.disclosure == "public"
    now = in_period(outcome, follow)
    names = {c.source: c.name for c in follow.coverage}
    return {
        "commitment": commitment,
        "outcome": outcome,
        "look": LOOKS[outcome.status],
        "status": word(edition.templates, outcome.status),
        "result": _sentence(shown[f"{commitment.id}.result"]),
        "target": _sentence(target_text(edition.templates, commitment)),
        "text": _paragraphs(texts.get(commitment.id, "")),
        "activities": [_sentence(activity_text(edition.templates, a)) for a in now] if listed else [],
        "not_counted": [(_sentence(_named(a)), a.reasons[0]) for a in outcome.not_counted] if listed else [],
        "sources": enumeration([names.get(s, s) for s in commitment.evidence_from]),
        "assumptions": [a.text for a in commitment.assumptions],
    }


def _named(activity: Activity) -> str:
    return ", ".join(filter(None, (when_text(activity.when), activity.place)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _paragraphs(text: str) -> list[str]:
    return [p for p in (" ".join(part.split()) for part in text.split("\n\n")) if p]
