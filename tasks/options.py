"""A plug-in's own options: a small frozen model, and what is wrong with them said in Swedish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from config.schema import Decision
from tasks.model import Refused

_T = TypeVar("_T", bound=Decision)
_SWEDISH = {
    "missing": "saknas; lägg till den",
    "extra_forbidden": "är okänd; ta bort den eller rätta stavningen",
    "string_type": "ska vara text",
    "int_type": "ska vara ett heltal",
    "int_parsing": "ska vara ett heltal",
    "bool_type": "ska vara true eller false",
    "bool_parsing": "ska vara true eller false",
    "dict_type": "ska vara en tabell",
    "greater_than_equal": "är för litet",
    "less_than_equal": "är för stort",
}


def problems(model: type[Decision], options: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with `options`, one Swedish sentence each; empty when nothing is."""
    try:
        model.model_validate(dict(options))
    except ValidationError as error:
        return [_sentence(model, e["loc"], e["type"], e["msg"]) for e in error.errors(include_url=False)]
    return []


def read(model: type[_T], options: Mapping[str, Any], owner: str) -> _T:
    """Return `options` as a validated model; Refused names `owner` and every problem."""
    found = problems(model, options)
    if found:
        raise Refused(f"{owner}: {' '.join(found)}")
    return model.model_validate(dict(options))


def _sentence(model: type[Decision], place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = ".".join(str(p) for p in place) or "options"
    known = ", ".join(model.model_fields) or "inga"
    tail = f" (kända: {known})" if kind == "extra_forbidden" and len(place) == 1 else ""
    return f"Inställningen options.{name} {_SWEDISH.get(kind, f'kan inte användas: {message}')}{tail}."
