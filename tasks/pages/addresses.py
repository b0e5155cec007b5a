"""Where a follow-up lies: its folder, its public address on a site, and which site another channel leads to."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from config.schema import Channel
from tasks.model import Edition, Refused


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


def home_of(channels: Sequence[Channel], channel: Channel) -> Channel:
    """Return the site that both sites' data names as its home, so that a reader of both sees one follow-up."""
    sites = [c for c in channels if c.role == "site"] or [channel]
    return next((c for c in sites if c.party == "municipality"), sites[0])
