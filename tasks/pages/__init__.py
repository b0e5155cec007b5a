"""One edition → the bytes of each channel's outputs: page, data, feed and manifest, or the text of a post.

Everything comes from the Edition: no clock, no order that varies, so that a rebuild gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from config.schema import Channel, Commitment, Municipality, Promise
from tasks import charts
from tasks.charts import drawing
from tasks.model import Activity, Edition, Entry, Outcome, Output, Period, Refused, canonical
from tasks.pages import catalogue, feeds, opendata
from tasks.pages.article import article_of
from tasks.pages.whole import whole
from tasks.periods import local_date, span_name, swedish_date
from tasks.progress.reasons import enumeration
from tasks.wording import entry
from tasks.wording.figures import activity_text, in_period, target_text, when_text
from tasks.wording.templating import Sheet

PAGE = "page.html.j2"
SCHEMA_VERSION = "1"
# Each status has a word, an icon and a colour; the page's style knows these names.
LOOKS = {
    "uppfyllt": "done",
    "på väg": "going",
    "delvis": "partly",
    "ej uppfyllt": "not",
    "försenat": "late",
    "inställt": "off",
    "ej påbörjat": "idle",
    "uppgift saknas": "unknown",
    "kan inte redovisas": "hidden",
}


def render(edition: Edition, channel: Channel) -> tuple[Output, ...]:
    """Return everything that the channel will be sent, byte for byte."""
    if channel.role == "post":
        return (_post(edition, channel), *_diagram(edition, channel))
    folder = folder_of(edition.followup.period)
    drawn = charts.charts(edition.promise, edition.followup)
    data = summary(edition)
    about = _about(edition)
    tables = (
        ("summary.json", "application/json", canonical(data)),
        *opendata.files(data, about.title, edition.municipality.data_licence),
    )
    files = (
        *page_files(_page(edition, channel, drawn)),
        *((f"{c.name}.svg", "image/svg+xml", c.svg.encode()) for c in drawn),
        *((f"{c.name}.png", "image/png", drawing.png(c.svg)) for c in drawn),
        *tables,
        (catalogue.NAME, "application/ld+json", catalogue.dcat(about, tables)),
        *_feed(edition, channel),
    )
    outputs = tuple(Output(channel.id, f"{folder}/{name}", media_type, body) for name, media_type, body in files)
    manifest = canonical(_manifest(edition, outputs))
    return (*outputs, Output(channel.id, f"{folder}/manifest.json", "application/json", manifest))


# A text of one channel is saved: the other channels' pages are as they were.
@lru_cache(maxsize=32)
def page_files(page: str) -> tuple[tuple[str, str, bytes], ...]:
    """Return name, type and bytes of a page, whole and as the piece that an editor or a CMS puts into its own page."""
    article = article_of(page.encode())
    if article is None:
        raise Refused('Sidan saknar <meta name="medborgarlofte">. Lägg tillbaka raden i mallens <head>.')
    return (
        ("index.html", "text/html; charset=utf-8", page.encode()),
        ("fragment.html", "text/html; charset=utf-8", f"{article.body}\n".encode()),
    )


def folder_of(period: str) -> str:
    """Return the folder of a period's files on a site."""
    return f"uppfoljning-{period}"


def address(channel: Channel, promise: str, period: str) -> str:
    """Return a site's public address for a period; Refused when the channel has no usable pattern."""
    if not channel.address:
        raise Refused(f"Kanalen {channel.id} har ingen publik adress. Ange address i kommunens fil.")
    filled = channel.address.replace("{promise}", quote(promise)).replace("{period}", quote(period))
    if "{" in filled or "}" in filled:
        raise Refused(f"Kanalen {channel.id}: address får bara innehålla {{promise}} och {{period}}.")
    return filled


def site_of(edition: Edition, channel: Channel) -> Channel:
    """Return the site that a channel's post links to: its own party's, else the first."""
    sites = [c for c in edition.channels if c.role == "site"]
    own = [c for c in sites if c.party == channel.party]
    if not sites:
        raise Refused(f"Kanalen {channel.id} har ingen sida att länka till. Lägg till en kanal med role = ”site”.")
    return (own or sites)[0]


def summary(edition: Edition) -> dict[str, Any]:
    """Return the follow-up as open data: only what is disclosed, without ids of records or people."""
    follow = edition.followup
    return {
        "schema_version": SCHEMA_VERSION,
        "promise": follow.promise,
        "title": edition.promise.title,
        "notice": edition.municipality.notice,
        "municipality": {"name": edition.municipality.name, "code": edition.municipality.code},
        "period": {"id": follow.period, "name": follow.period_name, "start": follow.start, "end": follow.end},
        "due": follow.due,
        "next_due": follow.next_due,
        "edition": edition.edition,
        "changes": [{"heading": heading, "change": change} for heading, change in edition.changes],
        "previous_editions": [{"edition": number, "sha256": sha256} for number, sha256 in edition.previous],
        "as_of": _utc(follow.as_of),
        "figures_sha256": follow.figures_sha256,
        "rules_version": follow.rules_version,
        "commitments": [_data(edition.promise.commitment(o.commitment), o) for o in follow.outcomes],
        "coverage": [
            {
                "source": c.source,
                "name": c.name,
                "last_good": local_date(c.last_good) if c.last_good else None,
                "gaps": [{"start": g.start, "end": g.end} for g in c.gaps],
            }
            for c in follow.coverage
        ],
        "assumptions": follow.assumptions,
    }


def _data(commitment: Commitment, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": commitment.id,
        "heading": commitment.heading,
        "text": commitment.text,
        "plain": commitment.plain,
        "party": commitment.party,
        "measure": commitment.measure,
        "unit": commitment.unit[0],
        "counts": commitment.counts,
        "deadline": commitment.deadline,
        "listed": commitment.disclosure == "public",
        "status": outcome.status,
        "reason": outcome.reason,
        "measurable": outcome.measurable,
        "target": outcome.target,
        "held": outcome.held,
        "held_is_floor": outcome.held_is_floor,
        "held_total": outcome.held_total,
        "total_is_floor": outcome.total_is_floor,
        "hidden": outcome.hidden,
        "used": outcome.used,
        "planned": outcome.planned,
        "cancelled": outcome.cancelled,
        "activities": [_activity(a) for a in outcome.activities],
        "not_counted": [{**_activity(a), "why": a.reasons[0]} for a in outcome.not_counted],
        "gaps": [{"source": g.source, "start": g.start, "end": g.end} for g in outcome.gaps],
    }


def _activity(activity: Activity) -> dict[str, Any]:
    when = activity.when
    return {
        "start": when.start if when else None,
        "end": when.end if when else None,
        "precision": when.precision if when else None,
        "place": activity.place,
        "count": activity.count,
    }


def _post(edition: Edition, channel: Channel) -> Output:
    text = _text(edition, channel.template, "post")
    site = site_of(edition, channel)
    # The fragment tells one edition's post from the next one's; the page answers to it.
    link = f"{address(site, edition.promise.slug, edition.followup.period)}#utgava-{edition.edition}"
    notice = edition.municipality.notice
    corrected = "Rättelse av en tidigare uppföljning." if edition.edition > 1 else ""
    whole = "\n\n".join(filter(None, (notice, corrected, text, link)))
    return Output(channel.id, "post.txt", "text/plain; charset=utf-8", whole.encode())


def _diagram(edition: Edition, channel: Channel) -> tuple[Output, ...]:
    """Return a post's picture with its alternative text: what is done of what was promised; none without a number."""
    chart = charts.progress(edition.promise, edition.followup)
    if chart is None:
        return ()
    title, notice = f"{edition.promise.title}", edition.municipality.notice
    picture = drawing.png(chart.svg, title, f"{chart.title}, {edition.followup.period_name}", notice)
    alt = " ".join(filter(None, (notice, chart.alt)))
    return (
        Output(channel.id, "diagram.png", "image/png", picture),
        Output(channel.id, "diagram.png.alt.txt", "text/plain; charset=utf-8", alt.encode()),
    )


def _text(edition: Edition, template: str, part: str) -> str:
    try:
        return edition.texts[template][part]
    except KeyError:
        raise Refused(f"Mallen {template}.j2 saknar blocket {part}. Lägg till det och gör om utkastet.") from None


def home_of(channels: Sequence[Channel], channel: Channel) -> Channel:
    """Return the site that both sites' data names as its home, so that a reader of both sees one follow-up."""
    sites = [c for c in channels if c.role == "site"] or [channel]
    return next((c for c in sites if c.party == "municipality"), sites[0])


def _about(edition: Edition) -> catalogue.About:
    follow = edition.followup
    home = home_of(edition.channels, edition.channels[0])
    return catalogue.About(
        promise=edition.promise,
        municipality=edition.municipality,
        period_name=follow.period_name,
        start=follow.start,
        end=follow.end,
        edition=edition.edition,
        modified=local_date(follow.as_of),
        home=address(home, edition.promise.slug, follow.period),
        beside=home.kind == "package",
        changes=edition.changes,
    )


def _feed(edition: Edition, channel: Channel) -> tuple[tuple[str, str, bytes], ...]:
    mine = entry(edition.promise, edition.followup, edition.edition)
    entries = [*(e for e in edition.earlier if e.period != mine.period), mine]
    return feed_files(edition.promise, edition.municipality, edition.channels, channel, entries)


def feed_files(
    promise: Promise, municipality: Municipality, channels: Sequence[Channel], channel: Channel, entries: list[Entry]
) -> tuple[tuple[str, str, bytes], ...]:
    """Return name, type and bytes of a site's two feeds; the last entry's page is the feeds' home."""
    # Both sites carry the same ids.
    home = home_of(channels, channel)
    period = entries[-1].period
    host = urlsplit(address(home, promise.slug, period)).hostname or "localhost"
    made = feeds.feed(
        title=f"{promise.title}, {municipality.name}: uppföljningar",
        author=f"{municipality.police.name} och {municipality.name}",
        tag=f"tag:{host},{promise.signed.year}:medborgarlofte/{promise.slug}",
        home=address(channel, promise.slug, period),
        entries=[(e, address(channel, promise.slug, e.period)) for e in entries],
        folder=folder_of("{period}"),
    )
    return (
        ("feed.xml", "application/atom+xml", feeds.atom(made)),
        ("feed.json", "application/feed+json", feeds.json_feed(made)),
    )


def _manifest(edition: Edition, outputs: tuple[Output, ...]) -> dict[str, Any]:
    return {
        "promise": edition.followup.promise,
        "period": edition.followup.period,
        "edition": edition.edition,
        "as_of": _utc(edition.followup.as_of),
        "figures_sha256": edition.followup.figures_sha256,
        "files": [
            {"name": o.name, "media_type": o.media_type, "bytes": len(o.body), "sha256": o.sha256} for o in outputs
        ],
    }


def _page(edition: Edition, channel: Channel, drawn: Sequence[charts.Chart]) -> str:
    follow = edition.followup
    texts = edition.texts.get(channel.template, {})
    variables = {
        "promise": edition.promise,
        "followup": follow,
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
        "whole": whole(edition.promise, follow, edition.before),
        "structured": catalogue.structured(_about(edition)),
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
    return Sheet(edition.templates, PAGE, autoescape=True).render(variables)


def _row(edition: Edition, outcome: Outcome, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page says about one commitment."""
    follow = edition.followup
    commitment = edition.promise.commitment(outcome.commitment)
    period = Period(follow.period, follow.period_name, follow.start, follow.end, follow.due)
    shown = {f.token: f.text for f in follow.figures}
    listed = commitment.disclosure == "public"
    names = {c.source: c.name for c in follow.coverage}
    return {
        "commitment": commitment,
        "outcome": outcome,
        "look": LOOKS[outcome.status],
        "result": _sentence(shown[f"{commitment.id}.result"]),
        "target": _sentence(target_text(commitment)),
        "text": _paragraphs(texts.get(commitment.id, "")),
        "activities": [_sentence(activity_text(a)) for a in in_period(outcome, period)] if listed else [],
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


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
