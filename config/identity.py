"""Where people sign in, over all municipalities: what can be wrong with it, and what is still missing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from config.folder import Config, Problem
from config.schema import IdentityProvider, Municipality, Party


def providers(config: Config) -> dict[str, IdentityProvider]:
    """Return the connected providers by id; one that several municipalities share is there once."""
    return {p.id: p for m in config.municipalities.values() for p in m.identity_providers if p.connected}


def missing(config: Config) -> list[str]:
    """Return, in words, whose people can't sign in and why."""
    found = []
    parties: tuple[Party, Party] = ("police", "municipality")
    for municipality in config.municipalities.values():
        for party in parties:
            blocks = [p for p in municipality.identity_providers if p.party == party]
            if any(p.connected for p in blocks):
                continue
            why = "issuer och client_id är tomma" if blocks else f'inget [[identity_provider]] med party = "{party}"'
            name = municipality.party(party).short
            found.append(f"{name} i {municipality.short}: {why} i municipalities/{municipality.slug}.toml")
    return found


def is_safe(url: str) -> bool:
    """Tell whether an address may carry a sign-in: https, or plain http that never leaves this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises where the port is no number
    except ValueError:
        return False
    if not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    """Tell whether a host name or IP address is this machine's own."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(config: Config) -> list[Problem]:
    """Return what is wrong with the sign-in of a folder."""
    problems = [*_check_address(config.address)]
    for municipality in config.municipalities.values():
        problems += _check_providers(municipality)
        problems += _check_people(municipality)
    return [*problems, *_check_sharing(config)]


def _check_address(address: str) -> Iterator[Problem]:
    if address and not (is_safe(address) and address == "{0.scheme}://{0.netloc}".format(urlsplit(address))):
        mend = "skriv bara https:// och värdnamnet, till exempel https://lofteskollen.example.se"
        yield Problem("miljön", "LOFTESKOLL_ADDRESS", f"{address!r} går inte att använda", mend)


def _check_providers(municipality: Municipality) -> Iterator[Problem]:
    file = f"municipalities/{municipality.slug}.toml"
    known: set[str] = set()
    parties: set[str] = set()
    for provider in municipality.identity_providers:
        place = f"identity_provider {provider.id}"
        if provider.id in known:
            yield Problem(file, place, "finns flera gånger", "ge var och en ett eget id")
        known.add(provider.id)
        if bool(provider.issuer) != bool(provider.client_id):
            lacks = "client_id" if provider.issuer else "issuer"
            yield Problem(file, f"{place}.{lacks}", "värdet saknas", "ange både issuer och client_id, eller ingen")
        if provider.issuer and (not is_safe(provider.issuer) or set("?#") & set(provider.issuer)):
            mend = "skriv utfärdaren precis som den kallar sig"
            yield Problem(file, f"{place}.issuer", "är ingen https-adress", mend)
        if provider.roles and not provider.role_claim:
            yield Problem(file, f"{place}.role_claim", "värdet saknas", "ange vilken uppgift i svaret som ger rollerna")
        if "openid" not in provider.scopes:
            yield Problem(file, f"{place}.scopes", "openid saknas", "lägg till openid")
        if provider.connected and provider.party in parties:
            yield Problem(file, place, "parten har redan en inloggning", "behåll en för varje part")
        parties |= {provider.party} if provider.connected else set()


def _check_people(municipality: Municipality) -> Iterator[Problem]:
    file = f"municipalities/{municipality.slug}.toml"
    known: set[tuple[str, str, str]] = set()
    for person in municipality.people:
        names = [("subject", person.subject), ("email", person.email.casefold())]
        keys = {(person.party, key, value) for key, value in names if value}
        if keys and person.demo:
            mend = "ta bort subject och email, eller demo"
            yield Problem(file, f"person {person.id}", "en påhittad person kan inte logga in hos en myndighet", mend)
        if keys & known:
            yield Problem(file, f"person {person.id}", "samma subject eller email finns redan", "slå ihop blocken")
        known |= keys


def _check_sharing(config: Config) -> Iterator[Problem]:
    """One provider is the same everywhere: otherwise one person could come to speak for both parties."""
    first: dict[str, IdentityProvider] = {}
    for municipality in config.municipalities.values():
        for provider in municipality.identity_providers:
            if not provider.connected:
                continue
            file, place = f"municipalities/{municipality.slug}.toml", f"identity_provider {provider.id}"
            for key in (f"id {provider.id}", f"issuer {provider.issuer}"):
                if _connection(first.setdefault(key, provider)) != _connection(provider):
                    mend = "samma id, party, name, issuer, client_id, client_secret och scopes i alla kommuner"
                    yield Problem(file, place, f"skiljer sig från ett annat block med samma {key.split()[0]}", mend)


def _connection(provider: IdentityProvider) -> IdentityProvider:
    """Return what must agree between municipalities that share a provider."""
    own = {"role_claim": "", "roles": {}, "trusts_email": False}
    return provider.model_copy(update=own)
