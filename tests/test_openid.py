"""What an identity provider may say: every answer that doesn't fit this very sign-in is refused, with a word why."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey

from flows.review import roles
from flows.review.providers import NotAccepted, Provider, Silent
from tests.fake_provider import GOOD, ISSUER, KEY, OTHER_KEY, SETTINGS, FakeProvider, signed


def who(provider: Provider) -> dict[str, Any]:
    """Return the claims that our side accepts."""
    return asyncio.run(provider.who(code="c", back="https://x/svar", nonce="n", verifier="v"))


def refused(there: FakeProvider) -> str:
    """Return why our side refuses."""
    with pytest.raises(NotAccepted) as caught:
        who(there.provider())
    return caught.value.reason


def test_the_way_in_carries_state_nonce_and_a_challenge() -> None:
    """The address holds what the answer will be held against, and never the verifier or the secret."""
    there = FakeProvider()
    url = asyncio.run(there.provider().way_in(back="https://x/svar", state="s", nonce="n", verifier="v" * 43))
    asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{ISSUER}/auth?")
    assert asked["response_type"] == "code" and asked["client_id"] == "lofteskollen"
    assert (asked["state"], asked["nonce"], asked["redirect_uri"]) == ("s", "n", "https://x/svar")
    assert asked["code_challenge_method"] == "S256" and asked["scope"] == "openid profile email"
    assert "v" * 43 not in url and "hemlig" not in url


def test_a_good_answer_is_accepted_and_completed() -> None:
    """The ID token says who; what it leaves out is asked of userinfo, and the token's own claims win."""
    there = FakeProvider()
    there.id_token = signed({**GOOD, "email": "token@example.se"})
    claims = who(there.provider())
    assert (claims["sub"], claims["name"], claims["email"]) == ("p-17", "Anna Prov", "token@example.se")
    [sent] = [r for r in there.asked if r.url.path.endswith("/token")]
    body = parse_qs(sent.content.decode())
    assert body["code_verifier"] == ["v"] and body["redirect_uri"] == ["https://x/svar"]
    assert base64.b64decode(sent.headers["authorization"].removeprefix("Basic ")) == b"lofteskollen:hemlig"


def test_a_complete_token_asks_nobody_else() -> None:
    """Where the ID token says everything, userinfo isn't asked."""
    there = FakeProvider()
    there.id_token = signed({**GOOD, "name": "Anna", "email": "a@example.se"})
    who(there.provider())
    assert there.count("/me") == 0


def test_a_client_without_a_secret_rests_on_pkce() -> None:
    """A public client sends its id and the verifier, and no empty password."""
    there = FakeProvider()
    who(there.provider(SETTINGS.model_copy(update={"client_secret": type(SETTINGS.client_secret)("")})))
    [sent] = [r for r in there.asked if r.url.path.endswith("/token")]
    assert "authorization" not in sent.headers and b"client_id=lofteskollen" in sent.content


def test_a_provider_that_takes_the_secret_in_the_form() -> None:
    """The method that the provider offers is the one that is used."""
    there = FakeProvider()
    there.about["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    who(there.provider())
    [sent] = [r for r in there.asked if r.url.path.endswith("/token")]
    assert "authorization" not in sent.headers and b"client_secret=hemlig" in sent.content


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "https://id.annan.example.se"}, "id_token_iss"),
        ({"iss": ISSUER + "/"}, "id_token_iss"),
        ({"aud": "annan"}, "id_token_aud"),
        ({"aud": ["annan", "tredje"]}, "id_token_aud"),
        ({"aud": ["lofteskollen", "annan"]}, "id_token_azp"),
        ({"azp": "annan"}, "id_token_azp"),
        ({"nonce": "annan"}, "id_token_nonce"),
        ({"nonce": None}, "id_token_nonce"),
        ({"exp": 1620633600 - 61}, "id_token_exp"),
        ({"exp": "snart"}, "id_token_exp"),
        ({"exp": None}, "id_token_exp"),
        ({"iat": 1620633600 + 61}, "id_token_iat"),
        ({"nbf": 1620633600 + 61}, "id_token_nbf"),
        ({"sub": ""}, "id_token_sub"),
        ({"sub": 17}, "id_token_sub"),
        ({"sub": None}, "id_token_sub"),
        ({"at_hash": "fel"}, "id_token_at_hash"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(change: dict[str, Any], reason: str) -> None:
    """Issuer, audience, nonce, times and subject must be those of this sign-in; None means that the claim is gone."""
    there = FakeProvider()
    there.id_token = signed({k: v for k, v in {**GOOD, **change}.items() if v is not None})
    assert refused(there) == reason


def test_a_minute_of_skew_is_forgiven() -> None:
    """Two clocks are never quite the same."""
    there = FakeProvider()
    there.id_token = signed({**GOOD, "exp": 1620633600 - 59, "iat": 1620633600 + 59})
    assert who(there.provider())["sub"] == "p-17"


def by_hand(algorithm: str, secret: bytes) -> str:
    """Return a token that no library would sign: with no key, or with a public one taken for a shared secret."""
    parts = ({"alg": algorithm, "kid": "k1"}, GOOD)
    body = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
    mark = hmac.new(secret, body.encode(), "sha256").digest() if secret else b""
    return f"{body}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "forge",
    [
        lambda: by_hand("none", b""),
        lambda: by_hand("None", b""),
        lambda: by_hand("HS256", KEY.as_pem(private=False)),
        lambda: by_hand("HS256", b"hemlig"),
        lambda: by_hand("RS256", b"hemlig"),
        lambda: signed(GOOD, RSAKey.import_key(OTHER_KEY.as_dict(private=True) | {"kid": "k1"})),
        lambda: signed(GOOD, OTHER_KEY),
        lambda: signed(GOOD, OTHER_KEY, jwk=OTHER_KEY.as_dict(private=False)),
        lambda: signed(GOOD)[:-6] + "AAAAAA",
        lambda: signed(GOOD).replace(".", "", 1),
        lambda: "inte ens ett",
        lambda: "",
        lambda: "a.b.c",
    ],
)
def test_a_forged_signature_is_refused(forge: Callable[[], str]) -> None:
    """Only the provider's own key signs: not none, not HS256 with something public, not a key that came along."""
    there = FakeProvider()
    there.id_token = forge()
    assert refused(there) in ("id_token", "no_id_token")


def test_elliptic_curves_are_accepted() -> None:
    """ES256 is as good as RS256 where the provider offers it."""
    there = FakeProvider()
    key = ECKey.generate_key("P-256", {"kid": "e1", "use": "sig"})
    there.keys = [KEY, key]
    there.id_token = signed(GOOD, key, alg="ES256")
    assert who(there.provider())["sub"] == "p-17"


def test_an_answer_without_an_id_token_is_refused() -> None:
    """OAuth alone is no sign-in."""
    there = FakeProvider()
    there.id_token = None
    assert refused(there) == "no_id_token"


def test_userinfo_of_somebody_else_is_refused() -> None:
    """Userinfo must be about the same subject."""
    there = FakeProvider()
    there.userinfo = {"sub": "p-18", "name": "Bertil"}
    assert refused(there) == "userinfo_sub"


@pytest.mark.parametrize(
    ("status", "error", "reason"), [(400, "invalid_grant", "code"), (401, "invalid_client", "token_refused")]
)
def test_a_refused_code_is_told_apart_from_a_refused_client(status: int, error: str, reason: str) -> None:
    """A replayed code is the person's matter, a refused client is ops'."""
    there = FakeProvider()
    there.token_answer = httpx2.Response(status, json={"error": error})
    assert refused(there) == reason


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(502, text="<html>"),
        httpx2.Response(200, text="inte json"),
        httpx2.Response(302, headers={"location": "http://169.254.169.254/"}),
    ],
)
def test_nonsense_from_the_token_endpoint_is_a_silent_provider(answer: httpx2.Response) -> None:
    """A proxy's error page or a redirect elsewhere is nobody's sign-in, and is never followed."""
    there = FakeProvider()
    there.token_answer = answer
    with pytest.raises(Silent):
        who(there.provider())
    assert all(r.url.host == "id.polisen.example.se" for r in there.asked)


def test_keys_are_kept_and_fetched_anew_when_they_changed() -> None:
    """One fetch serves an hour; a new key is found at once, but a forged one can't make us fetch in a loop."""
    there = FakeProvider()
    ours = there.provider()
    for _ in range(3):
        who(ours)
    assert (there.count("/openid-configuration"), there.count("/keys")) == (1, 1)
    there.keys, there.id_token = [OTHER_KEY], signed(GOOD, OTHER_KEY)
    there.clock.moment += timedelta(minutes=2)
    assert who(ours)["sub"] == "p-17"
    assert there.count("/keys") == 2
    there.id_token = signed(GOOD, KEY)
    for _ in range(3):
        with pytest.raises(NotAccepted):
            who(ours)
    assert there.count("/keys") == 2
    there.clock.moment += timedelta(hours=1)
    there.id_token = signed({**GOOD, "exp": GOOD["exp"] + 9000}, OTHER_KEY)
    who(ours)
    assert (there.count("/openid-configuration"), there.count("/keys")) == (2, 3)


def test_a_provider_that_is_down_is_not_asked_by_everybody() -> None:
    """After a failure everyone gets the answer at once; ten seconds later it is tried again."""
    there = FakeProvider()
    there.down = True
    ours = there.provider()
    for _ in range(5):
        with pytest.raises(Silent):
            asyncio.run(ours.way_in(back="x", state="s", nonce="n", verifier="v"))
    assert len(there.asked) == 1
    there.down = False
    there.clock.moment += timedelta(seconds=11)
    assert asyncio.run(ours.way_in(back="x", state="s", nonce="n", verifier="v"))


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://id.annan.example.se"},
        {"issuer": None},
        {"token_endpoint": "http://id.polisen.example.se/token"},
        {"jwks_uri": "http://169.254.169.254/latest"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"token_endpoint": 7},
    ],
)
def test_an_unsafe_description_is_not_used(change: dict[str, Any]) -> None:
    """Another issuer's description, and anything that isn't https, is as good as no answer."""
    there = FakeProvider()
    there.about.update(change)
    with pytest.raises(Silent):
        asyncio.run(there.provider().way_in(back="x", state="s", nonce="n", verifier="v"))


def test_the_way_out_is_offered_where_there_is_one() -> None:
    """Signing out at the provider leads back to us; without the endpoint, or when it is unsafe, nothing is offered."""
    there = FakeProvider()
    url = asyncio.run(there.provider().way_out("https://x/logga-in"))
    assert url.startswith(f"{ISSUER}/end?")
    assert parse_qs(urlsplit(url).query)["post_logout_redirect_uri"] == ["https://x/logga-in"]
    there.about["end_session_endpoint"] = "http://example.se/end"
    assert asyncio.run(there.provider().way_out("https://x")) == ""
    there.down = True
    assert asyncio.run(there.provider().way_out("https://x")) == ""


def test_the_party_never_comes_from_a_claim() -> None:
    """Whatever a token claims, a person of the police's provider is police, and is the same one everywhere."""
    claims = {"sub": "p-17", "party": "municipality"}
    assert roles.person_key(SETTINGS, claims).startswith("police-")
    assert roles.person_key(SETTINGS, claims) == roles.person_key(SETTINGS, {"sub": "p-17"})
    assert roles.person_key(SETTINGS, claims) != roles.person_key(SETTINGS, {"sub": "p-18"})
