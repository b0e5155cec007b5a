"""Where people sign in: what a folder may say about it, and what is said when something is missing or unsafe."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from config import ConfigError, identity
from config.schema import SecretStr

POLICE = """
[[identity_provider]]
id = "polisen"
party = "police"
name = "Polisen"
issuer = "https://polisen.example.se"
client_id = "lofteskollen"
"""
TOWN = POLICE.replace("polisen", "kommunen").replace("police", "municipality").replace("Polisen", "Kommunen")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one municipality and nothing about sign-in."""
    (tmp_path / "municipalities").mkdir()
    _municipality(tmp_path, "provkoping", "")
    return tmp_path


def _municipality(folder: Path, slug: str, text: str) -> None:
    base = f'slug = "{slug}"\nname = "{slug} kommun"\nshort = "{slug}"\ncode = "9999"\ncounty = "Provlän"\n'
    parties = '[police]\nname = "Polisen"\nshort = "Polisen"\n[municipality]\nname = "Kommunen"\nshort = "Kommunen"\n'
    place = '[[place]]\nname = "Centrum"\n'
    (folder / "municipalities" / f"{slug}.toml").write_text(base + parties + place + text, encoding="utf-8")


def _problems(folder: Path, text: str, *, other: str = "") -> str:
    _municipality(folder, "provkoping", text)
    if other:
        _municipality(folder, "testhamn", other)
    with pytest.raises(ConfigError) as caught:
        config.load(folder)
    return str(caught.value)


def test_a_provider_for_each_party(folder: Path) -> None:
    """Two blocks are two ways in; nothing is missing then."""
    _municipality(folder, "provkoping", POLICE + TOWN)
    loaded = config.load(folder)
    assert {k: p.party for k, p in identity.providers(loaded).items()} == {
        "polisen": "police",
        "kommunen": "municipality",
    }
    assert identity.missing(loaded) == []


def test_what_is_missing_is_said_plainly(folder: Path) -> None:
    """Each party without a way in is named with the file and the key to fill in."""
    _municipality(folder, "provkoping", POLICE.replace("https://polisen.example.se", "").replace("lofteskollen", ""))
    police, town = identity.missing(config.load(folder))
    assert police == "Polisen i provkoping: issuer och client_id är tomma i municipalities/provkoping.toml"
    assert "inget [[identity_provider]]" in town


def test_the_shipped_municipality_is_connected_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three variables for each party connect it; without them it is merely not connected."""
    assert identity.providers(config.load()) == {}
    assert len(identity.missing(config.load())) == 2
    for name, value in {"ISSUER": "https://id.example.se", "CLIENT_ID": "x", "CLIENT_SECRET": "hemlig"}.items():
        monkeypatch.setenv(f"LOFTESKOLL_POLISEN_{name}", value)
    found = identity.providers(config.load())["polisen"]
    assert (found.party, found.issuer, found.client_secret) == ("police", "https://id.example.se", SecretStr("hemlig"))
    assert "hemlig" not in repr(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (POLICE.replace("https://", "http://"), "polisen.issuer: är ingen https-adress"),
        (POLICE.replace("https://polisen", "https://user@polisen"), "polisen.issuer: är ingen https-adress"),
        (POLICE.replace("example.se", "example.se?a=1"), "polisen.issuer: är ingen https-adress"),
        (POLICE.replace('client_id = "lofteskollen"', ""), "polisen.client_id: värdet saknas"),
        (POLICE.replace('issuer = "https://polisen.example.se"', ""), "polisen.issuer: värdet saknas"),
        (POLICE + '[identity_provider.roles]\nx = ["approver"]', "polisen.role_claim: värdet saknas"),
        (POLICE + 'role_claim = "g"\n[identity_provider.roles]\nx = ["king"]', "identity_provider.0.roles.x"),
        (POLICE + 'scopes = ["email"]', "polisen.scopes: openid saknas"),
        (POLICE + POLICE, "polisen: finns flera gånger"),
        (POLICE + POLICE.replace('"polisen"', '"andra"'), "andra: parten har redan en inloggning"),
        (POLICE + TOWN.replace("kommunen.example", "polisen.example"), "samma issuer"),
    ],
)
def test_an_unsafe_block_is_refused(folder: Path, text: str, said: str) -> None:
    """What can't be trusted, or would let one authority speak for the other, stops with file, place and mend."""
    assert said in _problems(folder, text)


def test_a_provider_is_the_same_in_every_municipality(folder: Path) -> None:
    """The police's provider serves many municipalities, but never as another party or with another client."""
    _municipality(folder, "provkoping", POLICE)
    _municipality(folder, "testhamn", POLICE + 'role_claim = "groups"\n[identity_provider.roles]\nx = ["ops"]')
    assert len(identity.providers(config.load(folder))) == 1
    assert "samma id" in _problems(folder, POLICE, other=POLICE.replace("lofteskollen", "annan"))
    assert "samma id" in _problems(folder, POLICE, other=POLICE.replace('"police"', '"municipality"'))
    assert "samma issuer" in _problems(folder, POLICE, other=POLICE.replace('"polisen"', '"annan"'))


def test_people_are_named_once_and_never_invented(folder: Path) -> None:
    """Two blocks with one e-mail address, and a demo person with one, are slips."""
    person = '[[person]]\nid = "a"\nname = "A"\nparty = "police"\nroles = ["ops"]\nemail = "A@example.se"\n'
    other = person.replace('"a"', '"b"').replace("A@", "a@")
    assert "samma subject eller email" in _problems(folder, person + other)
    assert "påhittad person" in _problems(folder, person + "demo = true\n")


@pytest.mark.parametrize(
    "address", ["http://example.se", "https://example.se/stig", "example.se", "https://", "http://["]
)
def test_the_address_is_https_and_bare(folder: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Cookies and redirects rest on the address: https and a host name, nothing else."""
    monkeypatch.setenv("LOFTESKOLL_ADDRESS", address)
    assert "LOFTESKOLL_ADDRESS" in _problems(folder, "")


@pytest.mark.parametrize("address", ["", "https://lofteskollen.example.se", "http://127.0.0.1:8320"])
def test_a_good_address_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """A host name with https, this machine, or none at all."""
    monkeypatch.setenv("LOFTESKOLL_ADDRESS", address)
    assert config.load(folder).address == address
