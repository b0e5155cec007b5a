"""The wire to a Facebook Page: the Graph API's calls, its error codes, and how much of the allowance is used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from tasks.channels import _wire
from tasks.model import Refused, Trouble, Unavailable, Uncertain

POST_FIELDS = "id,is_published,message,permalink_url,created_time"
# The list of published posts is bounded and ranked: it is read for what it has, never for what it lacks.
_PAGES, _PER_PAGE = 10, 100
# From this share of the allowed calls on we stop by ourselves, before Facebook shuts the page's key out.
_USED_UP = 95
# Limits of the app, the user, the page and the business: nothing was done.
_WAIT = {4, 17, 32, 341, 613, 80001}
_MEANINGS = {
    3: "låter inte appen göra detta (3). Se över appens behörigheter",
    10: "låter inte appen göra detta (10). Sidnyckeln ska ha pages_manage_posts och pages_read_engagement",
    102: "känner inte igen sidnyckeln (102). Gör en ny och försök igen",
    190: "känner inte igen sidnyckeln (190). Gör en ny och försök igen",
    368: "har spärrat sidan eller inlägget (368). En person behöver logga in och se varför",
    506: "säger att samma inlägg just har gjorts (506). Titta på sidan innan något görs",
    1609005: "kunde inte läsa länken i inlägget (1609005). Kontrollera att sidan är uppe och försök igen",
}
_TOKENS = {
    458: "appen är borttagen från sidan",
    459: "kontots ägare behöver logga in",
    460: "lösenordet har ändrats",
    463: "nyckeln har gått ut",
    467: "nyckeln är återkallad",
}


class Page:
    """A page with the way to it."""

    def __init__(self, line: _wire.Line, page: str, version: str) -> None:
        self.line, self.id, self._version = line, page, version

    def call(self, method: str, path: str, *, visible: bool = False, **options: Any) -> _wire.Answer:
        """Return the answer to one call; raises Unavailable or Uncertain when there is none."""
        return self.line.call(method, f"/{self._version}/{path}", visible=visible, **options)

    def make(self, path: str, fields: Mapping[str, str], **options: Any) -> str:
        """Make something hidden and return its id; raises Refused or Unavailable."""
        answer = self.call("POST", path, data=fields, **options)
        number = answer.data.get("id")
        if not answer.good or not isinstance(number, str) or not number.replace("_", "").isdecimal():
            raise meaning(self.line, answer, visible=False)
        return number

    def read(self, number: str, fields: str = POST_FIELDS) -> Mapping[str, Any] | None:
        """Return a post or a draft of the page, None when it is gone; raises Refused or Unavailable."""
        answer = self._ask(number, {"fields": fields})
        if answer.good and answer.data.get("id"):
            return answer.data
        if self.is_gone(answer):
            return None
        raise meaning(self.line, answer, visible=False)

    def is_gone(self, answer: _wire.Answer) -> bool:
        """Return whether an answer says that its object is gone.

        Facebook says the same of what the key may not see, so the page itself is asked for too.
        """
        error = _error(answer)
        if (error.get("code"), error.get("error_subcode")) != (100, 33):
            return False
        return self._ask(self.id, {"fields": "id"}).data.get("id") == self.id

    def published(self) -> Iterator[Mapping[str, Any]]:
        """Yield the page's published posts, newest first, as far as Facebook lists them."""
        asked: dict[str, Any] = {"fields": POST_FIELDS, "limit": _PER_PAGE}
        for _ in range(_PAGES):
            answer = self._ask(f"{self.id}/published_posts", asked)
            rows = answer.data.get("data")
            if (
                not answer.good
                or not isinstance(rows, list)
                or not all(isinstance(r, dict) and "id" in r for r in rows)
            ):
                raise meaning(self.line, answer, visible=False)
            yield from rows
            # Of the next page's address only the place in the list is used: the rest of it may hold the key.
            paging = answer.data.get("paging")
            cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
            if not isinstance(cursors, dict) or not cursors.get("after"):
                return
            asked["after"] = str(cursors["after"])

    def _ask(self, path: str, asked: Mapping[str, Any]) -> _wire.Answer:
        answer = self.call("GET", path, params=asked)
        share, wait = usage(answer)
        if answer.good and share >= _USED_UP:
            again = _wire.after(answer, wait or timedelta(hours=1))
            raise Unavailable(f"Sidan har använt {share} % av de anrop som Facebook tillåter; väntar.", again)
        return answer


def meaning(line: _wire.Line, answer: _wire.Answer, *, visible: bool) -> Trouble:
    """Return what an answer that can't be used means: by Facebook's own code first, by the status where it has none."""
    error = _error(answer)
    code, words = error.get("code"), str(error.get("error_user_msg") or error.get("message") or "")
    if answer.good:
        return line.unclear("gav ett svar som inte går att läsa.", visible)
    again = _wire.after(answer, usage(answer)[1] or timedelta(hours=1))
    if not isinstance(code, int):
        return line.trouble(answer, words, {}, visible=visible, retry_at=again)
    said = line.words(words)
    if code in _WAIT:
        return Unavailable(f"Facebook tar inte emot fler anrop just nu ({code}); inget skickades.{said}", again)
    if code in (1, 2) or error.get("is_transient") is True:
        return line.unclear(f"fick ett eget fel ({code}).{said}", visible)
    if code == 506 and visible:
        return Uncertain(f"Facebook {_MEANINGS[506]}.{said}")
    return Refused(f"Facebook {_why(code, error.get('error_subcode'))}.{said}")


def _why(code: int, subcode: Any) -> str:
    if 200 <= code <= 299:
        return f"låter inte sidnyckeln göra detta ({code}). Den ska ha rätt att göra inlägg på sidan"
    what = _MEANINGS.get(code, f"godtog inte anropet ({code}). Rätta inlägget eller fråga den som sköter sidan")
    return f"{what}: {_TOKENS[subcode]}" if subcode in _TOKENS else what


def usage(answer: _wire.Answer) -> tuple[int, timedelta | None]:
    """Return the largest share (in per cent) of any allowance that is used, and how long Facebook says to wait."""
    share, minutes = 0, 0
    for name in ("X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage"):
        for part in _parts(answer.headers.get(name, "")):
            numbers = {key: value for key, value in part.items() if isinstance(value, int | float)}
            share = max([share, *(int(numbers.get(key, 0)) for key in ("call_count", "total_cputime", "total_time"))])
            minutes = max(minutes, int(numbers.get("estimated_time_to_regain_access", 0)))
    return share, timedelta(minutes=minutes) if minutes else None


def _parts(header: str) -> list[dict[str, Any]]:
    """Return the flat objects of a usage header: it is one, or lists of them by business."""
    try:
        told = json.loads(header) if header else {}
    except ValueError:
        return []
    if not isinstance(told, dict):
        return []
    listed = [part for value in told.values() if isinstance(value, list) for part in value]
    return [part for part in (told, *listed) if isinstance(part, dict)]


def _error(answer: _wire.Answer) -> Mapping[str, Any]:
    error = answer.data.get("error")
    return error if isinstance(error, dict) else {}
