"""OurXServer: our own local stand-in for X, by the written contract. It is not X and knows nothing of our product.

It verifies the OAuth 1 signature of each call as X would (over X's own address), keeps the posts a reader would see,
counts what X would charge, and misbehaves on command. As a process: `python -m tests.x_server --port P`.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import urlsplit

from oauthlib.oauth1.rfc5849 import signature

from tests.misbehaving import Answer, Misbehaving, Request, main

SIGNED_HOSTS = ("https://api.twitter.com", "https://api.x.com")
KEYS = {
    "consumer_key": "our-consumer-key",
    "consumer_secret": "our-consumer-secret-5e1f",
    "access_token": "900719925474099-our-access-token",
    "access_token_secret": "our-access-token-secret-7c2d",
}
Fault = Literal[
    "400", "401", "402", "403", "429", "500", "500-after", "503", "timeout", "timeout-after", "reset", "reset-after",
    "truncated", "garbage", "no-id", "html-500", "slow", "redirect",
]  # fmt: skip
_PROBLEM = "https://api.x.com/2/problems/"
_LINK = re.compile(r"https?://\S+[^\s.,;:!?)]")
_WINDOW_SECONDS = 900
# What X charges, in thousandths of a US dollar.
_PRICE, _PRICE_WITH_LINK, _PRICE_ALT = 15, 200, 5


@dataclass
class Media:
    """An uploaded image."""

    id: str
    size: int
    alt: str = ""


@dataclass
class Post:
    """One public post, as stored by the server."""

    id: str
    text: str
    created_at: datetime
    retweet: bool = False
    media: list[Media] = field(default_factory=list)
    answers: str | None = None

    def shown(self) -> dict[str, Any]:
        """Return the post as the API shows it: links shortened, & < > escaped, its images' own link at the end."""
        text, urls = self.text, []
        for number, link in enumerate(dict.fromkeys(_LINK.findall(self.text))):
            short = f"https://t.co/{self.id[-6:]}{number:04d}"
            text = text.replace(link, short)
            urls.append({"url": short, "expanded_url": link, "display_url": link.partition("//")[2][:26] + "…"})
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if self.media:
            short = f"https://t.co/{self.id[-6:]}pics"
            text = f"{text} {short}"
            shown = f"https://x.com/oss/status/{self.id}/photo/1"
            urls += [{"url": short, "expanded_url": shown, "media_key": f"3_{m.id}"} for m in self.media]
        for url in urls:
            url["start"], url["end"] = (start := text.index(url["url"])), start + len(url["url"])
        return {
            "id": self.id,
            "text": text,
            "edit_history_tweet_ids": [self.id],
            "created_at": self.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            **({"entities": {"urls": urls}} if urls else {}),
            **({"attachments": {"media_keys": [f"3_{m.id}" for m in self.media]}} if self.media else {}),
        }


class OurXServer(Misbehaving):
    """A server on loopback with one account."""

    settings = (*Misbehaving.settings, "lag", "page_size", "posts_per_window", "credit", "may_answer")

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[Post] = []
        self.media: dict[str, Media] = {}
        # Posts that exist but aren't in the look-up's index yet.
        self.lag = False
        self.page_size = 100
        self.posts_per_window = 100
        # Thousandths of a dollar that are left; None: no limit set.
        self.credit: int | None = None
        self.spent = 0
        # Accounts on the lowest level may answer only who mentioned them.
        self.may_answer = True
        self._made: deque[float] = deque()
        self._number = int(time.time() * 1000) << 22

    @property
    def user(self) -> str:
        """The account's number: the digits before the hyphen in its access token."""
        return KEYS["access_token"].partition("-")[0]

    def visible(self) -> list[str]:
        """Return the texts that a reader of the account sees, oldest first."""
        return [post.text for post in self.posts]

    def duplicates_visible(self) -> int:
        """Return how many posts too many a reader sees: same links, or same text when there is no link."""
        seen = Counter(tuple(sorted(_LINK.findall(p.text))) or p.text for p in self.posts if not p.retweet)
        return sum(n - 1 for n in seen.values())

    def state(self) -> dict[str, Any]:
        """Return what a reader sees, and what it cost."""
        shown = [
            {"id": p.id, "text": p.text, "answers": p.answers, "alts": [m.alt for m in p.media]} for p in self.posts
        ]
        return {"visible": shown, "duplicates_visible": self.duplicates_visible(), "spent": self.spent}

    def add(self, text: str, created_at: datetime | None = None, *, retweet: bool = False) -> Post:
        """Store a post as if somebody had written it by hand, and return it."""
        with self.lock:
            post = Post(self.number(), text, created_at or datetime.now(UTC), retweet)
            self.posts.append(post)
            return post

    def indexed(self, post: Post) -> bool:
        """Return whether look-ups show a post already."""
        return not self.lag

    def number(self) -> str:
        """Return a number that is larger than all before it."""
        self._number += 1
        return str(self._number)

    def denied(self, request: Request) -> Answer | None:
        """Turn away what isn't signed with the account's keys."""
        return None if _signed(request) else _ANSWERS["401"]

    def refusal(self, fault: str) -> Answer:
        """Return X's words for a failure."""
        if fault == "html-500":
            return Answer(500, b"<html>Over capacity</html>", {"Content-Type": "text/html"})
        answer = _ANSWERS[fault]
        return Answer(answer.status, answer.said, self._limits(0)) if fault == "429" else answer

    def respond(self, request: Request) -> Answer:
        """Answer a call as X does."""
        where = request.where
        if (request.method, where) == ("POST", "/2/tweets"):
            return self._create(request)
        if (request.method, where) == ("POST", "/2/media/upload"):
            return self._upload(request)
        if (request.method, where) == ("POST", "/2/media/metadata"):
            return self._describe(request)
        if (request.method, where) == ("GET", "/2/users/me"):
            return Answer(200, {"data": {"id": self.user, "name": "Kommunen", "username": "kommunen"}})
        if (request.method, where) == ("GET", f"/2/users/{self.user}/tweets"):
            return self._timeline(request)
        found = re.fullmatch(r"/2/tweets/([0-9]{1,19})", where)
        if found and request.method in ("GET", "DELETE"):
            return self._one(request, found[1])
        return _problem(404, "Not Found Error", "Could not find user.", "resource-not-found")

    def _create(self, request: Request) -> Answer:
        try:
            asked = json.loads(request.body)
            text = asked["text"]
        except (ValueError, KeyError, TypeError):
            return _ANSWERS["400"]
        if set(asked) - {"text", "media", "reply"} or not isinstance(text, str) or not text.strip():
            return _problem(400, "Invalid Request", "additionalProperties", "invalid-request")
        # Rough on purpose, and not our product's own count: every address is 23, the rest one each.
        if len(_LINK.sub("x" * 23, text)) > 280:
            return _problem(400, "Invalid Request", "Your Tweet text is too long.", "invalid-request")
        media = [self.media.get(str(key)) for key in asked.get("media", {}).get("media_ids", [])]
        if len(media) > 4 or None in media:
            return _problem(400, "Invalid Request", "Your media IDs are invalid.", "invalid-request")
        answers = asked.get("reply", {}).get("in_reply_to_tweet_id")
        if answers and (not self.may_answer or all(post.id != answers for post in self.posts)):
            return _problem(
                403, "Forbidden", "You attempted to reply to a Tweet that is deleted or not visible to you."
            )
        if text in self.visible():
            return _problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
        return self._charged(text, [m for m in media if m], answers)

    def _charged(self, text: str, media: list[Media], answers: str | None) -> Answer:
        price = _PRICE_WITH_LINK if _LINK.search(text) else _PRICE
        if self.credit is not None and price > self.credit:
            return _ANSWERS["402"]
        now = time.monotonic()
        while self._made and self._made[0] < now - _WINDOW_SECONDS:
            self._made.popleft()
        if len(self._made) >= self.posts_per_window:
            return self.refusal("429")
        self._made.append(now)
        self.spent += price
        self.credit = None if self.credit is None else self.credit - price
        post = self.add(text)
        post.media, post.answers = media, answers
        said = {"id": post.id, "text": post.shown()["text"], "edit_history_tweet_ids": [post.id]}
        return Answer(201, {"data": said}, self._limits(self.posts_per_window - len(self._made)))

    def _limits(self, left: int) -> dict[str, str]:
        reset = self.reset_at or int(time.time()) + _WINDOW_SECONDS
        limit = str(self.posts_per_window)
        return {"x-rate-limit-limit": limit, "x-rate-limit-remaining": str(left), "x-rate-limit-reset": str(reset)}

    def _upload(self, request: Request) -> Answer:
        fields, files = request.form()
        body = files.get("media", b"")
        if request.headers.get("Content-Type", "").startswith("application/json"):
            fields = json.loads(request.body)
            body = base64.b64decode(fields.get("media", ""))
        known = body.startswith((b"\x89PNG", b"\xff\xd8")) and len(body) <= 5_000_000
        if not known or fields.get("media_category") != "tweet_image":
            return _problem(400, "Invalid Request", "media type unrecognized.", "invalid-request")
        media = self.media.setdefault(number := self.number(), Media(number, len(body)))
        said = {"id": number, "media_key": f"3_{number}", "size": media.size, "expires_after_secs": 86400}
        return Answer(200, {"data": said})

    def _describe(self, request: Request) -> Answer:
        asked = json.loads(request.body)
        alt = asked.get("metadata", {}).get("alt_text", {}).get("text", "")
        media = self.media.get(asked.get("id", ""))
        if media is None or not 1 <= len(alt) <= 1000:
            return _ANSWERS["400"]
        media.alt = alt
        self.spent += _PRICE_ALT
        return Answer(200, {"data": {"id": media.id, "associated_metadata": asked["metadata"]}})

    def _one(self, request: Request, number: str) -> Answer:
        post = next((p for p in self.posts if p.id == number), None)
        if request.method == "DELETE":
            if post:
                self.posts.remove(post)
            return Answer(200, {"data": {"deleted": True}})
        if post is None or not self.indexed(post):
            error = {"type": _PROBLEM + "resource-not-found", "title": "Not Found Error", "value": number}
            error |= {"detail": f"Could not find tweet with id: [{number}].", "resource_type": "tweet"}
            return Answer(200, {"errors": [error]})
        return Answer(200, {"data": _wanted(request, post.shown())})

    def _timeline(self, request: Request) -> Answer:
        query = request.query
        size = int(query.get("max_results", "10"))
        if not 5 <= size <= 100:
            return _problem(400, "Invalid Request", "max_results is not between 5 and 100", "invalid-request")
        found = sorted(filter(self.indexed, self.posts), key=lambda p: int(p.id), reverse=True)
        if "start_time" in query:
            since = datetime.strptime(query["start_time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            found = [post for post in found if post.created_at >= since]
        if "retweets" in query.get("exclude", ""):
            found = [post for post in found if not post.retweet]
        size, start = min(size, self.page_size), int(query.get("pagination_token", "0"))
        data = [_wanted(request, post.shown()) for post in found[start : start + size]]
        meta: dict[str, Any] = {"result_count": len(data)}
        if start + size < len(found):
            meta["next_token"] = str(start + size)
        return Answer(200, {**({"data": data} if data else {}), "meta": meta})


def _wanted(request: Request, post: dict[str, Any]) -> dict[str, Any]:
    # tweepy asks by the older name, X's own SDK by the newer.
    asked = request.query.get("tweet.fields") or request.query.get("post.fields") or ""
    fields = {"id", "text", "edit_history_tweet_ids", *asked.split(",")}
    return {key: value for key, value in post.items() if key in fields}


def _problem(status: int, title: str, detail: str, kind: str = "") -> Answer:
    said = {"type": _PROBLEM + kind if kind else "about:blank", "title": title, "detail": detail, "status": status}
    return Answer(status, said, {"Content-Type": "application/problem+json"})


def _signed(request: Request) -> bool:
    """Return whether the call carries a fresh and right HMAC-SHA1 signature for the account's keys."""
    header = request.headers.get("Authorization", "")
    if not header.startswith("OAuth "):
        return False
    given = dict(signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False))
    mine = (given.get("oauth_consumer_key"), given.get("oauth_token")) == (KEYS["consumer_key"], KEYS["access_token"])
    fresh = abs(time.time() - int(given.get("oauth_timestamp", "0"))) < 300
    # The base string is rebuilt over X's own address, whichever address the call came to.
    return mine and fresh and any(_right(request, host, header, given) for host in SIGNED_HOSTS)


def _right(request: Request, host: str, header: str, given: dict[str, str]) -> bool:
    uri = host + request.path
    params = signature.collect_parameters(uri_query=urlsplit(uri).query, headers={"Authorization": header})
    call = SimpleNamespace(
        http_method=request.method, uri=uri, params=params, signature=given.get("oauth_signature", "")
    )
    return bool(signature.verify_hmac_sha1(call, KEYS["consumer_secret"], KEYS["access_token_secret"]))


_ANSWERS = {
    "400": _problem(400, "Invalid Request", "One or more parameters to your request was invalid."),
    "401": _problem(401, "Unauthorized", "Unauthorized"),
    "402": _problem(402, "CreditsDepleted", "Your enrolled account does not have any credits to fulfill this request."),
    "403": _problem(403, "Client Forbidden", "Your access level is too low.", "client-forbidden"),
    "429": _problem(429, "Too Many Requests", "Too Many Requests"),
    "500": _problem(500, "Internal Server Error", "Internal Server Error"),
    "503": _problem(503, "Service Unavailable", "Service Unavailable"),
}

if __name__ == "__main__":
    main(OurXServer)
