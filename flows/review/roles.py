"""What somebody may do, from what their authority's provider says of them and what our own list of people says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config import Config
from config.schema import IdentityProvider, Municipality, Person, Role
from tasks.model import canonical, digest

Claims = Mapping[str, Any]
_LONGEST_NAME = 120


def at_sign_in(config: Config, provider: IdentityProvider, claims: Claims) -> dict[str, frozenset[Role]]:
    """Return what somebody may do, by municipality: what groups give there, and what the list of people gives.

    The party is never asked of the claims: a provider's people act for the party that the config names.
    """
    found = {}
    for municipality, block in _blocks(config, provider):
        roles = {r for value in _values(claims, block.role_claim) for r in block.roles.get(value, ())}
        roles |= {r for person in _listed(municipality, block, claims) for r in person.roles}
        if roles:
            found[municipality.slug] = frozenset(roles)
    return found


def wanted_claims(config: Config, provider: IdentityProvider) -> set[str]:
    """Return the claims that decide what somebody may do and is called; those with dots by their first part too."""
    own = {block.role_claim for _, block in _blocks(config, provider) if block.role_claim}
    return {"name", "email"} | {name.split(".")[0] if "://" not in name else name for name in own}


def person_key(provider: IdentityProvider, claims: Claims) -> str:
    """Return the id under which somebody acts: the same in all municipalities, and nobody else's."""
    whole = digest(f"{provider.issuer} {claims['sub']}")
    return f"{provider.party}-{whole[:24]}"


def called(config: Config, provider: IdentityProvider, claims: Claims) -> str:
    """Return what somebody is called: as our own list says, else as the provider does; at most 120 characters."""
    own = [p.name for m, block in _blocks(config, provider) for p in _listed(m, block, claims)]
    told = [claims.get(k) for k in ("name", "preferred_username", "email")]
    for name in (*own, *told):
        if clean := readable(name):
            return clean
    return f"Utan namn ({provider.name})"


def readable(value: object) -> str:
    """Return a claim as it may stand on a page: one line, at most 120 characters; empty where it is no text."""
    line = " ".join(value.split()) if isinstance(value, str) else ""
    return "".join(c for c in line if c.isprintable()).strip()[:_LONGEST_NAME]


def rules(config: Config) -> str:
    """Return a hash of the decisions on who may do what: other decisions end the sessions that rest on these."""
    decided = {
        m.slug: [
            [[p.id, p.party, p.issuer, p.client_id, p.role_claim, p.trusts_email] for p in m.identity_providers],
            [[p.id, value, sorted(roles)] for p in m.identity_providers for value, roles in p.roles.items()],
            [[p.id, p.party, p.subject, p.email, p.demo, sorted(p.roles)] for p in m.people],
        ]
        for m in config.municipalities.values()
    }
    return digest(canonical(decided))


def _blocks(config: Config, provider: IdentityProvider) -> Iterator[tuple[Municipality, IdentityProvider]]:
    """Yield each municipality that takes people from a provider, with its own block for it."""
    for municipality in config.municipalities.values():
        for block in municipality.identity_providers:
            if block.id == provider.id and block.connected:
                yield municipality, block


def _listed(municipality: Municipality, block: IdentityProvider, claims: Claims) -> Iterator[Person]:
    """Yield the people in the municipality's list that somebody is, by subject or by an address that can be trusted."""
    email = claims.get("email")
    trusted = claims.get("email_verified") is True or block.trusts_email
    address = email.casefold() if isinstance(email, str) and trusted else ""
    for person in municipality.people:
        if person.party == block.party and not person.demo:
            same_subject = person.subject != "" and person.subject == claims["sub"]
            if same_subject or (address != "" and person.email.casefold() == address):
                yield person


def _values(claims: Claims, name: str) -> set[str]:
    """Return a claim's values, one or many; a name with dots that is no claim itself reaches inside."""
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for step in name.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    return {v for v in (found if isinstance(found, list) else [found]) if isinstance(v, str)}
