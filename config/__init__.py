"""Load what people decided: TOML files and the environment become frozen, validated objects.

The only reader of `os.environ`. Every problem names file, place and mend; a bad config never starts a run.
"""

from __future__ import annotations

import logging
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, TemplateSyntaxError
from pydantic import ValidationError

from config import identity
from config.folder import Config, ConfigError, Problem, cross_check
from config.schema import Decision, Engine, Municipality, Notify, Promise, Retention, Source

SHIPPED = Path(__file__).parent
ROOT = SHIPPED.parent
# At DEBUG these write whole addresses, headers and bodies, and so keys; at INFO httpx writes a line for every request.
# Whoever has the keys keeps them from both, whatever level somebody asks for.
_TALKATIVE = (
    *("apprise", "authlib", "httpcore", "httpcore2", "httpx", "httpx2", "oauthlib", "paramiko"),
    *("requests_oauthlib", "tweepy", "urllib3"),
)
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
        # What our journal and the verbs say stands in the run's own log too; outside a run there is none to stand in.
        "PREFECT_LOGGING_EXTRA_LOGGERS": "lofteskoll,tasks",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }


@dataclass(slots=True)
class _Reading:
    """One reading of a folder: the problems found on the way, and the files that others were based on."""

    root: Path
    problems: list[Problem] = field(default_factory=list)
    bases: set[Path] = field(default_factory=set)

    def name(self, path: Path) -> str:
        """Return how a problem names a file: as it lies in the folder."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def complain(self, path: Path, place: str, what: str, mend: str) -> None:
        """Note one thing wrong in a file."""
        self.problems.append(Problem(self.name(path), place, what, mend))


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A folder as it was last read, with all that it was made of: the same files and environment give it again."""

    config: Config
    bases: frozenset[Path]
    state: tuple[object, ...]


# Reading 290 municipalities takes seconds, and every task of a run asks for them.
_LOADED: dict[Path, _Loaded] = {}


def load(folder: str | Path | None = None, database: str | None = None) -> Config:
    """Return the validated config of `folder` (else $LOFTESKOLL_CONFIG, else the shipped one).

    `database` is an SQLAlchemy URL (else $LOFTESKOLL_DATABASE, else a SQLite file in `var/` of the working
    directory). A folder is read once per process until a file or the environment changes. Raises ConfigError with
    every problem found.
    """
    root = Path(folder or os.environ.get("LOFTESKOLL_CONFIG") or SHIPPED).resolve()
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    known = _LOADED.get(root)
    if known is None or known.state != _state(root, known.bases):
        known = _LOADED[root] = _load(root)
    chosen = database or _value("LOFTESKOLL_DATABASE") or "sqlite:///var/lofteskoll.db"
    return replace(known.config, database=chosen)


def _state(root: Path, bases: frozenset[Path]) -> tuple[object, ...]:
    """Return what a folder's decisions are made of: size and time of every file it may take, and the environment."""
    places = [where / part for where in (root, SHIPPED) for part in ("", "municipalities", "promises", "templates")]
    files = [Path(e.path) for place in places if place.is_dir() for e in os.scandir(place) if e.is_file()]
    stats = [(path, path.stat()) for path in sorted({*files, *bases, *_secret_files()}) if path.exists()]
    return (*((p, s.st_mtime_ns, s.st_size, s.st_ino) for p, s in stats), *sorted(os.environ.items()))


def _load(root: Path) -> _Loaded:
    """Read a folder and check it; the state is taken first, so that a change meanwhile is seen next time."""
    before = _state(root, frozenset())
    reading = _Reading(root)
    if not root.is_dir():
        raise ConfigError([Problem(str(root), "mappen", "den finns inte", "ange en befintlig mapp med --config")])
    municipalities = _load_municipalities(reading)
    config = Config(
        folder=root,
        database="",
        sources=_load_sources(reading),
        municipalities=municipalities,
        promises=_load_promises(reading, municipalities),
        templates=_load_templates(reading),
        notify=_load_notify(reading),
        retention=_load_retention(reading),
        engine=_load_engine(reading),
        address=os.environ.get("LOFTESKOLL_ADDRESS", "").rstrip("/"),
    )
    problems = [*reading.problems, *cross_check(config), *identity.check(config)]
    if problems:
        raise ConfigError(problems)
    bases = frozenset(reading.bases)
    return _Loaded(config, bases, _state(root, bases) if before == _state(root, frozenset()) else before)


def _load_sources(reading: _Reading) -> tuple[Source, ...]:
    path = reading.root / "sources.toml"
    if not path.exists():
        path = SHIPPED / "sources.toml"
    data = _read(path, reading)
    found = []
    for i, block in enumerate(data.pop("source", [])):
        source = _build(Source, block, path, f"source[{i}]", reading)
        if source:
            found.append(source)
    for key in data:
        reading.complain(path, key, "okänd nyckel", "ta bort den eller stava den som [[source]]")
    return tuple(found)


def _load_notify(reading: _Reading) -> tuple[Notify, ...]:
    path = reading.root / "alarms.toml"
    if not path.exists():
        return ()
    found = []
    for i, block in enumerate(_read(path, reading).get("notify", [])):
        built = _build(Notify, block, path, f"notify[{i}]", reading)
        found += [built] if built else []
    return tuple(found)


def _load_retention(reading: _Reading) -> Retention:
    path = reading.root / "retention.toml"
    if not path.exists():
        path = SHIPPED / "retention.toml"
    return _build(Retention, _read(path, reading), path, "", reading) or Retention()


def _load_engine(reading: _Reading) -> Engine:
    path = reading.root / "engine.toml"
    if not path.exists():
        path = SHIPPED / "engine.toml"
    return _build(Engine, _read(path, reading), path, "", reading) or Engine()


def _load_municipalities(reading: _Reading) -> dict[str, Municipality]:
    folder = reading.root / "municipalities"
    if not folder.is_dir():
        folder = SHIPPED / "municipalities"
    found: dict[str, Municipality] = {}
    for path in sorted(folder.glob("*.toml")):
        built = _build(Municipality, _read(path, reading), path, "", reading)
        if built:
            _same_as_file(path, built.slug, reading)
            found[built.slug] = built
    return found


def _load_promises(reading: _Reading, known: Mapping[str, Municipality]) -> dict[str, Promise]:
    own = reading.root / "promises"
    folder = own if own.is_dir() else SHIPPED / "promises"
    found: dict[str, Promise] = {}
    for path in sorted(folder.glob("*.toml")):
        data = _read(path, reading)
        if not own.is_dir() and data.get("municipality") not in known:
            continue  # a folder with municipalities of its own takes only their promises from the shipped ones
        built = _build(Promise, data, path, "", reading)
        if built:
            _same_as_file(path, built.slug, reading)
            found[built.slug] = built
    return found


def _load_templates(reading: _Reading) -> dict[str, str]:
    found: dict[str, str] = {}
    # A folder's own template takes the shipped one's place; those it lacks are the shipped ones.
    own = {path.name: path for root in (SHIPPED, reading.root) for path in (root / "templates").glob("*.j2")}
    for path in (own[name] for name in sorted(own)):
        found[path.name] = path.read_text(encoding="utf-8")
        broken = _syntax_error(found[path.name])
        if broken is not None:
            mend = "rätta raden; klammer och procenttecken måste stå i par"
            reading.complain(path, f"rad {broken[0]}", broken[1], mend)
    return found


@lru_cache(maxsize=256)
def _syntax_error(template: str) -> tuple[int, str] | None:
    """Return line and reason of a template that can't be parsed; the same text is parsed once."""
    try:
        Environment(autoescape=False).parse(template)  # noqa: S701 - parsed here, never rendered
    except TemplateSyntaxError as error:
        return error.lineno, str(error.message)
    return None


def _read(path: Path, reading: _Reading) -> dict[str, Any]:
    """Return a TOML file as a dict, its `based_on` file underneath and ${VARIABLES} filled in."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        reading.complain(path, "filen", "den finns inte", "skapa den eller rätta sökvägen")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reading.complain(path, "filen", f"går inte att läsa: {error}", "rätta raden som nämns")
        return {}
    base = data.pop("based_on", None)
    if base is not None:
        below_it = (path.parent / str(base)).resolve()
        reading.bases.add(below_it)
        below = _read(below_it, reading)
        data = {**below, **data}
    filled: dict[str, Any] = _fill(data, path, "", reading)
    return filled


def _fill(value: Any, path: Path, place: str, reading: _Reading) -> Any:
    if isinstance(value, dict):
        return {k: _fill(v, path, f"{place}.{k}".lstrip("."), reading) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, path, f"{place}[{i}]", reading) for i, v in enumerate(value)]
    if not isinstance(value, str) or "${" not in value:
        return value

    def substitute(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        try:
            found = _value(name, default)
        except (OSError, UnicodeDecodeError) as error:
            mend = f"rätta {name}_FILE eller filens rättigheter"
            reading.complain(path, place, f"filen med {name} går inte att läsa ({type(error).__name__})", mend)
            return ""
        if found is None:
            mend = f"sätt {name} eller skriv ${{{name}:-standardvärde}}"
            reading.complain(path, place, f"miljövariabeln {name} saknas", mend)
            return ""
        return found

    return _VARIABLE.sub(substitute, value)


def _value(name: str, default: str | None = None) -> str | None:
    """Return a variable of the environment, or what stands in the file that holds it.

    NAME_FILE points at such a file (container secrets); systemd lays one called NAME in its folder of credentials.
    """
    found = os.environ.get(name)
    if found is not None:
        return found
    file = _secret_file(name)
    return file.read_text(encoding="utf-8").rstrip("\r\n") if file else default


def _secret_file(name: str) -> Path | None:
    if pointed := os.environ.get(f"{name}_FILE"):
        return Path(pointed)
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    lain = Path(folder, name) if folder else None
    return lain if lain and lain.is_file() else None


def _secret_files() -> list[Path]:
    """Return every file that a variable may come from: a key that was changed in its place is read anew."""
    pointed = [Path(value) for key, value in os.environ.items() if key.endswith("_FILE") and value]
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return [*pointed, *(Path(folder).glob("*") if folder else ())]


_MENDS = {
    "missing": "lägg till nyckeln",
    "extra_forbidden": "ta bort nyckeln eller rätta stavningen",
    "literal_error": "välj ett av de tillåtna värdena",
    "string_pattern_mismatch": "använd små bokstäver, siffror, punkt och bindestreck",
}


_T = TypeVar("_T", bound=Decision)


def _build(model: type[_T], data: dict[str, Any], path: Path, prefix: str, reading: _Reading) -> _T | None:
    if not data:
        return None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        for item in details:
            place = ".".join([prefix, *(str(p) for p in item["loc"])]).strip(".") or "filen"
            mend = _MENDS.get(item["type"], "rätta värdet")
            reading.complain(path, place, _swedish(item["type"], item["msg"]), mend)
        return None


def _swedish(kind: str, message: str) -> str:
    plain = {"missing": "värdet saknas", "extra_forbidden": "okänd nyckel"}
    return plain.get(kind, message)


def _same_as_file(path: Path, slug: str, reading: _Reading) -> None:
    if path.stem != slug:
        reading.complain(path, "slug", f"är {slug!r} men filen heter {path.name}", "ge dem samma namn")


__all__ = ["ROOT", "SHIPPED", "Config", "ConfigError", "Problem", "environment", "load", "set_environment"]
