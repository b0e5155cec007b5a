"""OurFacebookServer: our own local stand-in for a Facebook Page on the Graph API, by the written contract. It is not
Facebook and knows nothing of our product.

It keeps hidden drafts and visible posts apart, counts what a reader would see, and misbehaves on command: a fault
`fb190-463` is error code 190 with subcode 463. As a process: `python -m tests.facebook_server --port P`.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.misbehaving import Answer, Misbehaving, Request, main

PAGE = "104857600000001"
TOKEN = "EAAB-our-page-token-9d3e"
_LINK = re.compile(r"https?://\S+[^\s.,;:!?)]")
_WAIT = {4, 17, 32, 341, 613, 80001}
_TRANSIENT = {1, 2, *_WAIT}
_SAID = {
    1: "An unknown error occurred",
    2: "Service temporarily unavailable",
    4: "Application request limit reached",
    10: "Application does not have permission for this action",
    32: "Page request limit reached",
    100: "Invalid parameter",
    190: "Error validating access token",
    200: "Permissions error",
    368: "The action attempted has been deemed abusive or is otherwise disallowed",
    506: "Duplicate status message",
    1609005: "The link could not be posted",
    80001: "There have been too many calls to this Page account",
}


@dataclass
class Photo:
    """An uploaded image; it has an address of its own from the start."""

    id: str
    alt: str
    size: int


@dataclass
class Post:
    """A post of the page, hidden or visible."""

    id: str
    message: str
    created: datetime
    published: bool
    link: str = ""
    photos: list[Photo] = field(default_factory=list)


class OurFacebookServer(Misbehaving):
    """A server on loopback with one page."""

    settings = (*Misbehaving.settings, "lag", "page_size", "used", "regain_minutes", "expired")

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[Post] = []
        self.photos: dict[str, Photo] = {}
        # Visible posts that the list of published posts doesn't have: it is bounded and ranked.
        self.lag = False
        self.page_size = 100
        # Per cent of the allowed calls, and how long to wait; told in headers only once it is notable.
        self.used = 0
        self.regain_minutes = 0
        self.expired = False
        self._number = int(time.time() * 1000)

    def visible(self) -> list[str]:
        """Return the messages that a reader of the page sees, oldest first."""
        return [post.message for post in self.posts if post.published]

    def drafts(self) -> list[str]:
        """Return the messages that nobody sees."""
        return [post.message for post in self.posts if not post.published]

    def duplicates_visible(self) -> int:
        """Return how many posts too many a reader sees: same links, or same text when there is no link."""
        seen = Counter(tuple(sorted(_LINK.findall(text))) or text for text in self.visible())
        return sum(n - 1 for n in seen.values())

    def state(self) -> dict[str, Any]:
        """Return what a reader sees, and what is hidden."""
        shown = [{"id": p.id, "text": p.message, "alts": [f.alt for f in p.photos]} for p in self.posts if p.published]
        return {"visible": shown, "drafts": self.drafts(), "duplicates_visible": self.duplicates_visible()}

    def add(self, message: str, *, published: bool = True, **other: Any) -> Post:
        """Store a post as if somebody had made it by hand, and return it."""
        with self.lock:
            post = Post(f"{PAGE}_{self.number()}", message, datetime.now(UTC), published, **other)
            self.posts.append(post)
            return post

    def number(self) -> str:
        """Return a number that is larger than all before it."""
        self._number += 1
        return str(self._number)

    def denied(self, request: Request) -> Answer | None:
        """Turn away a missing, wrong or expired token; Facebook takes it in the header, the query or the form."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        given = bearer or request.query.get("access_token") or request.form()[0].get("access_token")
        if not given:
            return _error(104, "An access token is required to request this resource.")
        if self.expired:
            return self.refusal("fb190-463")
        return None if given == TOKEN else _error(190, "Invalid OAuth access token - Cannot parse access token")

    def refusal(self, fault: str) -> Answer:
        """Return Facebook's words for a failure: by its own code where the fault names one, else a bare status."""
        found = re.fullmatch(r"fb(\d+)(?:-(\d+))?", fault)
        if found:
            answer = _error(int(found[1]), subcode=int(found[2]) if found[2] else None)
            return Answer(answer.status, answer.said, self._usage(force=int(found[1]) in _WAIT))
        return Answer(int(fault), b"<html>Sorry, something went wrong.</html>", {"Content-Type": "text/html"})

    def respond(self, request: Request) -> Answer:
        """Answer a call as the Graph API does."""
        answer = self._routed(request)
        return Answer(answer.status, answer.said, {**answer.headers, **self._usage()})

    def _routed(self, request: Request) -> Answer:
        found = re.fullmatch(r"/v\d+\.\d/([0-9_]+)(?:/(\w+))?/?", request.where)
        if not found:
            return _error(2500, "Unknown path components")
        node, edge = found[1], found[2]
        if (request.method, node, edge) == ("POST", PAGE, "photos"):
            return self._photo(request)
        if (request.method, node, edge) == ("POST", PAGE, "feed"):
            return self._feed(request)
        if (request.method, node, edge) == ("GET", PAGE, "published_posts"):
            return self._list(request)
        if (request.method, node, edge) == ("GET", PAGE, None):
            return Answer(200, {"id": PAGE, "name": "Exempelby kommun"})
        return self._object(request, node) if edge is None else _gone(node)

    def _photo(self, request: Request) -> Answer:
        fields, files = request.form()
        body = next(iter(files.values()), b"")
        if not body.startswith((b"\x89PNG", b"\xff\xd8")) or len(body) >= 10_000_000:
            return _error(324, "Missing or invalid image file")
        photo = Photo(self.number(), fields.get("alt_text_custom", ""), len(body))
        self.photos[photo.id] = photo
        if fields.get("published") != "false":
            post = self.add(fields.get("caption", ""), photos=[photo])
            return Answer(200, {"id": photo.id, "post_id": post.id})
        return Answer(200, {"id": photo.id})

    def _feed(self, request: Request) -> Answer:
        fields, _ = request.form()
        message, link = fields.get("message", ""), fields.get("link", "")
        keys = [str(media.get("media_fbid")) for media in json.loads(fields.get("attached_media") or "[]")]
        photos = [self.photos[key] for key in keys if key in self.photos]
        if not (message or link or keys) or len(photos) < len(keys):
            return _error(100)
        if link and not _LINK.fullmatch(link):
            return _error(1609005)
        published = fields.get("published", "true") != "false"
        if published and self.visible()[-1:] == [message]:
            return _error(506)
        return Answer(200, {"id": self.add(message, published=published, link=link, photos=photos).id})

    def _list(self, request: Request) -> Answer:
        size, start = min(int(request.query.get("limit", "25")), self.page_size), int(request.query.get("after") or 0)
        found = [] if self.lag else [post for post in reversed(self.posts) if post.published]
        data = [_shown(request, post) for post in found[start : start + size]]
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + size)}}
        if start + size < len(found):
            # As Facebook does, the next page's address holds the token.
            paging["next"] = f"{self.url}{request.where}?access_token={TOKEN}&after={start + size}"
        return Answer(200, {"data": data, **({"paging": paging} if data else {})})

    def _object(self, request: Request, number: str) -> Answer:
        post = next((p for p in self.posts if p.id == number), None)
        if request.method == "DELETE" and (post or number in self.photos):
            self.posts = [p for p in self.posts if p.id != number]
            self.photos.pop(number, None)
            return Answer(200, {"success": True})
        if post is None:
            return _gone(number)
        if request.method == "GET":
            return Answer(200, _shown(request, post))
        fields, _ = request.form()
        if fields.get("is_published") == "true" and not post.published:
            if self.visible()[-1:] == [post.message]:
                return _error(506)
            post.published = True
            self.posts.append(self.posts.pop(self.posts.index(post)))
        post.message = fields.get("message", post.message)
        return Answer(200, {"success": True})

    def _usage(self, *, force: bool = False) -> dict[str, str]:
        if self.used < 50 and not force:
            return {}
        share = 100 if force else self.used
        numbers = {"call_count": share, "total_cputime": 12, "total_time": 14}
        business = {**numbers, "type": "pages", "estimated_time_to_regain_access": self.regain_minutes}
        return {
            "X-App-Usage": json.dumps({**numbers, "call_count": 3}),
            "X-Business-Use-Case-Usage": json.dumps({PAGE: [business]}),
        }


def _shown(request: Request, post: Post) -> dict[str, Any]:
    address = f"https://www.facebook.com/{PAGE}/posts/{post.id.partition('_')[2]}"
    photos = [{"type": "photo", "target": {"id": photo.id}} for photo in post.photos]
    album = [{"type": "album", "target": {"id": post.id}, "subattachments": {"data": photos}}]
    attached = album if len(photos) > 1 else photos or [{"type": "share", "target": {"url": post.link}}]
    whole = {
        "id": post.id,
        "is_published": post.published,
        "message": post.message,
        "permalink_url": address,
        "created_time": post.created.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "attachments": {"data": attached},
    }
    asked = {"id", *re.sub(r"\{.*\}", "", request.query.get("fields", "message,created_time")).split(",")}
    return {key: value for key, value in whole.items() if key in asked}


def _error(code: int, message: str = "", *, subcode: int | None = None) -> Answer:
    error: dict[str, Any] = {
        "message": f"(#{code}) {message or _SAID.get(code, 'Unknown error')}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AOurOwnTrace",
        **({"error_subcode": subcode} if subcode else {}),
        **({"is_transient": True} if code in _TRANSIENT else {}),
    }
    status = 500 if code in (1, 2) else 403 if code in (10, 200) else 400
    return Answer(status, {"error": error})


def _gone(number: str) -> Answer:
    answer = _error(
        100, f"Object with ID '{number}' does not exist, cannot be loaded due to missing permissions", subcode=33
    )
    answer.said["error"]["type"] = "GraphMethodException"
    return answer


if __name__ == "__main__":
    main(OurFacebookServer)
