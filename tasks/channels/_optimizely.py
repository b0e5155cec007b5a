"""The wire to an Optimizely CMS 12 site: a token, one page by a guid of our making, and what each refusal means."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import Field

from config.schema import Channel, Decision, Text
from tasks import options
from tasks.channels import _wire
from tasks.model import Output, Publication, Refused, Trouble

SECRETS = ("client_id", "client_secret")
_PATH = "/api/episerver/v3.0/contentmanagement/"
_TOKEN = "/api/episerver/connect/token"  # noqa: S105 - a path
# Every guid of ours is made under this one: the same follow-up gets the same guid on every machine, for ever.
_NAMESPACE = uuid.UUID("6f6b2b1e-6b1c-5d0e-9a52-3f2f6e0d8c41")
_MEANINGS = {
    400: "godtog inte innehållet (400)",
    401: "känner inte igen vår nyckel (401). Se över client_id och client_secret",
    403: "låter inte vår nyckel göra detta (403). Ge den rätt att skapa och publicera under sidan i options.parent",
    404: "hittar inte sidan, eller har inget Content Management API (404). Kontrollera base_url",
    409: "säger att sidan redan finns eller ligger i papperskorgen (409)",
}
# What the CMS itself keeps about a page; all else that it shows are the page's own properties.
_KEPT_BY_CMS = {
    "contentLink", "name", "language", "existingLanguages", "masterLanguage", "contentType", "parentLink",
    "routeSegment", "url", "changed", "created", "startPublish", "stopPublish", "saved", "status",
    "publishedVersion", "statusReasons", "editUrl", "previewUrl",
}  # fmt: skip


class Options(Decision):
    """Which page type the follow-ups are, where they lie, and which properties hold what."""

    content_type: Text
    # The number of the page that they lie under.
    parent: int
    # Names of the page type's properties; `summary` may be left out.
    body: Text = "mainBody"
    summary: str = ""
    # The site's media type for images and the number of the folder that they lie in; needed when the pages have some.
    image_type: str = ""
    image_parent: int | None = None
    # Properties with a fixed value, as the API writes them: teaserText = { value = "…" }.
    properties: Mapping[str, Any] = Field({})


@dataclass(slots=True)
class Site:
    """One site seen with one key's eyes."""

    line: _wire.Line
    asked: Options
    secrets: tuple[str, str] = field(repr=False)
    # Kept for the few calls of one step.
    _token: str = field(default="", repr=False)

    def draft(self, guid: str) -> Mapping[str, Any] | None:
        """Return the page's common draft, published or not; None when there is no such page."""
        answer = self._call("GET", guid, visible=False)
        return None if answer.status == 404 else self._object(answer, visible=False)

    def put(self, guid: str, fields: Mapping[str, Any], *, visible: bool) -> Mapping[str, Any]:
        """Write the page whole and return it as it became; what `fields` leaves out is cleared."""
        headers = {"x-epi-validation-mode": "complete"}
        answer = self._call("PUT", guid, visible=visible, headers=headers, json=dict(fields))
        return self._object(answer, visible=visible)

    def image(self, guid: str, name: str, output: Output) -> str:
        """Return the address of an image, uploaded once under its guid.

        An image has no hidden form. Where the CMS doesn't tell its address, the permanent link that editors' own
        images have leads to it.
        """
        made = self.draft(guid)
        parent = made.get("parentLink") if made else None
        if made and isinstance(parent, dict) and parent.get("id") != self.asked.image_parent:
            raise Refused(f"Bilden {name} i Optimizely har flyttats eller kastats. Återställ den.")
        if made is None:
            about = {
                "name": name,
                "contentType": [self.asked.image_type],
                "contentLink": {"guidValue": guid},
                "parentLink": {"id": self.asked.image_parent},
                "status": "Published",
            }
            parts = {
                "content": (None, json.dumps(about), "application/json"),
                "file": (name, output.body, output.media_type),
            }
            made = self._object(self._call("PUT", guid, visible=False, files=parts), visible=False)
        address = made.get("url")
        return address if isinstance(address, str) and address else f"/link/{guid.replace('-', '')}.aspx"

    def discard(self, guid: str) -> None:
        """Move a page or an image to the wastebasket; one that is there or gone already is no trouble."""
        answer = self._call("DELETE", guid, visible=True)
        if not answer.good and answer.status not in (404, 409):
            raise self._meaning(answer, visible=True)

    def _call(self, method: str, guid: str, *, visible: bool, **told: Any) -> _wire.Answer:
        """Return the answer to one call; a token that ran out did nothing, so it is renewed and the call made again."""
        given = told.pop("headers", {})
        for _ in range(2):
            self._token = self._token or self._ask_for_token()
            headers = {"Authorization": f"Bearer {self._token}", "Accept-Language": "sv", **given}
            answer = self.line.call(method, _PATH + guid, visible=visible, headers=headers, **told)
            if answer.status != 401:
                break
            self._token = ""
        return answer

    def _ask_for_token(self) -> str:
        key, secret = self.secrets
        form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
        answer = self.line.call("POST", _TOKEN, visible=False, data={**form, "scope": "epi_content_management"})
        if answer.status == 400:
            said = str(answer.data.get("error", ""))
            raise Refused(
                f"Optimizely ger ingen nyckel (400).{self.line.words(said)} Se över client_id och behörighet."
            )
        if not answer.good:
            raise self._meaning(answer, visible=False)
        token = answer.data.get("access_token")
        if not isinstance(token, str) or not token:
            raise self.line.unclear("gav en nyckel som inte går att läsa.", visible=False)
        return token

    def _object(self, answer: _wire.Answer, *, visible: bool) -> Mapping[str, Any]:
        if not answer.good:
            raise self._meaning(answer, visible=visible)
        if not isinstance(answer.data.get("name"), str) or "contentLink" not in answer.data:
            raise self.line.unclear("gav ett svar som inte går att läsa.", visible)
        return answer.data

    def _meaning(self, answer: _wire.Answer, *, visible: bool) -> Trouble:
        wait = answer.headers.get("Retry-After", "")
        retry_at = _wire.after(answer, timedelta(seconds=int(wait))) if wait.isdecimal() else None
        older = answer.data.get("error")
        said = older if isinstance(older, dict) else answer.data
        words = " ".join(str(said[key]) for key in ("title", "message", "detail", "code") if said.get(key))
        return self.line.trouble(answer, words, _MEANINGS, visible=visible, retry_at=retry_at)


def site_of(channel: Channel) -> Site:
    """Return the way to the channel's site; raises Refused naming what is missing in its configuration."""
    wrong = problems(channel)
    if wrong:
        raise Refused(f"Kanalen {channel.id}: {'; '.join(wrong)}.")
    key, secret = (_wire.secret(channel, name) for name in SECRETS)
    base = (channel.base_url or "").rstrip("/")
    line = _wire.Line("Optimizely", base, channel.timeout_seconds, secrets=(secret,))
    return Site(line, options.read(Options, channel.options, channel.id), (key, secret))


def problems(channel: Channel) -> list[str]:
    """Return what is wrong with the site's address, keys and options, in Swedish."""
    if channel.base_url:
        found = _wire.base_problems(channel.base_url)
    else:
        found = ["base_url saknas: ange adressen till CMS:ets API, till exempel https://cms.example.se"]
    return [*found, *_wire.key_problems(channel, SECRETS), *options.problems(Options, channel.options)]


def guid_of(publication: Publication) -> str:
    """Return the guid of a follow-up's page: the same for all its editions."""
    return str(uuid.uuid5(_NAMESPACE, f"{publication.promise}/{publication.period}"))


def image_guid(publication: Publication, edition: int, name: str) -> str:
    """Return the guid of one edition's image: an earlier edition's stays as it is while its page is public."""
    return str(uuid.uuid5(_NAMESPACE, f"{publication.promise}/{publication.period}/{edition}/{name}"))


def image_name(segment: str, edition: int, name: str) -> str:
    """Return what an image is called in the CMS, and so in its address."""
    return f"{segment}-utgava-{edition}-{name}"


def own_properties(standing: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a standing page's own properties and dates: what editors filled in, which a PUT would clear."""
    if standing is None:
        return {}
    shown = ((key, value) for key, value in standing.items() if key not in _KEPT_BY_CMS and isinstance(value, dict))
    kept = {key: value for key, value in shown if value.get("value", True) not in (None, "", [])}
    return kept | {key: standing[key] for key in ("startPublish", "stopPublish") if standing.get(key)}
