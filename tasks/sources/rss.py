"""News as RSS or Atom, the one form that nearly every municipal site can give."""

from __future__ import annotations

import io
import re
from calendar import timegm
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import feedparser

from config.schema import Decision, Source
from tasks.claims import Remarks
from tasks.dates import EARLIEST, LATEST
from tasks.http import Http, payloads
from tasks.model import Parsed, Payload, Quarantined, Record, Unreadable, digest
from tasks.options import problems
from tasks.plaintext import address, from_html, one_line

_ISO_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)", re.ASCII)
# Another character set or media type than declared: read all the same.
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


class Options(Decision):
    """A feed has no options of its own."""


def fetch(source: Source, http: Http, folder: Path, now: datetime) -> tuple[Payload, ...]:
    """Return the feed as served, or stored feeds from files."""
    return payloads(source, http, folder, now, {"Accept": "application/atom+xml, application/rss+xml, text/xml"})


def check(source: Source) -> list[str]:
    """Return what is wrong with the source's options, in Swedish."""
    return problems(Options, source.options)


def parse(source: Source, payload: Payload) -> Parsed:
    """Return one record an entry, markup taken away; broken XML without a readable entry is unreadable."""
    feed = _feed(source, payload)
    remarks = Remarks()
    base = payload.url if payload.url.startswith("http") else one_line(feed.feed.get("link"))
    records, quarantined = [], []
    for number, entry in enumerate(feed.entries, start=1):
        made = _record(source, base, entry, remarks)
        if made:
            records.append(made)
        else:
            quarantined.append(Quarantined(number, "posten har varken rubrik, text eller länk", one_line(entry, 2000)))
    if feed.bozo and not isinstance(feed.bozo_exception, _HARMLESS):
        remarks.add("flödet är inte välformat; det som gick att läsa togs med.")
    return Parsed(tuple(records), tuple(quarantined), remarks.sentences(source.name))


def _feed(source: Source, payload: Payload) -> Any:
    if not payload.body.strip():
        raise Unreadable(f"{source.name}: svaret var tomt i stället för ett flöde. Hämta på nytt senare.")
    headers = {"content-type": payload.media_type} if payload.media_type and not payload.name else None
    try:
        # A stream, never bytes: feedparser takes bytes that look like an address or a path for one and opens it.
        # Its own cleaning of HTML takes minutes for a megabyte of "<!--"; ours is one pass.
        feed = feedparser.parse(
            io.BytesIO(payload.body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # its old parsers raise nearly anything on hostile bytes
        raise Unreadable(f"{source.name}: flödet går inte att tolka. Kontrollera url.") from error
    if not feed.entries and (feed.bozo or not feed.version):
        page = payload.body.lstrip()[:200].lower()
        what = "en webbsida" if b"<!doctype html" in page or b"<html" in page else "trasig XML"
        raise Unreadable(f"{source.name}: {what} kom i stället för ett flöde. Kontrollera url eller hämta senare.")
    return feed


def _record(source: Source, base: str, entry: Any, remarks: Remarks) -> Record | None:
    title = one_line(from_html(entry.get("title")))
    contents = [c.get("value") for c in entry.get("content") or [] if c.get("value")]
    text = from_html(contents[0] if contents else entry.get("summary"))
    link = address(entry.get("link"), base)
    if not (title or text or link):
        return None
    published = _published(entry, remarks)
    key = one_line(entry.get("id")) or link or one_line(entry.get("link"))
    if not key:
        remarks.add("en post saknar både id och länk; id görs av rubrik och datum.")
        key = f"utan-id-{digest(f'{title}|{published}')[:16]}"
    categories = sorted({one_line(t.get("term"), 100) for t in entry.get("tags") or [] if t.get("term")})
    return Record(
        source=source.id,
        external_id=key,
        title=title or one_line(text, 120) or link,
        text=text,
        url=link,
        published_at=published,
        party=source.party,
        fields={"categories": categories} if categories else {},
    )


def _published(entry: Any, remarks: Remarks) -> datetime | None:
    """Return the day of publication in UTC, None when the feed gives none that exists."""
    for name in ("published", "updated"):
        if name not in entry.keys():  # noqa: SIM118 - `in entry` takes one for the other
            continue
        said, parsed = one_line(entry.get(name), 100), entry.get(f"{name}_parsed")
        try:
            if said[:4].isdecimal():
                # feedparser rolls 31 February on into March and makes "2021" a day.
                year, month, number = _ISO_DAY.findall(said)[0]
                date(int(year), int(month), int(number))
            moment = datetime.fromtimestamp(timegm(parsed), UTC)
        except (IndexError, OverflowError, TypeError, ValueError):
            remarks.add("ett datum är ingen tid som finns och togs inte med.")
            continue
        if EARLIEST <= moment.date() <= LATEST:
            return moment
        remarks.add("ett datum har ett orimligt år och togs inte med.")
    return None
