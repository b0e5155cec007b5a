"""The wire to a WordPress site's REST API: who we are there, our post by its name, our images by theirs."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from config.schema import Channel, Decision
from tasks import options
from tasks.channels import _readback, _wire
from tasks.model import Output, Refused, Trouble, Unavailable

SECRETS = ("username", "application_password")
_MEANINGS = {
    400: "godtog inte anropet (400)",
    401: "känner inte igen kontot (401). Gör ett nytt applikationslösenord under kontots profil i WordPress",
    403: "låter inte kontot göra detta (403). Ge kontot rollen redaktör, eller författare för inlägg",
    404: "hittar inte REST-gränssnittet (404). Kontrollera base_url",
    413: "tar inte emot så stora filer (413)",
}
_ALL = "publish,future,draft,pending,private"
_UNSAFE = re.compile(r"[^a-z0-9]+")


class Options(Decision):
    """Where in WordPress the follow-ups go."""

    # Posts have categories, pages a parent.
    type: Literal["posts", "pages"] = "posts"
    parent: int | None = None
    categories: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """One site seen with one account's eyes; `kind` is posts or pages."""

    line: _wire.Line
    asked: Options

    @property
    def path(self) -> str:
        """Where its posts or pages are."""
        return f"/{self.asked.type}"

    def probe(self, *, uploads: bool) -> None:
        """Raise Refused unless the account is known and may publish: WordPress answers a stranger with empty lists."""
        me = self.get("/users/me", {"context": "edit"})
        told = me.data.get("capabilities")
        held = told if isinstance(told, dict) else {}
        wanted = ["publish_posts", "edit_published_posts"] if self.asked.type == "posts" else ["publish_pages"]
        lacking = [name for name in wanted + ["upload_files"] * uploads if not held.get(name)]
        if lacking:
            raise Refused(f"WordPress-kontot saknar rätt att publicera ({', '.join(lacking)}). Ge det en högre roll.")

    def post(self, key: str) -> Mapping[str, Any] | None:
        """Return one post by its id as an editor sees it; None when it was deleted for good."""
        answer = self._call("GET", f"{self.path}/{key}", visible=False, params={"context": "edit"})
        if answer.status == 404 and answer.data.get("code") == "rest_post_invalid_id":
            return None
        return self._object(answer, visible=False)

    def named(self, slug: str) -> Mapping[str, Any] | None:
        """Return the post of that name, drafts included; Refused when it lies in the trash, or there are several."""
        found = self._list(self.path, {"slug": slug, "status": _ALL})
        if self.asked.type == "pages":
            found = [page for page in found if page.get("parent") == (self.asked.parent or 0)]
        if len(found) > 1:
            raise Refused(f"WordPress har flera sidor som heter {slug}. Ta bort alla utom en.")
        if not found and self._list(self.path, {"slug": f"{slug}__trashed", "status": "trash"}):
            raise Refused(f"{slug} ligger i papperskorgen i WordPress. Återställ eller radera sidan där.")
        return found[0] if found else None

    def create(self, slug: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make a hidden draft of that name and return it.

        WordPress makes a second one under another name when the first attempt's answer was lost on the way; that one
        is taken away again.
        """
        placed = {"categories": list(self.asked.categories)} if self.asked.categories else {}
        parent = {"parent": self.asked.parent} if self.asked.parent else {}
        told = {**fields, **placed, **parent, "slug": slug, "status": "draft"}
        made = self.send(self.path, {**told, "comment_status": "closed", "ping_status": "closed"}, visible=False)
        if made.get("slug") != slug:
            self.delete(f"{self.path}/{made['id']}", visible=False)
            raise Unavailable(f"Namnet {slug} är upptaget i WordPress av något som kontot inte ser, eller nyss skapat.")
        return made

    def send(self, path: str, fields: Mapping[str, Any], *, visible: bool) -> Mapping[str, Any]:
        """Write fields and return the object as it became."""
        answer = self._call("POST", path, visible=visible, params={"context": "edit"}, json=dict(fields))
        return self._object(answer, visible=visible)

    def delete(self, path: str, *, visible: bool) -> None:
        """Take an object away for good; one that is gone is no trouble."""
        answer = self._call("DELETE", path, visible=visible, params={"force": "true"})
        if answer.status not in (404, 410):
            self._good(answer, visible=visible)

    def image(self, slug: str, output: Output, alt: str) -> str:
        """Return the public address of an image, uploaded once: its name is made of its bytes."""
        there = self._list("/media", {"slug": slug, "status": "inherit"})
        made = there[0] if there else self._upload(slug, output)
        if made.get("alt_text") != alt:
            made = self.send(f"/media/{made['id']}", {"alt_text": alt}, visible=False)
        address = made.get("source_url")
        if not isinstance(address, str) or not address.startswith("http"):
            raise Refused(f"WordPress säger inte var bilden {slug} ligger.")
        return address

    def images(self, prefix: str) -> list[Mapping[str, Any]]:
        """Return the account's images whose names begin so."""
        found = self._list("/media", {"search": prefix, "status": "inherit", "per_page": "100"})
        return [image for image in found if str(image.get("slug", "")).startswith(prefix)]

    def get(self, path: str, params: Mapping[str, str]) -> _wire.Answer:
        """Return a good answer to a question."""
        return self._good(self._call("GET", path, visible=False, params=dict(params)), visible=False)

    def _upload(self, slug: str, output: Output) -> Mapping[str, Any]:
        suffix = output.name.rpartition(".")[2]
        headers = {
            "Content-Type": output.media_type,
            "Content-Disposition": f'attachment; filename="{slug}.{suffix}"',
        }
        params = {"context": "edit", "title": slug}
        answer = self._call("POST", "/media", visible=False, headers=headers, params=params, data=output.body)
        made = self._object(answer, visible=False)
        if made.get("slug") != slug:
            self.delete(f"/media/{made['id']}", visible=False)
            raise Unavailable(f"Bilden {slug} är nyss uppladdad, eller ligger i papperskorgen i WordPress.")
        return made

    def _list(self, path: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        answer = self.get(path, {"context": "edit", **params})
        rows = answer.rows or ()
        if answer.rows is None or not all(isinstance(row, dict) and isinstance(row.get("id"), int) for row in rows):
            raise Unavailable("WordPress svarade med något annat än en lista. Stör ett tillägg eller en brandvägg?")
        return list(rows)

    def _call(self, method: str, path: str, *, visible: bool, **told: Any) -> _wire.Answer:
        return self.line.call(method, path, visible=visible, **told)

    def _object(self, answer: _wire.Answer, *, visible: bool) -> Mapping[str, Any]:
        found = self._good(answer, visible=visible).data
        if not isinstance(found.get("id"), int):
            raise self.line.unclear("gav ett svar som inte går att läsa.", visible)
        return found

    def _good(self, answer: _wire.Answer, *, visible: bool) -> _wire.Answer:
        if answer.good:
            return answer
        raise self._meaning(answer, visible)

    def _meaning(self, answer: _wire.Answer, visible: bool) -> Trouble:
        wait = answer.headers.get("Retry-After", "")
        retry_at = _wire.after(answer, timedelta(seconds=int(wait))) if wait.isdecimal() else None
        said = f"{answer.data.get('message', '')} ({answer.data.get('code', '')})" if answer.data.get("code") else ""
        return self.line.trouble(answer, said, _MEANINGS, visible=visible, retry_at=retry_at)


def site_of(channel: Channel) -> Site:
    """Return the way to the channel's site; raises Refused naming what is missing in its configuration."""
    wrong = problems(channel)
    if wrong:
        raise Refused(f"Kanalen {channel.id}: {'; '.join(wrong)}.")
    user, password = (_wire.secret(channel, key) for key in SECRETS)
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    base = f"{(channel.base_url or '').rstrip('/')}/wp-json/wp/v2"
    line = _wire.Line(
        "WordPress", base, channel.timeout_seconds, {"Authorization": f"Basic {token}"}, (password, token)
    )
    return Site(line, options.read(Options, channel.options, channel.id))


def problems(channel: Channel) -> list[str]:
    """Return what is wrong with the site's address, keys and options, in Swedish."""
    if channel.base_url:
        # A site may lie in a folder of its host.
        found = _wire.base_problems(_readback.without_path(channel.base_url))
    else:
        found = ["base_url saknas: ange webbplatsens startadress, till exempel https://www.example.se"]
    return [*found, *_wire.key_problems(channel, SECRETS), *options.problems(Options, channel.options)]


def image_slug(page: str, output: Output) -> str:
    """Return what an image is called in WordPress: the page, its own name, and the beginning of its hash."""
    own = _UNSAFE.sub("-", output.name.rpartition("/")[2].rpartition(".")[0].casefold()).strip("-")
    return f"{image_prefix(page)}{own or 'bild'}-{output.sha256[:12]}"[:180]


def image_prefix(page: str) -> str:
    """Return how the names of a page's images begin; never the page's own name, which they would take from it."""
    return f"{_UNSAFE.sub('-', page).strip('-')}-bild-"
