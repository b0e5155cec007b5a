"""The measurability coach on the command line: a promise, its file or any text → what it lacks, and a wording."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

import config as configuration
from config import Config
from config.schema import Promise
from flows.show import console, table
from tasks import coach
from tasks.coach import NAMES, NEEDS, Advice
from tasks.model import Refused

_COLUMNS = ("vem", "vad", "enhet", "antal", "plats", "när", "bekr.")


def advise(named: Sequence[str]) -> None:
    """Print the advice on each promise, file or text that is named; on every configured promise when none is."""
    config = configuration.load()
    every: list[Advice] = []
    for name in named or list(config.promises):
        title, found = _read(config, name)
        if not found:
            console.print(f"{title}: hittade inga löften i texten. Skriv ett löfte per rad, med ett streck framför.\n")
            continue
        every += found
        _show(config.templates, title, found)
    if len(named or config.promises) > 1 and every:
        console.print(f"Alla tillsammans: {_sum(every)}")


def _read(config: Config, name: str) -> tuple[str, tuple[Advice, ...]]:
    """Return the title and advice of what is named; Refused says what can be named."""
    if name in config.promises:
        promise = config.promises[name]
        return f"{promise.title} ({name})", coach.of_promise(promise)
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        known = ", ".join(config.promises)
        raise Refused(
            f"{name!r} är varken ett löfte eller en textfil som går att läsa. Välj något av {known}, eller ange en fil "
            "som slutar på .toml eller .txt (UTF-8)."
        ) from None
    if path.suffix != ".toml":
        return path.name, coach.of_text(text)
    try:
        promise = Promise.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path.name} går inte att läsa: {error}. Rätta raden som nämns.") from None
    except ValidationError as error:
        places = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_url=False))
        raise Refused(f"{path.name} är ingen löftesfil; se över: {places}.") from None
    return f"{promise.title} ({path.name})", coach.of_promise(promise)


def _show(templates: Mapping[str, str], title: str, found: Sequence[Advice]) -> None:
    made = table(title, "löfte", *_COLUMNS)
    for advice in found:
        made.add_row(f"{advice.key} {advice.heading}", *("ja" if need in advice.found else "–" for need in NEEDS))
    console.print(made)
    for advice in (a for a in found if a.missing):
        console.print(f"{advice.key} {advice.heading}: {coach.verdict(advice)}")
        console.print(f"    Saknas: {', '.join(NAMES[need] for need in advice.missing)}.")
        console.print(f"    Förslag: {advice.suggestion}\n")
    reasons = dict.fromkeys(why for a in found for why in coach.why(templates, a))
    if reasons:
        console.print("Varför det spelar roll")
        for why in reasons:
            console.print(f"    {why}")
    console.print(f"{_sum(found)}\n")


def _sum(found: Sequence[Advice]) -> str:
    fit = sum(not a.missing for a in found)
    lacks = ", ".join(f"{NAMES[need]} ({number})" for need, number in coach.common(found))
    return f"{fit} av {len(found)} löften går att följa upp som de är skrivna. Vanligast saknas: {lacks or 'inget'}."
