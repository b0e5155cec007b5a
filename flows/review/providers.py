"""One party's identity provider: OpenID Connect's authorization code flow with PKCE, and every answer checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx2
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from config.identity import is_safe
from config.schema import IdentityProvider

# Signed with the provider's own key. "none" is no signature, and HS256 would make our client secret a signing key.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")
_UNREADABLE = (JoseError, ValueError, KeyError, TypeError)
_SKEW_SECONDS = 60
_TIMEOUT_SECONDS = 10
_LONGEST_SUBJECT = 255
_FRESH = timedelta(hours=1)
# A provider that is down isn't asked again by everybody at once; a forged key id can't make us fetch keys in a loop.
_PAUSE = timedelta(seconds=10)
_PAUSE_FOR_KEYS = timedelta(minutes=1)


class Silent(Exception):
    """The provider can't be reached, or doesn't answer as one; `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NotAccepted(Exception):
    """The provider's answer must not be trusted; `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Provider:
    """An identity provider; what it says about itself and its keys are kept for an hour."""

    def __init__(
        self,
        settings: IdentityProvider,
        now: Callable[[], datetime],
        wanted: set[str],
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """`wanted` are the claims that matter here; `transport` stands in for the network in tests."""
        self.settings = settings
        self._now = now
        self._wanted = wanted
        self._transport = transport
        self._about: Mapping[str, Any] | None = None
        self._about_at = self._failed_at = self._keys_at = datetime.min.replace(tzinfo=now().tzinfo)
        self._keys: KeySet | None = None
        self._asking = asyncio.Lock()

    async def way_in(self, *, back: str, state: str, nonce: str, verifier: str) -> str:
        """Return the address at the provider where the person signs in; `back` is ours, where they return."""
        about = await self._describe()
        async with self._client(about, back) as client:
            url, _ = client.create_authorization_url(
                about["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    async def who(self, *, code: str, back: str, nonce: str, verifier: str) -> dict[str, Any]:
        """Return the claims about the person who came back with a code: an ID token's, checked, and the userinfo's.

        Raises NotAccepted for anything that doesn't fit this very sign-in, Silent where the provider can't answer.
        """
        about = await self._describe()
        async with self._client(about, back) as client:
            token = await self._token(client, about, code, verifier)
            claims = await self._id_token(token, nonce)
            if self._wanted - claims.keys() and about["userinfo_endpoint"]:
                claims = {**await self._userinfo(about, token, claims["sub"]), **claims}
        return claims

    async def way_out(self, back: str) -> str:
        """Return the address where the person ends the provider's own session too; empty when it offers none."""
        try:
            about = await self._describe()
        except Silent:
            return ""
        if not about["end_session_endpoint"]:
            return ""
        # No id_token_hint: we keep no token. The provider asks the person instead.
        where = [("client_id", self.settings.client_id), ("post_logout_redirect_uri", back), ("ui_locales", "sv")]
        return str(add_params_to_uri(about["end_session_endpoint"], where))

    async def answers_with_issuer(self) -> bool:
        """Tell whether the provider puts its name on the way back (RFC 9207), so that one without must be refused."""
        return (await self._describe()).get("authorization_response_iss_parameter_supported") is True

    async def _describe(self) -> Mapping[str, Any]:
        """Return the provider's own description, at most an hour old."""
        async with self._asking:
            now = self._now()
            if self._about is not None and now - self._about_at < _FRESH:
                return self._about
            if now - self._failed_at < _PAUSE:
                raise Silent("paused")
            try:
                address = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
                self._about = self._checked(await self._json(address))
            except Silent:
                self._failed_at = now
                raise
            self._about_at = now
            return self._about

    def _checked(self, about: Mapping[str, Any]) -> Mapping[str, Any]:
        if about.get("issuer") != self.settings.issuer:
            raise Silent("other_issuer")
        if not all(isinstance(about.get(k), str) and is_safe(about[k]) for k in _NEEDED):
            raise Silent("unsafe_endpoint")
        offered = {k: about.get(k) for k in _OPTIONAL}
        return {**about, **{k: v if isinstance(v, str) and is_safe(v) else "" for k, v in offered.items()}}

    async def _token(self, client: Any, about: Mapping[str, Any], code: str, verifier: str) -> Mapping[str, Any]:
        try:
            token = await client.fetch_token(about["token_endpoint"], code=code, code_verifier=verifier)
        except OAuthError as error:
            # A code that was used before, or is too old, ends here; other errors are a mistake in the connection.
            raise NotAccepted("code" if error.error == "invalid_grant" else "token_refused") from None
        except (httpx2.HTTPError, ValueError):
            raise Silent("token_endpoint") from None
        if not isinstance(token.get("id_token"), str) or not isinstance(token.get("access_token"), str):
            raise NotAccepted("no_id_token")
        return dict(token)

    async def _id_token(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        try:
            decoded = self._decoded(token["id_token"], await self._key_set())
        except (InvalidKeyIdError, BadSignatureError):
            # Perhaps the provider has new keys.
            decoded = self._decoded_or_not(token["id_token"], await self._key_set(anew=True))
        except _UNREADABLE:
            raise NotAccepted("id_token") from None
        expected = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
            "sub": {"essential": True},
        }
        known = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": token["access_token"]}
        claims = CodeIDToken(decoded.claims, decoded.header, expected, known)
        try:
            claims.validate(now=int(self._now().timestamp()), leeway=_SKEW_SECONDS)
        except _UNREADABLE as error:
            raise NotAccepted(f"id_token_{getattr(error, 'claim', 'claims')}") from None
        # OpenID Connect Core, section 2: at most 255 ASCII characters.
        if not (claims["sub"].isascii() and claims["sub"].isprintable() and len(claims["sub"]) <= _LONGEST_SUBJECT):
            raise NotAccepted("id_token_sub")
        return dict(claims)

    def _decoded_or_not(self, id_token: str, keys: KeySet) -> jwt.Token:
        try:
            return self._decoded(id_token, keys)
        except _UNREADABLE:
            raise NotAccepted("id_token") from None

    def _decoded(self, id_token: str, keys: KeySet) -> jwt.Token:
        about = self._about or {}
        offered = about.get("id_token_signing_alg_values_supported") or ["RS256"]
        allowed = [a for a in _ALGORITHMS if a in offered]
        return jwt.decode(id_token, keys, registry=JWSRegistry(algorithms=allowed, strict_check_header=False))

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        async with self._asking:
            age = self._now() - self._keys_at
            if self._keys is not None and age < (_PAUSE_FOR_KEYS if anew else _FRESH):
                return self._keys
            found = await self._json((self._about or {})["jwks_uri"])
            try:
                # Only keys that others can verify with: a symmetric one has no place in a public list.
                public = [k for k in found["keys"] if k.get("kty") in ("RSA", "EC", "OKP")]
                self._keys = KeySet.import_key_set({"keys": public})
            except (*_UNREADABLE, AttributeError):
                raise Silent("keys") from None
            self._keys_at = self._now()
            return self._keys

    async def _userinfo(self, about: Mapping[str, Any], token: Mapping[str, Any], subject: str) -> dict[str, Any]:
        found = await self._json(about["userinfo_endpoint"], {"Authorization": f"Bearer {token['access_token']}"})
        if found.get("sub") != subject:
            raise NotAccepted("userinfo_sub")
        return found

    async def _json(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what an address answers as JSON; it is never followed elsewhere."""
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, transport=self._transport) as client:
                answer = await client.get(url, headers={"Accept": "application/json", **(headers or {})})
                answer.raise_for_status()
                found = answer.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            raise Silent("unreachable") from None
        if not isinstance(found, dict):
            raise Silent("no_object")
        return found

    def _client(self, about: Mapping[str, Any], back: str) -> Any:
        secret = self.settings.client_secret.get_secret_value()
        methods = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        how = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return AsyncOAuth2Client(
            client_id=self.settings.client_id,
            client_secret=secret or None,
            token_endpoint_auth_method=how if secret else "none",
            scope=" ".join(self.settings.scopes),
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_TIMEOUT_SECONDS,
            transport=self._transport,
        )
