"""Problems of a config folder that only the source and channel kinds can see."""

from __future__ import annotations

from collections.abc import Iterator

from config import Config, ConfigError, Problem
from tasks import channels, notify, sources
from tasks.model import Refused
from tasks.wording import phrasing


def check(config: Config) -> None:
    """Raise ConfigError with what the kinds say about their own blocks; return when they say nothing."""
    problems = []
    for source in config.all_sources():
        try:
            said = sources.kind(source.kind).check(source)
        except Refused as trouble:
            said = [str(trouble)]
        problems += [Problem("källorna", f"source {source.id}", text, "rätta blocket") for text in said]
    for municipality in config.municipalities.values():
        for channel in municipality.channels:
            try:
                said = channels.kind(channel.kind).check(channel) if channel.enabled else []
            except Refused as trouble:
                said = [str(trouble)]
            place = f"channel {channel.id}"
            problems += [
                Problem(f"municipalities/{municipality.slug}.toml", place, text, "rätta blocket") for text in said
            ]
            if f"{channel.template}.j2" not in config.templates:
                known = ", ".join(sorted(config.templates))
                text = f"mallen {channel.template}.j2 finns inte"
                problems.append(
                    Problem(
                        f"municipalities/{municipality.slug}.toml", f"{place}.template", text, f"välj en av: {known}"
                    )
                )
    everybody = [("alarms.toml", n) for n in config.notify]
    everybody += [(f"municipalities/{m.slug}.toml", n) for m in config.municipalities.values() for n in m.notify]
    for file, somebody in everybody:
        if said_of := notify.problem_of(somebody):
            problems.append(Problem(file, f"notify {somebody.name}", said_of, "rätta adressen, ofta i miljön"))
    for file, names in _names_told(config):
        for name in sorted({n for n in names if names.count(n) > 1}):
            text = "två mottagare heter så, och den ena skulle tas för den andra"
            problems.append(Problem(file, f"notify {name}", text, "ge dem olika namn"))
    wrong = phrasing.troubles(config.templates)
    problems += [Problem("templates", "en formulering", str(said), "rätta blocket") for said in wrong]
    if problems:
        raise ConfigError(problems)


def _names_told(config: Config) -> Iterator[tuple[str, list[str]]]:
    """Yield each file with the names of those who are told of what concerns it."""
    ours = [n.name for n in config.notify]
    yield "alarms.toml", ours
    for municipality in config.municipalities.values():
        own = [n.name for n in municipality.notify]
        yield f"municipalities/{municipality.slug}.toml", [*own, *(n for n in ours if n in own)]
