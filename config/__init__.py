"""Load what people decided: TOML files and the environment become frozen, validated objects.

The only reader of `os.environ`. Every problem names file, place and mend; a bad config never starts a run.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, TemplateSyntaxError
from pydantic import ValidationError

from config import identity
from config.folder import Config, ConfigError, Problem, cross_check
from config.schema import Decision, Municipality, Notify, Promise, Retention, Source

SHIPPED = Path(__file__).parent
ROOT = SHIPPED.parent
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}")


def environment(name: str, default: str = "") -> str:
    """Return one environment variable."""
    return os.environ.get(name, default)


def set_environment(values: Mapping[str, str], *, override: bool = False) -> None:
    """Set environment variables for this process and its children; existing ones stay unless `override`."""
    for name, value in values.items():
        if override or name not in os.environ:
            os.environ[name] = value


def prefect_environment(home: Path) -> dict[str, str]:
    """Return the settings that Prefect needs here: a home of its own, no telemetry, patience at the first start."""
    return {
        "PREFECT_HOME": str(home.resolve()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # The first start took 17.8 s on two cores; Prefect's own limit of 20 s is too near.
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    }


def load(folder: str | Path | None = None, database: str | None = None) -> Config:
    """Return the validated config of `folder` (else $LOFTESKOLL_CONFIG, else the shipped one).

    `database` is an SQLAlchemy URL (else $LOFTESKOLL_DATABASE, else a SQLite file in `var/` of the working
    directory). Raises ConfigError with every problem found.
    """
    root = Path(folder or os.environ.get("LOFTESKOLL_CONFIG") or SHIPPED).resolve()
    problems: list[Problem] = []
    if not root.is_dir():
        raise ConfigError([Problem(str(root), "mappen", "den finns inte", "ange en befintlig mapp med --config")])
    shared = _load_sources(root, problems)
    municipalities = _load_municipalities(root, problems)
    promises = _load_promises(root, municipalities, problems)
    config = Config(
        folder=root,
        database=database or os.environ.get("LOFTESKOLL_DATABASE") or "sqlite:///var/lofteskoll.db",
        sources=shared,
        municipalities=municipalities,
        promises=promises,
        templates=_load_templates(root, problems),
        notify=_load_notify(root, problems),
        retention=_load_retention(root, problems),
        address=os.environ.get("LOFTESKOLL_ADDRESS", "").rstrip("/"),
    )
    problems.extend(cross_check(config))
    problems.extend(identity.check(config))
    if problems:
        raise ConfigError(problems)
    return config


def _load_sources(root: Path, problems: list[Problem]) -> tuple[Source, ...]:
    path = root / "sources.toml"
    if not path.exists():
        path = SHIPPED / "sources.toml"
    data = _read(path, root, problems)
    found = []
    for i, block in enumerate(data.pop("source", [])):
        source = _build(Source, block, path, root, f"source[{i}]", problems)
        if source:
            found.append(source)
    for key in data:
        problems.append(Problem(_name(path, root), key, "okänd nyckel", "ta bort den eller stava den som [[source]]"))
    return tuple(found)


def _load_notify(root: Path, problems: list[Problem]) -> tuple[Notify, ...]:
    path = root / "alarms.toml"
    if not path.exists():
        return ()
    found = []
    for i, block in enumerate(_read(path, root, problems).get("notify", [])):
        built = _build(Notify, block, path, root, f"notify[{i}]", problems)
        found += [built] if built else []
    return tuple(found)


def _load_retention(root: Path, problems: list[Problem]) -> Retention:
    path = root / "retention.toml"
    if not path.exists():
        path = SHIPPED / "retention.toml"
    return _build(Retention, _read(path, root, problems), path, root, "", problems) or Retention()


def _load_municipalities(root: Path, problems: list[Problem]) -> dict[str, Municipality]:
    folder = root / "municipalities"
    if not folder.is_dir():
        folder = SHIPPED / "municipalities"
    found: dict[str, Municipality] = {}
    for path in sorted(folder.glob("*.toml")):
        built = _build(Municipality, _read(path, root, problems), path, root, "", problems)
        if built:
            _same_as_file(path, root, built.slug, problems)
            found[built.slug] = built
    return found


def _load_promises(root: Path, known: Mapping[str, Municipality], problems: list[Problem]) -> dict[str, Promise]:
    own = root / "promises"
    folder = own if own.is_dir() else SHIPPED / "promises"
    found: dict[str, Promise] = {}
    for path in sorted(folder.glob("*.toml")):
        data = _read(path, root, problems)
        if not own.is_dir() and data.get("municipality") not in known:
            continue  # a folder with municipalities of its own takes only their promises from the shipped ones
        built = _build(Promise, data, path, root, "", problems)
        if built:
            _same_as_file(path, root, built.slug, problems)
            found[built.slug] = built
    return found


def _load_templates(root: Path, problems: list[Problem]) -> dict[str, str]:
    folder = root / "templates" if (root / "templates").is_dir() else SHIPPED / "templates"
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.j2")):
        found[path.name] = path.read_text(encoding="utf-8")
        broken = _syntax_error(found[path.name])
        if broken is not None:
            mend = "rätta raden; klammer och procenttecken måste stå i par"
            problems.append(Problem(_name(path, root), f"rad {broken[0]}", broken[1], mend))
    return found


@lru_cache(maxsize=256)
def _syntax_error(template: str) -> tuple[int, str] | None:
    """Return line and reason of a template that can't be parsed; the same text is parsed once."""
    try:
        Environment(autoescape=False).parse(template)  # noqa: S701 - parsed here, never rendered
    except TemplateSyntaxError as error:
        return error.lineno, str(error.message)
    return None


def _read(path: Path, root: Path, problems: list[Problem]) -> dict[str, Any]:
    """Return a TOML file as a dict, its `based_on` file underneath and ${VARIABLES} filled in."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(Problem(_name(path, root), "filen", "den finns inte", "skapa den eller rätta sökvägen"))
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(Problem(_name(path, root), "filen", f"går inte att läsa: {error}", "rätta raden som nämns"))
        return {}
    base = data.pop("based_on", None)
    if base is not None:
        below = _read((path.parent / str(base)).resolve(), root, problems)
        data = {**below, **data}
    filled: dict[str, Any] = _fill(data, path, root, "", problems)
    return filled


def _fill(value: Any, path: Path, root: Path, place: str, problems: list[Problem]) -> Any:
    if isinstance(value, dict):
        return {k: _fill(v, path, root, f"{place}.{k}".lstrip("."), problems) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, path, root, f"{place}[{i}]", problems) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def substitute(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        found = os.environ.get(name, default)
        if found is None:
            problems.append(
                Problem(
                    _name(path, root),
                    place,
                    f"miljövariabeln {name} saknas",
                    f"sätt {name} eller skriv ${{{name}:-standardvärde}}",
                )
            )
            return ""
        return found

    return _VARIABLE.sub(substitute, value)


_MENDS = {
    "missing": "lägg till nyckeln",
    "extra_forbidden": "ta bort nyckeln eller rätta stavningen",
    "literal_error": "välj ett av de tillåtna värdena",
    "string_pattern_mismatch": "använd små bokstäver, siffror, punkt och bindestreck",
}


_T = TypeVar("_T", bound=Decision)


def _build(
    model: type[_T], data: dict[str, Any], path: Path, root: Path, prefix: str, problems: list[Problem]
) -> _T | None:
    if not data:
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        for item in details:
            place = ".".join([prefix, *(str(p) for p in item["loc"])]).strip(".") or "filen"
            mend = _MENDS.get(item["type"], "rätta värdet")
            problems.append(Problem(_name(path, root), place, _swedish(item["type"], item["msg"]), mend))
        return None


def _swedish(kind: str, message: str) -> str:
    plain = {"missing": "värdet saknas", "extra_forbidden": "okänd nyckel"}
    return plain.get(kind, message)


def _same_as_file(path: Path, root: Path, slug: str, problems: list[Problem]) -> None:
    if path.stem != slug:
        problems.append(
            Problem(_name(path, root), "slug", f"är {slug!r} men filen heter {path.name}", "ge dem samma namn")
        )


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


__all__ = ["ROOT", "SHIPPED", "Config", "ConfigError", "Problem", "environment", "load", "set_environment"]
