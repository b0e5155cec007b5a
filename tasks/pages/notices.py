"""A retracted follow-up → the notice that takes its place on a site, under the same file names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time

from config.schema import Channel, Municipality, Promise
from tasks.model import Entry, Output, Period, Retraction, canonical
from tasks.pages import catalogue, feed_files, opendata, page_files, standing_page
from tasks.pages.addresses import address, folder_of, home_of
from tasks.pages.telling import contacts, earlier_pages
from tasks.periods import local_date, swedish_date
from tasks.templating import Sheet
from tasks.wording import news

PAGE = "notice.html.j2"


def notice(
    promise: Promise,
    municipality: Municipality,
    channels: Sequence[Channel],
    channel: Channel,
    period: Period,
    retraction: Retraction,
    templates: Mapping[str, str],
    earlier: Sequence[Entry],
) -> tuple[Output, ...]:
    """Return a site's files for a retracted period: the notice, data that says so, the feed and the manifest."""
    folder = folder_of(period.id)
    said = entry(templates, promise, period, retraction)
    reason = news.reasons(templates)[retraction.reason]
    facts = {
        "promise": promise.slug,
        "period": period.id,
        "edition": retraction.edition,
        "retracted": retraction.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "reason": reason,
    }
    others = [e for e in earlier if e.period != period.id]
    variables = {
        "promise": promise,
        "municipality": municipality,
        "period": period,
        "period_name": period.name,
        "gone": reason,
        "standing": f"{promise.slug};{period.end}",
        "earlier": earlier_pages(channel, promise.slug, others),
        "contacts": contacts(municipality),
        "site": channel.name,
        "notice": municipality.notice,
        "parties": f"{municipality.police.short} och {municipality.name}",
        "canonical": address(channel, promise.slug, period.id),
        "marker": f"{promise.slug}/{period.id};edition={retraction.edition};retracted",
        "retracted": swedish_date(local_date(retraction.at)),
        "reason": reason,
    }
    home = home_of(channels, channel)
    about = catalogue.About(
        templates=templates,
        promise=promise,
        municipality=municipality,
        period_name=period.name,
        start=period.start,
        end=period.end,
        edition=retraction.edition,
        modified=local_date(retraction.at),
        home=address(home, promise.slug, period.id),
        beside=home.kind == "package",
        retracted=reason,
    )
    files = (
        *page_files(Sheet(templates, PAGE, autoescape=True).render(variables)),
        standing_page(templates, variables),
        ("summary.json", "application/json", canonical(facts)),
        *opendata.empty(about.title, municipality.data_licence),
        (catalogue.NAME, "application/ld+json", catalogue.dcat(about, ())),
        *feed_files(templates, promise, municipality, channels, channel, [*others, said]),
    )
    outputs = tuple(Output(channel.id, f"{folder}/{name}", media_type, body) for name, media_type, body in files)
    listed = [{"name": o.name, "media_type": o.media_type, "bytes": len(o.body), "sha256": o.sha256} for o in outputs]
    manifest = canonical({**facts, "files": listed})
    return (*outputs, Output(channel.id, f"{folder}/manifest.json", "application/json", manifest))


def entry(templates: Mapping[str, str], promise: Promise, period: Period, retraction: Retraction) -> Entry:
    """Return a retracted follow-up's entry in a site's feed: the same id, without its figures."""
    title = news.WORDS.say(templates, "entry_title", promise=promise.title, period=period.name)
    reason = news.reasons(templates)[retraction.reason]
    return Entry(
        period=period.id,
        title=news.WORDS.say(templates, "entry_retracted", title=title),
        edition=1,
        updated=retraction.at,
        summary=news.WORDS.say(templates, "entry_retracted_text", reason=reason),
    )


def check(templates: Mapping[str, str], promise: Promise, municipality: Municipality, period: Period) -> None:
    """Raise Refused where a notice could not be written: nobody wants to find out while taking a page away."""
    at = datetime.combine(period.due, time(), UTC)
    for site in (c for c in municipality.channels if c.role == "site" and c.enabled and c.address):
        told = Retraction(promise.slug, period.id, 1, "error", "", "municipality", at)
        notice(promise, municipality, municipality.channels, site, period, told, templates, ())
