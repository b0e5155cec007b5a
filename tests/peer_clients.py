"""Independent clients at work on a server: Facebook's SDK, X's SDK, Mastodon.py. Run by the peers' own Python.

`python tests/peer_clients.py facebook|x|mastodon URL SECRETS-AS-JSON` prints what the client understood, as JSON.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def facebook(url: str, keys: dict[str, str]) -> dict[str, Any]:
    """Make a hidden draft with an image, show it, list it, read it, delete it; and be refused with a bad token."""
    from facebook_business.adobjects.page import Page
    from facebook_business.adobjects.pagepost import PagePost
    from facebook_business.api import FacebookAdsApi, FacebookSession
    from facebook_business.exceptions import FacebookRequestError

    FacebookSession.GRAPH = url
    api = FacebookAdsApi.init(access_token=keys["token"], timeout=5, crash_log=False)
    page = Page(keys["page"], api=api)
    words = {"published": "false", "alt_text_custom": "En bild"}
    # The SDK's own create_photo sends a file's name, not the file.
    photo = api.call("POST", (keys["page"], "photos"), words, files={"source": ("x.png", PIXEL, "image/png")}).json()
    media = [{"media_fbid": photo["id"]}]
    fields = {"message": "Hej på er", "published": False, "unpublished_content_type": "DRAFT", "attached_media": media}
    draft = page.create_feed(params=fields)
    asked = ["id", "is_published", "message", "permalink_url", "created_time"]
    hidden = PagePost(draft["id"], api=api).api_get(fields=asked)
    shown_before = len(page.get_published_posts(fields=["id"]))
    PagePost(draft["id"], api=api).api_update(params={"is_published": True})
    seen = PagePost(draft["id"], api=api).api_get(fields=asked)
    listed = [post["id"] for post in page.get_published_posts(fields=["id", "message"], params={"limit": 1})]
    PagePost(draft["id"], api=api).api_delete()
    errors = []
    for token, number in ((keys["token"], draft["id"]), ("fel", draft["id"])):
        try:
            PagePost(number, api=FacebookAdsApi.init(access_token=token, crash_log=False)).api_get(fields=["id"])
        except FacebookRequestError as error:
            errors.append([error.http_status(), error.api_error_code(), error.api_error_subcode()])
    return {
        "hidden": hidden["is_published"],
        "shown_before": shown_before,
        "seen": seen["is_published"],
        "message": seen["message"],
        "listed": listed,
        "id": draft["id"],
        "errors": errors,
    }


def x(url: str, keys: dict[str, str]) -> dict[str, Any]:
    """Upload an image with its words, post it with a link, read it, delete it: by X's own models."""
    import requests
    from requests.adapters import HTTPAdapter
    from xdk import Client
    from xdk.media.models import CreateMetadataRequest, UploadRequest
    from xdk.oauth1_auth import OAuth1
    from xdk.posts.models import CreateRequest

    class Elsewhere(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            request.url = (request.url or "").replace("https://api.x.com", url, 1)
            return super().send(request, *args, **kwargs)

    signer = OAuth1(
        keys["consumer_key"], keys["consumer_secret"], "http://127.0.0.1", keys["access_token"],
        keys["access_token_secret"],
    )  # fmt: skip
    client = Client(auth=signer)
    client.session.mount("https://api.x.com", Elsewhere())
    picture = base64.b64encode(PIXEL).decode()
    media = client.media.upload(UploadRequest(media=picture, media_category="tweet_image")).data
    words = {"id": media.id, "metadata": {"alt_text": {"text": "En bild"}}}
    client.media.create_metadata(CreateMetadataRequest.model_validate(words))
    body = {"text": keys["text"], "media": {"media_ids": [media.id]}}
    made = client.posts.create(CreateRequest.model_validate(body)).data
    read = client.posts.get_by_id(made.id, post_fields=["created_at", "entities", "attachments"]).data
    deleted = client.posts.delete(made.id).data.deleted
    links = [url_["expanded_url"] for url_ in read.model_dump()["entities"]["urls"]]
    return {"id": made.id, "size": media.size, "links": links, "text": read.text, "deleted": deleted}


def mastodon(url: str, keys: dict[str, str]) -> dict[str, Any]:
    """Read the account's own posts with their images' words, and what each answers."""
    from mastodon import Mastodon

    client = Mastodon(access_token=keys["token"], api_base_url=url, ratelimit_method="throw")
    me = client.me()
    return {
        "posts": [
            {
                "id": str(status.id),
                "content": status.content,
                "language": status.language,
                "visibility": status.visibility,
                "answers": str(status.in_reply_to_id) if status.in_reply_to_id else None,
                "alts": [media.description for media in status.media_attachments],
            }
            for status in client.account_statuses(me.id)
        ]
    }


_CLIENTS: dict[str, Callable[[str, dict[str, str]], dict[str, Any]]] = {
    "facebook": facebook,
    "x": x,
    "mastodon": mastodon,
}

if __name__ == "__main__":
    name, address, told = sys.argv[1:]
    print(json.dumps(_CLIENTS[name](address, json.loads(told))))
