"""What somebody may do: by group, by our own list, by municipality, and never by what they say of their party."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import config
from config import Config
from config.schema import IdentityProvider, Person
from flows.review import roles
from tests.visitors import OTHER, OWN, two_municipalities

POLICE = IdentityProvider(
    id="polisen",
    party="police",
    name="Polisen",
    issuer="https://id.example.se",
    client_id="x",
    role_claim="groups",
    roles={"chefer": frozenset({"approver"}), "alla": frozenset({"reporter"})},
)
LISTED = Person(id="a", name="Anna Listad", party="police", roles=["ops"], email="Anna@example.se")


def decisions(block: IdentityProvider = POLICE, *people: Person) -> Config:
    """Return two municipalities that share the police's provider; the first has these people, the other no groups."""
    both = two_municipalities(config.load())
    own = both.municipalities[OWN].model_copy(update={"identity_providers": (block,), "people": people})
    bare = block.model_copy(update={"roles": {}})
    other = both.municipalities[OTHER].model_copy(update={"identity_providers": (bare,), "people": ()})
    return replace(both, municipalities={OWN: own, OTHER: other})


def held(claims: dict[str, Any], *people: Person, **block: Any) -> set[str]:
    """Return the roles in the first municipality, after looking that there are none in the other."""
    chosen = POLICE.model_copy(update=block)
    found = roles.at_sign_in(decisions(chosen, *people), chosen, {"sub": "p-17", **claims})
    assert OTHER not in found
    return set(found.get(OWN, ()))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"groups": ["chefer", "alla", "annat"]}, {"approver", "reporter"}),
        ({"groups": "chefer"}, {"approver"}),
        ({"groups": []}, set()),
        ({"groups": None}, set()),
        ({"groups": {"chefer": True}}, set()),
        ({"groups": [["chefer"], 7, None]}, set()),
        ({"groups": ["CHEFER"]}, set()),
        ({}, set()),
    ],
)
def test_groups_give_roles(claims: dict[str, Any], expected: set[str]) -> None:
    """One or many, exactly as written in the config; anything odd gives nothing."""
    assert held(claims) == expected


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["chefer"]}}),
        ("https://example.se/roles", {"https://example.se/roles": ["chefer"]}),
    ],
)
def test_a_claim_may_lie_inside_another(name: str, claims: dict[str, Any]) -> None:
    """Providers nest their roles, or name them by an address with dots."""
    assert held(claims, role_claim=name) == {"approver"}
    assert held({}, role_claim=name) == set()
    assert held({"realm_access": "chefer"}, role_claim=name) == set()


@pytest.mark.parametrize(
    ("claims", "trusts", "expected"),
    [
        ({"email": "anna@EXAMPLE.se", "email_verified": True}, False, {"ops"}),
        ({"email": "anna@example.se", "email_verified": False}, False, set()),
        ({"email": "anna@example.se", "email_verified": "true"}, False, set()),
        ({"email": "anna@example.se"}, False, set()),
        ({"email": "anna@example.se"}, True, {"ops"}),
        ({"email": ""}, True, set()),
        ({"email": ["anna@example.se"]}, True, set()),
    ],
)
def test_an_address_counts_where_it_is_verified(claims: dict[str, Any], trusts: bool, expected: set[str]) -> None:
    """Somebody who may write their own address isn't whoever has it."""
    assert held(claims, LISTED, trusts_email=trusts) == expected


def test_a_subject_counts_as_it_is() -> None:
    """The provider's own id needs no more proof; people without id and address are nobody."""
    assert held({}, Person(id="a", name="A", party="police", roles=["ops"], subject="p-17")) == {"ops"}
    assert held({}, Person(id="a", name="A", party="police", roles=["ops"], subject="P-17")) == set()
    assert held({"email_verified": True}, Person(id="a", name="A", party="police", roles=["ops"])) == set()


def test_the_list_of_the_other_party_is_not_read() -> None:
    """A municipal person's address at the police's provider is just an address."""
    town = LISTED.model_copy(update={"party": "municipality"})
    assert held({"email": "anna@example.se", "email_verified": True, "party": "municipality"}, town) == set()


def test_invented_people_can_not_be_signed_in_as() -> None:
    """A demo person is nobody's, whatever the list says."""
    demo = LISTED.model_copy(update={"demo": True})
    assert held({"email": "anna@example.se", "email_verified": True}, demo) == set()


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Anna  Prov\n"}, "Anna Prov"),
        ({"name": "", "preferred_username": "anna"}, "anna"),
        ({"name": "\u202egnävräK\x00"}, "gnävräK"),
        ({"name": "x" * 500}, "x" * 120),
        ({"name": {"given": "Anna"}}, "Utan namn (Polisen)"),
        ({"email": "anna@example.se", "email_verified": True, "name": "Annat"}, "Anna Listad"),
    ],
)
def test_people_are_called_by_a_name_that_fits_on_a_page(claims: dict[str, Any], name: str) -> None:
    """Our list first, then the provider; nothing that turns text around or runs on for ever."""
    assert roles.called(decisions(POLICE, LISTED), POLICE, {"sub": "p-17", **claims}) == name


def test_the_hash_of_the_rules_follows_the_rules() -> None:
    """The same decisions give the same hash in any order; a role, a person or a client more gives another."""
    one = roles.rules(decisions(POLICE, LISTED))
    assert one == roles.rules(decisions(POLICE.model_copy(), LISTED.model_copy()))
    assert one != roles.rules(decisions(POLICE))
    assert one != roles.rules(decisions(POLICE.model_copy(update={"trusts_email": True}), LISTED))
    assert one != roles.rules(decisions(POLICE.model_copy(update={"roles": {"alla": frozenset({"ops"})}}), LISTED))
    assert one != roles.rules(decisions(POLICE, LISTED.model_copy(update={"roles": frozenset({"approver"})})))
