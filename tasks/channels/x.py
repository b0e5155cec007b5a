"""X through tweepy: one post, found again by the link in it that carries the period.

X has no idempotency key. What may have happened is `Uncertain` and is looked up, never simply sent again.
"""

# ruff: noqa: ARG001 - all kinds share five signatures, also where one needs less
from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from config.schema import Channel
from tasks.channels import _folder, _weight, _x
from tasks.channels._measure import Measure
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain

# The index lags and nothing can be asked by key: not found is no proof, a person decides.
ABSENCE_IS_PROOF = False

_SECRETS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
# An attempt may have been marked long after it was made; the link tells editions apart, so looking far back is safe.
_LOOK_BACK = timedelta(days=7)
# X serves the newest 3,200 posts of an account, 100 at a time.
_PAGES = 32

# X's price list of 2026: a post with a link, in US dollars; one without costs 0.015.
_PRICE, _PRICE_WITHOUT_LINK = "0,20", "0,015"

# At DEBUG these write the signed header, the tokens and whole answers to the log.
for _name in ("tweepy", "oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.INFO)


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish; missing keys are told when it posts."""
    problems = _x.base_problems(channel.base_url or _x.API)
    if channel.role != "post":
        problems.append('role ska vara "post": X tar inlägg, inte sidor')
    problems += [
        f"secrets.{key} är okänd: använd {', '.join(_SECRETS)}" for key in sorted(set(channel.secrets) - set(_SECRETS))
    ]
    return problems + [f"options.{key} är okänd: ta bort den" for key in sorted(channel.options)]


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why X wouldn't take the post: too long by its own count, forbidden signs, no link, images."""
    try:
        text = _folder.text_of(outputs)
    except Refused as refusal:
        return [str(refusal)]
    weight, clean = _weight.weigh(text)
    problems = []
    if weight > _weight.LONGEST:
        over = weight - _weight.LONGEST
        problems.append(f"texten är {weight} tecken i X räkning och får vara {_weight.LONGEST}: korta den med {over}")
    if not clean:
        problems.append("texten innehåller tecken som X inte tar emot")
    if not _weight.links(text):
        problems.append("texten saknar en länk som X känner igen: utan den går inlägget inte att hitta igen")
    if len(re.findall(r"(?<!\w)\$[A-Za-z]{1,6}\b", text)) > 1:
        problems.append("X tar högst en aktiesymbol ($) i ett inlägg")
    if len(outputs) > 1:
        problems.append("kanalen kan inte skicka bilder till X ännu: ta bort dem")
    return problems


def measure(channel: Channel, text: str) -> Measure:
    """Return the post's weight by X's own count, and what X charges for it."""
    price = _PRICE if _weight.links(text) else _PRICE_WITHOUT_LINK
    notes = ("Räknat som X räknar: en länk är 23 tecken.", f"X tar {price} US-dollar för inlägget (prislista 2026).")
    return Measure(_weight.weigh(text)[0], _weight.LONGEST, notes)


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Return when the keys are there and the text fits; a post without images has no hidden phase."""
    _keys(channel)
    _refuse_unfit(channel, outputs)
    return Receipt("prepared")


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Post once and read the post back.

    The receipt is `published` when it was read back, `handed_over` with its id when X took it but doesn't show it
    yet. Raises Refused, Unavailable (surely nothing was posted) or Uncertain (it may have been).
    """
    keys = _keys(channel)
    _refuse_unfit(channel, outputs)
    text = _folder.text_of(outputs)
    with _x.client(channel, keys) as client:
        answer = _x.call(channel, lambda: client.create_tweet(text=text, user_auth=True))
        post = _read_id(answer)
    with suppress(Trouble):
        found = find(channel, publication, outputs, folder)
        if found:
            return found
    return Receipt("handed_over", post, _url(post), "X tog emot inlägget men visar det inte ännu.")


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Look for the post among the account's own: None when X shows none with our link.

    Raises Unavailable whenever X can't be asked, whatever the reason: not being let in proves nothing about the post.
    Raises Uncertain when there is no link to look for, or a post with our link has another text.
    """
    try:
        text = _folder.text_of(outputs)
    except Refused as refusal:
        raise Uncertain(f"{refusal} Det går inte att söka efter inlägget.") from refusal
    links = {_plain(link) for link in _weight.links(text) if publication.period.casefold() in link.casefold()}
    if not links:
        raise Uncertain("Inläggets text har ingen länk med perioden; det går inte att söka efter. Titta på kontot.")
    since = publication.updated_at - _LOOK_BACK if publication.updated_at else None
    try:
        posts = list(_own_posts(channel, since))
    except (Refused, Uncertain) as trouble:
        raise Unavailable(f"Det går inte att se om inlägget finns. {trouble}") from trouble
    same_link = [post for post in posts if links <= {_plain(link) for link in _shown_links(post)}]
    for post in same_link:
        if _x.same_text(post, text):
            return Receipt("published", str(post["id"]), _url(str(post["id"])))
    if same_link:
        raise Uncertain(f"Ett inlägg med samma länk men annan text finns: {_url(str(same_link[0]['id']))}.")
    return None


def _refuse_unfit(channel: Channel, outputs: tuple[Output, ...]) -> None:
    problems = fits(channel, outputs)
    if problems:
        raise Refused(f"Inlägget till {channel.id} kan inte skickas: {'; '.join(problems)}.")


def _keys(channel: Channel) -> dict[str, str]:
    """Return the account's four keys; raises Refused naming those that are missing."""
    keys = {name: channel.secrets[name].get_secret_value().strip() for name in _SECRETS if name in channel.secrets}
    missing = [name for name in _SECRETS if not keys.get(name)]
    if missing:
        raise Refused(
            f"Kontot {channel.id} saknar nycklar: {', '.join(missing)}. Sätt miljövariablerna som [channel.secrets] "
            f"i kommunens fil pekar på (till exempel LOFTESKOLL_X_{missing[0].upper()})."
        )
    if not keys["access_token"].partition("-")[0].isdecimal():
        raise Refused(f"Kontot {channel.id}: access_token ska börja med kontots nummer och ett bindestreck.")
    return keys


def _read_id(answer: requests.Response) -> str:
    # X has the post when it answers 2xx, also when the answer itself can't be read.
    try:
        post = answer.json()["data"]["id"]
    except (ValueError, KeyError, TypeError, requests.RequestException) as error:
        raise Uncertain("X tog emot inlägget men svaret går inte att läsa.") from error
    if not isinstance(post, str) or not post.isdecimal():
        raise Uncertain("X tog emot inlägget men svaret saknar dess nummer.")
    return post


def _own_posts(channel: Channel, since: datetime | None) -> Iterator[dict[str, Any]]:
    """Yield the account's own posts, newest first; raises Unavailable when the list can't be read to its end."""
    keys = _keys(channel)
    user, following = keys["access_token"].partition("-")[0], None
    with _x.client(channel, keys) as client:
        for _ in range(_PAGES):
            page = _x.call(channel, _ask_for(client, user, since, following))
            posts, following = _read_page(page)
            yield from posts
            if following is None:
                return
    raise Unavailable("Kontot har fler inlägg än X visar; det går inte att se om vårt finns.")


def _ask_for(client: Any, user: str, since: datetime | None, following: str | None) -> Callable[[], requests.Response]:
    # A retweet carries the link of the post it repeats, so it would look like ours.
    return lambda: client.get_users_tweets(
        user,
        user_auth=True,
        max_results=100,
        start_time=since.astimezone(UTC) if since else None,
        pagination_token=following,
        exclude=["retweets"],
        tweet_fields=["created_at", "entities"],
    )


def _read_page(page: requests.Response) -> tuple[list[dict[str, Any]], str | None]:
    try:
        answer = page.json()
        posts, count = answer.get("data", []), answer["meta"]["result_count"]
        following = answer["meta"].get("next_token")
        good = count == len(posts) and all(str(post["id"]).isdecimal() for post in posts)
    except (ValueError, KeyError, TypeError, AttributeError, requests.RequestException) as error:
        raise Unavailable("X svarade med en lista som inte går att läsa.") from error
    if not good:
        # Partial errors leave posts out: such a list is no proof that ours is missing.
        raise Unavailable("X svarade med en ofullständig lista.")
    return posts, following


def _shown_links(post: dict[str, Any]) -> list[str]:
    urls = _x.urls_of(post)
    return [url[key] for url in urls for key in ("expanded_url", "unwound_url") if isinstance(url.get(key), str)]


def _plain(link: str) -> tuple[str, ...]:
    """Return what makes a link the same link: X may change the scheme, the host's case or the last slash."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        return (parts.hostname or "", unquote(parts.path).rstrip("/"), parts.query, parts.fragment)
    except ValueError:
        return (link,)


def _url(post: str) -> str:
    return f"https://x.com/i/web/status/{post}"
