"""One edition → the bytes of each channel's outputs: page, data, feed and manifest, or the text of a post.

Everything comes from the Edition: no clock, no order that varies, so that a rebuild gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from config.schema import Channel, Commitment, Municipality, Promise
from tasks import charts
from tasks.charts import drawing
from tasks.model import Activity, Edition, Entry, Outcome, Output, Refused, canonical
from tasks.pages import catalogue, feeds, opendata, telling
from tasks.pages.addresses import address, folder_of, home_of, site_of
from tasks.pages.article import article_of
from tasks.periods import local_date
from tasks.templating import Sheet
from tasks.wording import entry, news

PAGE = "page.html.j2"
# The municipality's own page with the newest follow-up on top: its template and, beside each period's page, its name.
STANDING, STANDING_FILE = "lofte.html.j2", "lofte.html"
SCHEMA_VERSION = "1"


def render(edition: Edition, channel: Channel) -> tuple[Output, ...]:
    """Return everything that the channel will be sent, byte for byte."""
    if channel.role == "post":
        return (_post(edition, channel), *_diagram(edition, channel))
    folder = folder_of(edition.followup.period)
    drawn = charts.charts(edition.promise, edition.followup, edition.templates)
    data = summary(edition)
    about = _about(edition)
    tables = (
        ("summary.json", "application/json", canonical(data)),
        *opendata.files(data, about.title, edition.municipality.data_licence),
    )
    told = telling.told(edition, channel, drawn, catalogue.structured(_about(edition)))
    files = (
        *page_files(Sheet(edition.templates, PAGE, autoescape=True).render(told)),
        standing_page(edition.templates, told),
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


def standing_page(templates: Mapping[str, str], told: Mapping[str, Any]) -> tuple[str, str, bytes]:
    """Return name, type and bytes of the municipality's own page."""
    page = Sheet(templates, STANDING, autoescape=True).render(told)
    return (STANDING_FILE, "text/html; charset=utf-8", page.encode())


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
    corrected = news.WORDS.say(edition.templates, "correction_post") if edition.edition > 1 else ""
    whole = "\n\n".join(filter(None, (notice, corrected, text, link)))
    return Output(channel.id, "post.txt", "text/plain; charset=utf-8", whole.encode())


def _diagram(edition: Edition, channel: Channel) -> tuple[Output, ...]:
    """Return a post's picture with its alternative text: what is done of what was promised; none without a number."""
    chart = charts.progress(edition.promise, edition.followup, edition.templates)
    if chart is None:
        return ()
    title, notice = f"{edition.promise.title} i {edition.municipality.short}", edition.municipality.notice
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


def _about(edition: Edition) -> catalogue.About:
    follow = edition.followup
    home = home_of(edition.channels, edition.channels[0])
    return catalogue.About(
        templates=edition.templates,
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
    mine = entry(edition.templates, edition.promise, edition.followup, edition.edition)
    entries = [*(e for e in edition.earlier if e.period != mine.period), mine]
    return feed_files(edition.templates, edition.promise, edition.municipality, edition.channels, channel, entries)


def feed_files(
    templates: Mapping[str, str],
    promise: Promise,
    municipality: Municipality,
    channels: Sequence[Channel],
    channel: Channel,
    entries: list[Entry],
) -> tuple[tuple[str, str, bytes], ...]:
    """Return name, type and bytes of a site's two feeds; the last entry's page is the feeds' home."""
    # Both sites carry the same ids.
    home = home_of(channels, channel)
    period = entries[-1].period
    host = urlsplit(address(home, promise.slug, period)).hostname or "localhost"
    made = feeds.feed(
        templates=templates,
        title=news.WORDS.say(templates, "feed_title", promise=promise.title, municipality=municipality.name),
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


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
