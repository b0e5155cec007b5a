"""An identity provider within the process: it says what a test wants it to say, and remembers what it was asked."""

from __future__ import annotations

import json
from typing import Any

import httpx2
from joserfc import jws
from joserfc.jwk import RSAKey

from config.schema import IdentityProvider
from flows.review.providers import Provider
from tests.reviewing import Clock

ISSUER = "https://id.polisen.example.se/realm"
SETTINGS = IdentityProvider(
    id="polisen", party="police", name="Polisen", issuer=ISSUER, client_id="lofteskollen", client_secret="hemlig"
)
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"})
# Valid for an hour from tests.reviewing.NOW.
GOOD = {"iss": ISSUER, "aud": "lofteskollen", "sub": "p-17", "nonce": "n", "iat": 1620633600, "exp": 1620637200}


class FakeProvider:
    """An identity provider within the process: what it says is what a test wants it to say."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.about: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/me",
            "end_session_endpoint": f"{ISSUER}/end",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        }
        self.keys = [KEY]
        self.id_token: str | None = signed(GOOD)
        self.userinfo: dict[str, Any] = {"sub": "p-17", "name": "Anna Prov", "email": "anna@example.se"}
        self.token_answer: httpx2.Response | None = None
        self.down = False
        self.asked: list[httpx2.Request] = []

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        self.asked.append(request)
        if self.down:
            raise httpx2.ConnectError("down")
        if request.url.path.endswith("/openid-configuration"):
            return httpx2.Response(200, json=self.about)
        if request.url.path.endswith("/keys"):
            return httpx2.Response(200, json={"keys": [k.as_dict(private=False) for k in self.keys]})
        if request.url.path.endswith("/me"):
            return httpx2.Response(200, json=self.userinfo)
        found = {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token}
        return self.token_answer or httpx2.Response(200, json={k: v for k, v in found.items() if v is not None})

    def provider(self, settings: IdentityProvider = SETTINGS) -> Provider:
        """Return our side of it."""
        return Provider(settings, self.clock, {"name", "email"}, httpx2.MockTransport(self.answer))

    def count(self, ending: str) -> int:
        """Return how often addresses with this ending were asked."""
        return sum(r.url.path.endswith(ending) for r in self.asked)


def signed(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    """Return an ID token."""
    whole = {"alg": "RS256", "kid": key.kid, **header}
    # Escaped, as many providers write it: half a character passes through unseen.
    return jws.serialize_compact(whole, json.dumps(claims).encode(), key, algorithms=[whole["alg"]])
