"""What operators see of sign-in: what is connected, what is missing, who is in, and how to put them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import config
from config import Config
from config.schema import IdentityProvider
from flows import signing_in
from flows.__main__ import main
from tasks.model import Trouble
from tasks.store import Store, sessions
from tasks.store.sessions import Session
from tests.test_sessions import ANNA


@pytest.fixture
def connected() -> Config:
    """The shipped decisions with the police's provider connected."""
    loaded = config.load()
    block = IdentityProvider(
        id="polisen", party="police", name="Polisen", issuer="https://id.example.se", client_id="x"
    )
    town = loaded.municipalities["strangnas"].model_copy(update={"identity_providers": (block,)})
    return replace(loaded, municipalities={"strangnas": town}, address="https://lofteskollen.example.se")


def test_up_says_who_can_sign_in_and_who_can_not(connected: Config) -> None:
    """The address that the provider must know stands there, and the party without a way in."""
    said = signing_in.describe(connected, 8320, demo=False)
    assert said[0] == "Inloggning   Polisen, svarsadress https://lofteskollen.example.se/logga-in/polisen/svar"
    assert said[1].startswith("Kan inte logga in: Kommunen i Strängnäs: inget [[identity_provider]]")
    assert len(said) == 2


def test_up_says_plainly_when_nobody_can_sign_in() -> None:
    """Without any provider and without demo people, the lines say so, and what is missing for each party."""
    said = "\n".join(signing_in.describe(config.load(), 8320, demo=False))
    assert "Ingen kan logga in ännu" in said and "--demo-identities" in said
    assert said.count("Kan inte logga in:") == 2


def test_invented_people_never_get_a_public_address(connected: Config) -> None:
    """Demo mode and an address for others don't go together."""
    with pytest.raises(Trouble, match="Påhittade personer"):
        signing_in.describe(connected, 8320, demo=True)
    assert "påhittade personer" in signing_in.describe(config.load(), 8320, demo=True)[-1]


def test_sessions_are_listed_and_ended(sqlite_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Ops see who is in, with roles and times, and end one person's sessions or all."""
    _begin(sqlite_store, "a", ANNA)
    _begin(sqlite_store, "b", replace(ANNA, person="police-b", name="Bo Prov"))
    database = ["--database", sqlite_store.url]
    assert main(["sessions", *database]) == 0
    listed = capsys.readouterr().out
    assert "police-a  Anna Prov (polisen)" in listed and "strangnas: approver reviewer" in listed
    assert "Inloggade nu: 2" in listed
    assert main(["sessions", "--end", "police-a", *database]) == 0
    assert "Avslutade inloggningar: 1" in capsys.readouterr().out
    assert main(["sessions", "--end", "police-a", *database]) == 1
    assert "är inte inloggad" in capsys.readouterr().err
    assert main(["sessions", "--end", "alla", *database]) == 0
    main(["sessions", *database])
    assert "Inloggade nu: 0" in capsys.readouterr().out


def _begin(store: Store, key: str, session: Session) -> None:
    now = datetime.now(UTC)
    with store.writing() as db:
        sessions.begin(db, key * 64, replace(session, began_at=now, seen_at=now, ends_at=now + timedelta(hours=8)))
