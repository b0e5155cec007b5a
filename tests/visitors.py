"""Visitors of the review application who are nobody in the demo: any role, any party, any municipality."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from fastapi.testclient import TestClient

from config import Config
from config.schema import Party, Role
from flows.review import auth
from tasks.model import digest
from tasks.store import sessions
from tasks.store.sessions import Session
from tests.reviewing import PROMISE, House

OWN, OTHER, OTHER_PROMISE = "strangnas", "testhamn", "testhamn-2021"


def two_municipalities(config: Config) -> Config:
    """Return the config with a second municipality, Testhamn, that signed a promise of the same words."""
    home, promise = config.municipalities[OWN], config.promises[PROMISE]
    names = {"slug": OTHER, "name": "Testhamns kommun", "short": "Testhamn", "sources": (), "channels": ()}
    other = home.model_copy(update=names)
    theirs = promise.model_copy(update={"slug": OTHER_PROMISE, "municipality": OTHER, "title": "Löftet i Testhamn"})
    return replace(
        config,
        municipalities={**config.municipalities, OTHER: other},
        promises={**config.promises, OTHER_PROMISE: theirs},
    )


def visitor(home: House, party: Party, roles: Mapping[str, frozenset[Role]], name: str = "") -> TestClient:
    """Return a client with a running session, as sign-in at the party's provider would have left it."""
    token, now = secrets.token_urlsafe(32), home.clock()
    called = name or f"{party} {dict(roles)}"
    person = f"{party}-{digest(called)[:24]}"
    begun = Session(person, called, party, "provider", roles, home.app.state.rules, now, now, now + auth.LONGEST)
    with home.store.writing() as db:
        sessions.begin(db, digest(token), begun)
    client = home.client()
    client.cookies.set(auth.READING, token)
    client.cookies.set(auth.CHANGING, auth._derived(token, auth.CHANGING))
    return client
