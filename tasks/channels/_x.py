"""The wire to X: tweepy with timeouts and a base address of our choice, and what each failure means."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
import tweepy
from requests.adapters import HTTPAdapter

from config.schema import Channel
from tasks.channels import _post, _wire
from tasks.model import Refused, Trouble, Unavailable, Uncertain

# tweepy's own host: OAuth 1 signs this address, so any other in production would break the signature.
API = "https://api.twitter.com"
_CONNECT_SECONDS = 5


class _Adapter(HTTPAdapter):
    """Gives each call the timeouts that tweepy lacks, and sends it to the configured address once it is signed."""

    def __init__(self, base: str, seconds: float) -> None:
        self._base, self._timeout = base, (_CONNECT_SECONDS, seconds)
        super().__init__(max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = (request.url or "").replace(API, self._base, 1)
        return super().send(request, *args, **{**kwargs, "timeout": self._timeout})


@contextmanager
def client(channel: Channel, keys: Mapping[str, str]) -> Iterator[tweepy.Client]:
    """Give a client for the channel's account; raises Refused when its base_url can't be used."""
    base = (channel.base_url or API).rstrip("/")
    problems = base_problems(base)
    if problems:
        raise Refused(f"Kontot {channel.id}: {'; '.join(problems)}.")
    # tweepy would sleep and post again by itself; raw answers, since its models trip over half of one.
    made = tweepy.Client(**keys, wait_on_rate_limit=False, return_type=requests.Response)
    with made.session as session:
        # A redirect would carry the post to another address; X sends none.
        session.max_redirects = 0
        session.mount(API, _Adapter(base, channel.timeout_seconds))
        yield made


def base_problems(base: str) -> list[str]:
    """Return why an address can't be X's: plain HTTP leaves the machine, or the signature is for another host."""
    problems = _wire.base_problems(base, API)
    if not problems and urlsplit(base).hostname == "api.x.com":
        return [f"base_url ska vara {API}: signaturen gäller den adressen"]
    return problems


def upload(channel: Channel, client: tweepy.Client, image: _post.Image) -> str:
    """Upload an image with its alternative text and return its id; nobody sees it before a post shows it.

    Raises Refused or Unavailable. tweepy only knows X's retired address for images, hence these two calls.
    """
    file = (image.name.rpartition("/")[2], image.body, image.media_type)
    signer = tweepy.OAuth1UserHandler(
        client.consumer_key, client.consumer_secret, client.access_token, client.access_token_secret
    ).apply_auth()
    with _unseen():
        made = call(
            channel,
            lambda: client.session.post(
                f"{API}/2/media/upload", files={"media": file}, data={"media_category": "tweet_image"}, auth=signer
            ),
        )
        number = _number(made)
        described = {"id": number, "metadata": {"alt_text": {"text": image.alt}}}
        call(channel, lambda: client.session.post(f"{API}/2/media/metadata", json=described, auth=signer))
    return number


@contextmanager
def _unseen() -> Iterator[None]:
    """Turn Uncertain into Unavailable: what nobody can see may be done again."""
    try:
        yield
    except Uncertain:
        raise Unavailable("X svarade inte på uppladdningen av bilden. Inget har publicerats.") from None


def _number(answer: requests.Response) -> str:
    try:
        number = answer.json()["data"]["id"]
    except (ValueError, KeyError, TypeError, requests.RequestException):
        number = ""
    if not isinstance(number, str) or not number.isdecimal():
        raise Uncertain("X tog emot anropet men svaret saknar nummer.")
    return number


def call(channel: Channel, send: Callable[[], requests.Response], *, gone_is_good: bool = False) -> requests.Response:
    """Return X's 2xx answer to one call (404 too where that is as good); raises Refused, Unavailable or Uncertain."""
    # `from None`: an error of tweepy's quotes the answer, and an answer could quote a key.
    try:
        answer = send()
        if answer.status_code == 429:
            raise tweepy.TooManyRequests(answer)
        if not 200 <= answer.status_code < 300:
            raise tweepy.HTTPException(answer)
        return answer
    except tweepy.TooManyRequests as error:
        again = _wire.moment(error.response.headers.get("x-rate-limit-reset", ""))
        raise Unavailable("X tar inte emot fler anrop just nu (429); inget skickades.", again) from None
    except tweepy.HTTPException as error:
        if gone_is_good and error.response.status_code == 404:
            found: requests.Response = error.response
            return found
        raise _meaning(channel, error) from None
    except requests.RequestException as error:
        raise _unanswered(error) from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # tweepy trips over error bodies of unexpected shape; by then the call has been made.
        raise Uncertain(f"X gav ett svar som inte går att läsa ({type(error).__name__}).") from None


def _meaning(channel: Channel, error: Any) -> Trouble:
    status, words = error.response.status_code, _words(channel, error.api_messages)
    if status >= 500:
        return Uncertain(f"X fick ett eget fel ({status}); inlägget kan ha kommit fram.")
    if status == 403 and "duplicate content" in words.casefold():
        return Uncertain("X säger att samma text redan finns (403); ett tidigare försök kan ha lyckats.")
    plain = {
        400: "X godtog inte inlägget (400). Rätta texten och godkänn på nytt.",
        401: "X känner inte igen kontots nycklar (401). Förnya dem hos X och försök igen.",
        402: "X-kontots krediter är slut; fyll på och försök igen (402).",
        403: "X låter inte kontot göra detta (403). Se över kontots behörighet hos X.",
    }
    said = f" X svarade: {words}" if words else ""
    return Refused(plain.get(status, f"X sade nej ({status}). Försök igen eller fråga den som sköter kontot.") + said)


def _words(channel: Channel, messages: list[Any]) -> str:
    words = " ".join(" ".join(str(m) for m in messages).split())
    for secret in channel.secrets.values():
        if secret.get_secret_value().strip():
            words = words.replace(secret.get_secret_value().strip(), "***")
    return words[:200]


def _unanswered(error: requests.RequestException) -> Trouble:
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return Refused("Adressen till X går inte att använda. Rätta base_url i kommunens fil.")
    if _wire.never_sent(error):
        return Unavailable(f"X går inte att nå ({type(error).__name__}); inget skickades.")
    return Uncertain(f"X svarade inte ({type(error).__name__}); inlägget kan ha kommit fram.")


def urls_of(post: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the links of a post as X describes them: the short one, and what it stands for."""
    entities = post.get("entities")
    urls = entities.get("urls") if isinstance(entities, dict) else None
    return [url for url in urls if isinstance(url, dict)] if isinstance(urls, list) else []


def same_text(post: Mapping[str, Any], text: str) -> bool:
    """Return whether the post says `text`, its shortened links and escaped signs put back, its images' links gone."""
    shown = str(post.get("text", ""))
    for url in urls_of(post):
        whole = "" if url.get("media_key") else str(url.get("expanded_url") or "")
        shown = shown.replace(str(url.get("url") or "\0"), whole)
    return _bare(html.unescape(shown)) == _bare(text)


def images_of(post: Mapping[str, Any]) -> int:
    """Return how many images a post shows."""
    attached = post.get("attachments")
    keys = attached.get("media_keys") if isinstance(attached, dict) else None
    return len(keys) if isinstance(keys, list) else 0


def _bare(text: str) -> str:
    # X adds a scheme to a bare address and may add or drop the last slash.
    plain = re.sub(r"https?://|/(?=\s|$)", "", unicodedata.normalize("NFC", text).casefold())
    return " ".join(plain.split())
