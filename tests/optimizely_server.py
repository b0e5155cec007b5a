"""OurOptimizelyServer: our own local stand-in for a CMS 12 site with the Content Management API. It is not Optimizely
and knows nothing of our product.

It follows the owner's documentation and published controller: versions, the common draft that every call works on,
PUT that clears what it isn't given, no locking. It shows readers the published pages, counts what they would see
twice, and misbehaves on command. As a process: `python -m tests.optimizely_server --port P`.
"""

from __future__ import annotations

import html
import json
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.misbehaving import Answer, Misbehaving, Request, main

CLIENT, SECRET = "our-client", "our-client-secret-41ac"
API = "/api/episerver/v3.0/contentmanagement"
TOKEN = "/api/episerver/connect/token"
START, BIN = 5, 2
# Where new pages lie: id and public path.
MEDIA = 3
PARENTS = {START: "/", 1234: "/medborgarloften/strangnas/", MEDIA: "/globalassets/"}
# The site's one media type, which has no languages, and its one page type: property → the CMS' name of its kind.
IMAGE_TYPE = "ImageFile"
TYPE = "StandardPage"
PROPERTIES = {
    "mainBody": "PropertyXhtmlString",
    "teaserText": "PropertyLongString",
    "image": "PropertyContentReference",
    "category": "PropertyCategory",
}
STATUSES = {"checkedout", "checkedin", "published", "rejected", "delayedpublish", "awaitingapproval"}
# What a write may hold beside the type's own properties.
KNOWN = {
    "contentlink",
    "name",
    "language",
    "contenttype",
    "parentlink",
    "routesegment",
    "startpublish",
    "stoppublish",
    "status",
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MARK = re.compile(r'data-medborgarlofte="([^;"]+);')


@dataclass
class Version:
    """One version of a page: its work id, and what an editor sees."""

    work_id: int
    status: str
    name: str
    segment: str
    saved: datetime
    changed: datetime
    start: str | None = None
    stop: str | None = None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Content:
    """A page with all its versions, or an image; `draft` is the work id of the common draft."""

    guid: str
    id: int
    parent: int
    created: datetime
    draft: int = 0
    versions: dict[int, Version] = field(default_factory=dict)
    file: bytes = b""

    @property
    def public(self) -> Version | None:
        """The version that readers see."""
        shown = [v for v in self.versions.values() if v.status == "Published"]
        return shown[0] if shown and self.parent != BIN else None


class OurOptimizelyServer(Misbehaving):
    """A site on loopback with one page type and two places to put pages."""

    settings = (
        *Misbehaving.settings,
        "token_seconds",
        "may_publish",
        "token_status",
        "required",
        "strict",
        "tells_url",
    )

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Content] = {}
        self.token_seconds = 3600
        self.token_status = 200
        # False: the account may write drafts but not publish.
        self.may_publish = True
        # Properties that a complete validation asks for.
        self.required: tuple[str, ...] = ()
        # What the type doesn't have is refused (3.12, by a client's own notes) or passed over without a word (2.18).
        self.strict = True
        # Whether the API tells an image's address.
        self.tells_url = True
        self._tokens: dict[str, datetime] = {}
        self._clock = datetime.now(UTC).replace(microsecond=0)
        self._number = 2000

    def visible(self) -> dict[str, str]:
        """Return the public pages: address and HTML."""
        return {self.url + _path(c, v): _shown(v) for c in self.pages.values() if (v := c.public) and not c.file}

    def images(self) -> dict[str, bytes]:
        """Return the public images: address and bytes; each has a permanent link too."""
        shown = {self.url + _path(c, v): c.file for c in self.pages.values() if c.file and (v := c.public)}
        links = {
            f"{self.url}/link/{c.guid.replace('-', '')}.aspx": c.file
            for c in self.pages.values()
            if c.file and c.public
        }
        return shown | links

    def duplicates_visible(self) -> int:
        """Return how many pages too many a reader sees of one and the same follow-up."""
        return sum(
            n - 1 for n in Counter(key for text in self.visible().values() for key in _MARK.findall(text)).values()
        )

    def state(self) -> dict[str, Any]:
        """Return what a reader sees, and what is hidden."""
        drafts = [v.name for c in self.pages.values() for v in c.versions.values() if v.status == "CheckedOut"]
        return {"visible": self.visible(), "drafts": drafts, "duplicates_visible": self.duplicates_visible()}

    def edit(self, guid: str, *, publish: bool = False, **values: Any) -> None:
        """Change a page as an editor in the CMS would: `name`, `parent`, `status`, or a property."""
        with self.lock:
            content = self.pages[guid.lower()]
            content.parent = values.pop("parent", content.parent)
            version = self._writable(content, "Published" if publish else values.pop("status", "CheckedOut"))
            version.name = values.pop("name", version.name)
            version.values.update({key: {"value": value} for key, value in values.items()})

    def denied(self, request: Request) -> Answer | None:
        """Give tokens and public pages, and turn away calls whose token is missing, wrong or expired."""
        if request.where == TOKEN:
            return self._token(request)
        if not request.where.startswith("/api/"):
            return None
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        ends = self._tokens.get(given)
        if ends is None or ends <= datetime.now(UTC):
            return Answer(401, b"", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return None

    def refusal(self, fault: str) -> Answer:
        """Return a bare failure, as a proxy in front of the CMS words it; `expired` is a token that just ran out."""
        if fault == "expired":
            self._tokens.clear()
            return Answer(401, b"", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        headers = {"Retry-After": "30", "Date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")}
        return Answer(int(fault), b"<html>Service error</html>", headers if fault == "429" else {})

    def respond(self, request: Request) -> Answer:
        """Answer as the API does, or as the public site."""
        if not request.where.startswith("/api/"):
            return self._page(request)
        rest = request.where.removeprefix(API).strip("/")
        if not request.where.startswith(API) or (rest and not _GUID.fullmatch(rest)):
            return _problem(404, "Not Found")
        if request.method in ("PUT", "POST", "PATCH"):
            return self._write(request, rest.lower())
        content = self.pages.get(rest.lower())
        if content is None:
            return _problem(404, "Not Found", f"Content with guid {rest} was not found")
        if request.method == "DELETE":
            return self._delete(content, request.headers.get("x-epi-permanent-delete", "") == "true")
        if request.headers.get("Accept-Language", "sv").partition(",")[0] != "sv":
            return _problem(404, "Not Found")
        return Answer(200, self._model(content))

    def _token(self, request: Request) -> Answer:
        fields, _ = request.form()
        if self.token_status != 200:
            return Answer(self.token_status, b"<html>Service error</html>")
        if fields.get("grant_type") != "client_credentials":
            return Answer(400, {"error": "unsupported_grant_type"})
        if (fields.get("client_id"), fields.get("client_secret")) != (CLIENT, SECRET):
            return Answer(401, {"error": "invalid_client"})
        if fields.get("scope") != "epi_content_management":
            return Answer(400, {"error": "invalid_scope"})
        token = uuid.uuid4().hex
        self._tokens[token] = datetime.now(UTC) + timedelta(seconds=self.token_seconds)
        return Answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds})

    def _write(self, request: Request, guid: str) -> Answer:
        fields, files = request.form()
        try:
            asked = json.loads(fields.get("content") or request.body or b"null")
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return _problem(400, "Request body is required.")
        mode = request.headers.get("x-epi-validation-mode", "complete")
        if mode.lower() not in ("complete", "minimal"):
            return _problem(400, f"The value '{mode}' is not valid for ContentValidationMode.")
        if files or (asked.get("contentType") or [None])[-1] == IMAGE_TYPE:
            return self._media(asked, guid, files.get("file", b""))
        creating = request.method != "PATCH"
        wrong = self._wrong(asked, guid, creating=creating, complete=mode.lower() == "complete")
        if wrong:
            return wrong
        content = self.pages.get(guid or str(asked.get("contentLink", {}).get("guidValue", "")).lower())
        if request.method == "PATCH":
            return self._patch(content, asked)
        if request.method == "POST" and not guid and content:
            return _problem(409, f"The provided content link {content.guid} is already existed.")
        if content is None:
            return self._create(asked, guid)
        return self._update(content, asked, new_version=request.method == "POST")

    def _media(self, asked: dict[str, Any], guid: str, file: bytes) -> Answer:
        """Create an image: a form of two parts, `content` and `file`."""
        parent, kind = (asked.get("parentLink") or {}).get("id"), (asked.get("contentType") or [None])[-1]
        if kind != IMAGE_TYPE:
            return _problem(400, f"Content type '{kind}' does not exist.")
        if asked.get("language"):
            return _problem(
                400, "Language cannot be set when content type is not localizable", code="ContentNotLocalizable"
            )
        if parent != MEDIA:
            return _problem(400, "Cannot get parent content", code="InvalidParent")
        if not file or not asked.get("name") or not asked.get("status"):
            return _problem(400, "Missing status value on IVersionable content")
        if guid in self.pages:
            return _problem(500, "An image that is written over is not known here")
        self._number += 1
        content = Content(guid, self._number, MEDIA, self._now(), file=file)
        self.pages[guid] = content
        version = self._writable(content, "Published")
        version.name, version.segment = asked["name"], str(asked["name"]).casefold()
        return Answer(201, self._model(content), {"Location": f"{self.url}{API}/{guid}"})

    def _wrong(self, asked: dict[str, Any], guid: str, *, creating: bool, complete: bool) -> Answer | None:
        """Return the API's own objection to what is asked, in its words; None when it has none."""
        link, parent = asked.get("contentLink") or {}, asked.get("parentLink") or {}
        status, type_name = str(asked.get("status") or ""), (asked.get("contentType") or [None])[-1]
        named = len(str(asked.get("name") or "")) > 255
        strange = [key for key in asked if key not in PROPERTIES and key.lower() not in KNOWN] if self.strict else []
        objections = (
            (creating and not asked.get("name"), "The Name field is required.", ""),
            (named, "'Name' has exceeded its limit of 255 characters.", ""),
            (creating and not type_name, "Content Type is required.", ""),
            (creating and type_name and type_name != TYPE, f"Content type '{type_name}' does not exist.", ""),
            (creating and not parent, "The ParentLink field is required.", ""),
            (
                bool(guid and link.get("guidValue") and str(link["guidValue"]).lower() != guid),
                f"The guid value '{link.get('guidValue')}' on the provided content does not match the resource "
                "location and cannot be changed.",
                "",
            ),
            (
                creating and not asked.get("language"),
                "Language should not be null when content type is localizable",
                "",
            ),
            ((asked.get("language") or {}).get("name", "sv") != "sv", "The provided language does not exist.", ""),
            (creating and not status, "Missing status value on IVersionable content", ""),
            (
                bool(status) and status.lower() not in STATUSES,
                f"The value '{status}' is not valid for VersionStatus.",
                "",
            ),
            (
                creating and guid not in self.pages and parent.get("id") not in PARENTS,
                "Cannot get parent content",
                "InvalidParent",
            ),
            (
                status.lower() == "delayedpublish" and not asked.get("startPublish"),
                "StartPublish must be set when content item is set for scheduled publishing",
                "",
            ),
            (bool(strange), f"Property '{''.join(strange[:1])}' does not exist on {TYPE}.", "PropertyNotFound"),
            (
                status.lower() == "awaitingapproval",
                "Action RequestApproval requires that an approval definition is defined",
                "",
            ),
            (
                creating and complete and any(not (asked.get(p) or {}).get("value") for p in self.required),
                f"Property {', '.join(self.required)} is required.",
                "ContentValidation",
            ),
        )
        for is_so, said, code in objections:
            if is_so:
                return _problem(400, said, code=code)
        if status.lower() == "published" and not self.may_publish:
            return _problem(403, "Access was denied.")
        return None

    def _create(self, asked: dict[str, Any], guid: str) -> Answer:
        self._number += 1
        key = guid or str((asked.get("contentLink") or {}).get("guidValue") or uuid.uuid4()).lower()
        content = Content(key, self._number, asked["parentLink"]["id"], self._now())
        self.pages[key] = content
        self._fill(self._writable(content, _status(asked)), asked)
        return Answer(201, self._model(content), {"Location": f"{self.url}{API}/{key}"})

    def _update(self, content: Content, asked: dict[str, Any], *, new_version: bool) -> Answer:
        self._fill(self._writable(content, _status(asked), forced=new_version), asked)
        location = {"Location": f"{self.url}{API}/{content.guid}"} if new_version else {}
        return Answer(201 if new_version else 200, self._model(content), location)

    def _patch(self, content: Content | None, asked: dict[str, Any]) -> Answer:
        if content is None:
            return _problem(404, "Not Found")
        # The current version is written over, a published one too.
        version = content.versions[content.draft]
        version.saved = self._now()
        version.name = asked.get("name") or version.name
        version.values.update({key: asked[key] for key in PROPERTIES if key in asked})
        if asked.get("status"):
            self._become(content, version, _status(asked))
        return Answer(204, b"")

    def _delete(self, content: Content, for_good: bool) -> Answer:
        if for_good:
            del self.pages[content.guid]
        elif content.parent == BIN:
            return _problem(409, "The content item is already in the recycle bin.")
        else:
            content.parent = BIN
        return Answer(204, b"")

    def _writable(self, content: Content, status: str, *, forced: bool = False) -> Version:
        """Return the version that a save writes: the common draft itself, or a copy of it where it was published."""
        old = content.versions.get(content.draft)
        if old is None or forced or old.status not in ("CheckedOut", "CheckedIn", "Rejected"):
            self._number += 1
            moment = self._now()
            fresh = Version(self._number, "CheckedOut", "", "", moment, moment)
            version = replace(old, work_id=self._number, values=dict(old.values)) if old else fresh
            content.versions[version.work_id] = version
            content.draft = version.work_id
        version = content.versions[content.draft]
        version.saved = version.changed = self._now()
        self._become(content, version, status)
        return version

    def _become(self, content: Content, version: Version, status: str) -> None:
        if status == "Published":
            for other in content.versions.values():
                other.status = "PreviouslyPublished" if other.status == "Published" else other.status
            version.start = version.start or _moment(self._clock)
        version.status = status

    def _fill(self, version: Version, asked: dict[str, Any]) -> None:
        """Write what a PUT asks for; what it leaves out is cleared, unknown properties are passed over."""
        version.name, version.segment = asked["name"], asked.get("routeSegment") or _slug(asked["name"])
        version.start = asked.get("startPublish") or (_moment(self._clock) if version.status == "Published" else None)
        version.stop = asked.get("stopPublish")
        version.values = {key: asked[key] for key in PROPERTIES if isinstance(asked.get(key), dict)}

    def _model(self, content: Content) -> dict[str, Any]:
        """Return the common draft as the API shows it."""
        version = content.versions[content.draft]
        language = {"link": None, "displayName": "Swedish", "name": "sv"}
        shown = version.status == "Published" and (self.tells_url or not content.file)
        made: dict[str, Any] = {
            "contentLink": _link(content.id, version.work_id, content.guid),
            "name": version.name,
            "language": language,
            "existingLanguages": [language],
            "masterLanguage": language,
            "contentType": ["Image", "Media", IMAGE_TYPE] if content.file else ["Page", TYPE],
            "parentLink": _link(content.parent, 0, str(uuid.uuid5(uuid.NAMESPACE_OID, str(content.parent)))),
            "routeSegment": version.segment,
            "url": self.url + _path(content, version) if shown else None,
            "changed": _moment(version.changed),
            "created": _moment(content.created),
            "startPublish": version.start,
            "stopPublish": version.stop,
            "saved": _moment(version.saved),
            "status": version.status,
        }
        for name, kind in PROPERTIES.items():
            value = version.values.get(name, {}).get("value")
            empty: Any = [] if name == "category" else "" if kind == "PropertyLongString" else None
            made[name] = {"value": empty if value is None else value, "propertyDataType": kind}
        return made

    def _page(self, request: Request) -> Answer:
        image = self.images().get(f"{self.url}{request.where.casefold()}")
        if image is not None:
            return Answer(200, image, {"Content-Type": "image/png"})
        shown = self.visible().get(f"{self.url}{request.where.rstrip('/').casefold()}/")
        headers = {"Content-Type": "text/html; charset=utf-8"}
        if request.method != "GET" or shown is None:
            return Answer(404, b"<h1>Sidan finns inte</h1>", headers)
        return Answer(200, shown.encode(), headers)

    def _now(self) -> datetime:
        """Return the moment of a save; the API tells whole seconds, so no two are in the same one."""
        self._clock = max(self._clock + timedelta(seconds=1), datetime.now(UTC).replace(microsecond=0))
        return self._clock


def _shown(version: Version) -> str:
    values = {key: (value or {}).get("value") or "" for key, value in version.values.items()}
    teaser = f"<p>{html.escape(str(values.get('teaserText', '')))}</p>"
    body = f"<h1>{html.escape(version.name)}</h1>{teaser}<div>{values.get('mainBody', '')}</div>"
    return f"<!doctype html><html lang='sv'><title>Polisen</title><body><nav>Meny</nav>{body}</body></html>"


def _path(content: Content, version: Version) -> str:
    return f"{PARENTS.get(content.parent, '/')}{version.segment}{'' if content.file else '/'}".casefold()


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _status(asked: dict[str, Any]) -> str:
    names = {"checkedout": "CheckedOut", "checkedin": "CheckedIn", "published": "Published", "rejected": "Rejected"}
    return names.get(str(asked.get("status")).lower(), "CheckedIn")


def _link(number: int, work_id: int, guid: str) -> dict[str, Any]:
    return {"id": number, "workId": work_id, "guidValue": guid, "providerName": None, "url": None, "expanded": None}


def _moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _problem(status: int, title: str, detail: str = "", code: str = "") -> Answer:
    said = {"type": "https://tools.ietf.org/html/rfc7231", "title": title, "status": status}
    more = {**({"detail": detail} if detail else {}), **({"code": code} if code else {})}
    return Answer(status, {**said, **more}, {"Content-Type": "application/problem+json"})


if __name__ == "__main__":
    main(OurOptimizelyServer)
