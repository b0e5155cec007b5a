"""Which municipality a request is about, and what the person may do there: roles never cross a municipal border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

from fastapi import HTTPException, Request

from config import Config
from config.schema import Role
from tasks.store import Db
from tasks.store.about import Thing, promise_of

Held = Mapping[str, frozenset[Role]]
# What the number in an address is the number of; the longer beginning is asked first.
_NUMBERS: tuple[tuple[str, str, Thing], ...] = (
    ("/utkast/", "draft_id", "draft"),
    ("/publiceringar/utgava/", "key", "draft"),
    ("/publiceringar/", "key", "publication"),
)
# Forms that name it themselves; the handlers read the same fields.
_UNDO, _ANSWER = "/fragor/angra", "/fragor/svar"
_NOWHERE = ""


def about(db: Db, request: Request) -> str | None:
    """Return the slug of the promise that a request is about: "" when there is no such thing, None for no promise."""
    path, values = request.url.path, request.path_params
    if "promise" in values:
        return str(values["promise"])
    for beginning, name, thing in _NUMBERS:
        if path.startswith(beginning) and name in values:
            return _numbered(db, thing, str(values[name]))
    form = request.state.form
    if path == _UNDO and form.get("svar"):
        return _numbered(db, "judgement", str(form["svar"]))
    if path == _ANSWER and form.get("promise"):
        return str(form["promise"])
    return None


def within(
    config: Config, held: Held, promise: str | None, wanted: frozenset[Role], *, changing: bool
) -> tuple[Config, frozenset[Role]]:
    """Return the part of the config that the person may see in this request, with the roles that count in it.

    About a promise: its municipality, where another municipality's is as good as missing (404). A list: all
    municipalities where the person has a role that it asks for. A change that names no promise would touch all of
    them: only roles that the person has in every municipality count.
    """
    if promise is not None:
        found = config.promises.get(promise)
        roles = held.get(found.municipality) if found else None
        if found is None or not roles:
            raise HTTPException(404)
        return _only(config, {found.municipality}), roles
    if changing:
        everywhere = [held.get(slug, frozenset[Role]()) for slug in config.municipalities]
        return config, reduce(frozenset.intersection, everywhere)
    places = {s for s in config.municipalities if held.get(s) and (not wanted or held[s] & wanted)}
    return _only(config, places), frozenset().union(*(held[s] for s in places))


def _only(config: Config, places: set[str]) -> Config:
    if len(places) == len(config.municipalities):
        return config
    return replace(
        config,
        municipalities={k: m for k, m in config.municipalities.items() if k in places},
        promises={k: p for k, p in config.promises.items() if p.municipality in places},
    )


def _numbered(db: Db, thing: Thing, key: str) -> str:
    # Nine digits fit every database's integer.
    known = promise_of(db, thing, int(key)) if key.isascii() and key.isdigit() and len(key) < 10 else None
    return known or _NOWHERE
