"""X through tweepy: one post, found again by the link in it that carries the period.

X has no idempotency key. What may have happened is `Uncertain` and is looked up, never simply sent again.
"""

# ruff: noqa: ARG001 - all kinds share six signatures, also where one needs less
from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests

from config.schema import Channel, Decision
from tasks import options
from tasks.channels import _post, _weight, _wire, _x
from tasks.channels._measure import Measure
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain

# The index lags and nothing can be asked by key: once not found is no proof.
ABSENCE_IS_PROOF = False

_SECRETS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
# An attempt may have been marked long after it was made; the link tells editions apart, so looking far back is safe.
_LOOK_BACK = timedelta(days=7)
# Four images of 5 MB, alternative text of 1,000 signs.
_LIMITS = _post.Limits(images=4, image_bytes=5_000_000, alt=1000)
_TWEET_FIELDS = ["created_at", "entities", "attachments"]
# X serves the newest 3,200 posts of an account, 100 at a time.
_PAGES = 32

# X's price list of 2026: a post with a link, in US dollars; one without costs 0.015.
_PRICE, _PRICE_WITHOUT_LINK = "0,20", "0,015"

# At DEBUG these write the signed header, the tokens and whole answers to the log.
for _name in ("tweepy", "oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.INFO)


class Options(Decision):
    """What those who answer for the account decide."""

    # Whether a post that two looks in vain have shown not to be there is sent once more; else a person is asked.
    send_again: bool = True


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish; missing keys are told when it posts."""
    problems = _x.base_problems(channel.base_url or _x.API)
    if channel.role != "post":
        problems.append('role ska vara "post": X tar inlägg, inte sidor')
    return [*problems, *_wire.unknown_keys(channel, _SECRETS), *options.problems(Options, channel.options)]


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why X wouldn't take the post: too long by its own count, forbidden signs, no link, images."""
    problems = _post.problems(outputs, _LIMITS)
    if problems:
        return problems
    text = _post.read(outputs).text
    weight, clean = _weight.weigh(text)
    if weight > _weight.LONGEST:
        over = weight - _weight.LONGEST
        problems.append(f"texten är {weight} tecken i X räkning och får vara {_weight.LONGEST}: korta den med {over}")
    if not clean:
        problems.append("texten innehåller tecken som X inte tar emot")
    if not _weight.links(text):
        problems.append("texten saknar en länk som X känner igen: utan den går inlägget inte att hitta igen")
    if len(re.findall(r"(?<!\w)\$[A-Za-z]{1,6}\b", text)) > 1:
        problems.append("X tar högst en aktiesymbol ($) i ett inlägg")
    return problems


def measure(channel: Channel, text: str) -> Measure:
    """Return the post's weight by X's own count, and what X charges for it."""
    price = _PRICE if _weight.links(text) else _PRICE_WITHOUT_LINK
    notes = ("Räknat som X räknar: en länk är 23 tecken.", f"X tar {price} US-dollar för inlägget (prislista 2026).")
    return Measure(_weight.weigh(text)[0], _weight.LONGEST, notes)


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Return when the keys are there and the post fits; X has no hidden phase."""
    _keys(channel)
    _post.refuse_unfit(channel, fits(channel, outputs))
    return Receipt("prepared")


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Post once and read the post back; images are uploaded with their alternative texts first.

    A post that X shows already is left alone: the database may be a restored copy that doesn't know of it. A correction
    answers the earlier edition's post; where X won't have that it stands by itself. The receipt is
    `published` when the post was read back, `handed_over` with its id when X took it but doesn't show it yet. Raises
    Refused, Unavailable (surely nothing was posted) or Uncertain (it may have been).
    """
    keys = _keys(channel)
    _post.refuse_unfit(channel, fits(channel, outputs))
    content = _post.read(outputs)
    with _x.client(channel, keys) as client:
        there = _before(channel, publication, outputs, folder)
        if there:
            return there
        media = [_x.upload(channel, client, image) for image in content.images]
        try:
            post = _create(channel, client, content.text, media, publication.replaces)
        except Refused:
            if not publication.replaces:
                raise
            # An account may not be let answer, or the earlier post is gone; nothing was posted by this.
            post = _create(channel, client, content.text, media, None)
    with suppress(Trouble):
        found = find(channel, publication, outputs, folder)
        if found:
            return found
    return Receipt("handed_over", post, _url(post), "X tog emot inlägget men visar det inte ännu.")


def _before(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Return the post if it is there before we send; Refused or Unavailable where that can't be seen."""
    try:
        return find(channel, publication, outputs, folder)
    except Uncertain as trouble:
        raise Refused(str(trouble)) from trouble
    except Unavailable as trouble:
        # Here, unlike in a look for what may be out, a key that X doesn't know is for a person.
        if isinstance(trouble.__cause__, Refused):
            raise trouble.__cause__ from None
        raise


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Look for the post, by its number where that is known, then among the account's own: None when X shows none.

    Raises Unavailable whenever X can't be asked, whatever the reason: not being let in proves nothing about the post.
    Raises Uncertain when there is no link to look for, or a post with our link has another text.
    """
    try:
        content = _post.read(outputs)
    except Refused as refusal:
        raise Uncertain(f"{refusal} Det går inte att söka efter inlägget.") from refusal
    links = {
        _post.plain(link) for link in _weight.links(content.text) if publication.period.casefold() in link.casefold()
    }
    if not links:
        raise Uncertain("Inläggets text har ingen länk med perioden; det går inte att söka efter. Titta på kontot.")
    since = publication.updated_at - _LOOK_BACK if publication.updated_at else None
    with _wire.asking():
        known = _by_number(channel, publication.remote_id) if publication.remote_id else None
        posts = [known] if known else list(_own_posts(channel, since))
    same_link = [post for post in posts if links <= {_post.plain(link) for link in _shown_links(post)}]
    for post in same_link:
        if _x.same_text(post, content.text) and _x.images_of(post) == len(content.images):
            return Receipt("published", str(post["id"]), _url(str(post["id"])))
    if same_link:
        raise Uncertain(f"Ett inlägg med samma länk men annan text finns: {_url(str(same_link[0]['id']))}.")
    return None


def clock(channel: Channel) -> datetime | None:
    """Return what time it is at X, by its own answer; None when it doesn't say, or when a person shall decide.

    Raises Unavailable.
    """
    if not options.read(Options, channel.options, channel.id).send_again:
        return None
    with _wire.asking(), _x.client(channel, _keys(channel)) as client:
        answer = _x.call(channel, lambda: client.get_me(user_auth=True))
    try:
        return parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def retract(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Delete the post; one that is gone already counts as deleted. Raises Refused, Unavailable or Uncertain."""
    post = publication.remote_id
    if not post:
        return Receipt("by_hand", message=f"Inläggets nummer är inte känt. Ta bort det för hand på {channel.name}.")
    with _x.client(channel, _keys(channel)) as client:
        answer = _x.call(channel, lambda: client.delete_tweet(post, user_auth=True), gone_is_good=True)
    if answer.status_code == 404 or _is_deleted(answer) or _by_number(channel, post) is None:
        return Receipt("retracted")
    raise Uncertain("X svarade men inlägget finns kvar.")


def _is_deleted(answer: requests.Response) -> bool:
    try:
        return answer.json()["data"]["deleted"] is True
    except (ValueError, KeyError, TypeError, requests.RequestException):
        return False


def _create(channel: Channel, client: Any, text: str, media: list[str], replaces: str | None) -> str:
    answer = _x.call(
        channel,
        lambda: client.create_tweet(text=text, media_ids=media or None, in_reply_to_tweet_id=replaces, user_auth=True),
    )
    return _read_id(answer)


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


def _by_number(channel: Channel, number: str) -> dict[str, Any] | None:
    """Return the post with that number, None when X says that there is none."""
    with _x.client(channel, _keys(channel)) as client:
        answer = _x.call(
            channel, lambda: client.get_tweet(number, user_auth=True, tweet_fields=_TWEET_FIELDS), gone_is_good=True
        )
    try:
        told = answer.json()
        post, errors = told.get("data"), told.get("errors", [])
        missing = answer.status_code == 404 or any("resource-not-found" in str(e.get("type")) for e in errors)
    except (ValueError, AttributeError, TypeError, requests.RequestException) as error:
        raise Unavailable("X svarade med ett inlägg som inte går att läsa.") from error
    if isinstance(post, dict) and str(post.get("id", "")).isdecimal():
        return post
    if missing:
        return None
    raise Unavailable("X svarade med ett inlägg som inte går att läsa.")


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
        tweet_fields=_TWEET_FIELDS,
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


def _url(post: str) -> str:
    return f"https://x.com/i/web/status/{post}"
