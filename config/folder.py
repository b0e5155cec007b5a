"""A loaded config folder, and what can be wrong with one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.schema import Channel, Commitment, Engine, Municipality, Notify, Promise, Retention, Source


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a config folder: where, what, and how to mend it."""

    file: str
    place: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.what}. Åtgärd: {self.mend}"


class ConfigError(Exception):
    """The config can't be used; `problems` holds every one found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))


@dataclass(frozen=True, slots=True)
class Config:
    """A whole config folder, validated; files that it lacks come from the shipped folder."""

    folder: Path
    database: str
    sources: tuple[Source, ...]
    municipalities: Mapping[str, Municipality]
    promises: Mapping[str, Promise]
    # Source text of every template, by file name.
    templates: Mapping[str, str]
    # Who is told of everything (alarms.toml); each municipality names its own people besides.
    notify: tuple[Notify, ...] = ()
    # What is purged when (retention.toml); each source says itself for how long its free text is kept.
    retention: Retention = field(default_factory=Retention)
    # How many processes share the promises (engine.toml).
    engine: Engine = field(default_factory=Engine)
    # Where people reach the review application (https://host); empty: only on this machine.
    address: str = ""

    def municipality_of(self, promise: Promise) -> Municipality:
        """Return the municipality that signed the promise."""
        return self.municipalities[promise.municipality]

    def sources_of(self, promise: Promise) -> tuple[Source, ...]:
        """Return the sources a promise draws on: its municipality's own, then the shared ones."""
        return (*self.municipality_of(promise).sources, *self.sources)

    def all_sources(self) -> tuple[Source, ...]:
        """Return every source of the installation once."""
        own = (s for m in self.municipalities.values() for s in m.sources)
        return (*self.sources, *own)

    def source(self, key: str) -> Source:
        """Return the source with that id; KeyError if there is none."""
        for source in self.all_sources():
            if source.id == key:
                return source
        raise KeyError(key)

    def channels_of(self, promise: Promise) -> tuple[Channel, ...]:
        """Return the enabled channels of the promise's municipality, sites first."""
        enabled = [c for c in self.municipality_of(promise).channels if c.enabled]
        return tuple(sorted(enabled, key=lambda c: (c.role != "site", c.id)))


def cross_check(config: Config) -> list[Problem]:
    """Return what is wrong between the files of a folder, each of them sound by itself."""
    problems = [*_duplicates(config)]
    for promise in config.promises.values():
        file = f"promises/{promise.slug}.toml"
        if promise.municipality not in config.municipalities:
            known = ", ".join(config.municipalities) or "ingen"
            problems.append(
                Problem(
                    file,
                    "municipality",
                    f"kommunen {promise.municipality!r} finns inte",
                    f"använd en av: {known}",
                )
            )
            continue
        if promise.ends < promise.signed:
            problems.append(Problem(file, "ends", "ligger före signed", "rätta ett av datumen"))
        known_sources = {s.id for s in config.sources_of(promise)}
        for commitment in promise.commitments:
            problems.extend(_check_commitment(file, commitment, known_sources))
    return problems


def _check_commitment(file: str, commitment: Commitment, known_sources: set[str]) -> list[Problem]:
    place = f"commitment {commitment.id}"
    problems = []
    for source in commitment.evidence_from:
        if source not in known_sources:
            names = ", ".join(sorted(known_sources))
            problems.append(
                Problem(
                    file,
                    f"{place}.evidence_from",
                    f"källan {source!r} finns inte",
                    f"använd någon av: {names}",
                )
            )
    if commitment.measure != "duty" and not commitment.evidence_from:
        problems.append(
            Problem(
                file,
                f"{place}.evidence_from",
                "ingen källa är ansvarig",
                "ange minst en källa",
            )
        )
    # A yes or a no is said of a way of working; only a series of counts has small numbers to hide.
    wanted = {"yes_no": "ongoing", "protected": "count"}.get(commitment.disclosure, commitment.measure)
    if commitment.measure != wanted:
        what = f"{commitment.disclosure!r} passar inte measure = {commitment.measure!r}"
        problems.append(Problem(file, f"{place}.disclosure", what, f"använd measure = {wanted!r} eller en annan klass"))
    if commitment.measure != "duty" and not (commitment.signals.named or commitment.signals.activity):
        mend = "ange minst ett ord som namnger aktiviteten, i named eller activity"
        problems.append(Problem(file, f"{place}.signals", "ord saknas", mend))
    return problems


def _duplicates(config: Config) -> list[Problem]:
    problems = []
    for file, kind, keys in [
        ("sources.toml och municipalities/*.toml", "source.id", [s.id for s in config.all_sources()]),
        *(
            (f"municipalities/{m.slug}.toml", "channel.id", [c.id for c in m.channels])
            for m in config.municipalities.values()
        ),
        *(
            (f"promises/{p.slug}.toml", "commitment.id", [c.id for c in p.commitments])
            for p in config.promises.values()
        ),
    ]:
        for key in sorted(k for k, times in Counter(keys).items() if times > 1):
            problems.append(Problem(file, kind, f"{key!r} finns flera gånger", "ge var och en ett eget id"))
    return problems
