"""All short wordings, file by file: each can be said, and none claims what a follow-up can't hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tasks import charts, coach
from tasks.model import Refused
from tasks.phrases import Phrases
from tasks.progress import reasons
from tasks.templating import Sheet
from tasks.wording import catalogue, news, statuses
from tasks.wording.fairness import unfair_claims
from tasks.wording.figures import WORDS as RESULTS

EVERY = (reasons.WORDS, statuses.WORDS, RESULTS, charts.WORDS, news.WORDS, catalogue.WORDS, coach.WORDS)


def check(templates: Mapping[str, str]) -> None:
    """Raise Refused, with file, line and reason, at the first wording that is broken or unfair."""
    for trouble in troubles(templates):
        raise trouble


def troubles(templates: Mapping[str, str]) -> Iterator[Refused]:
    """Yield what is wrong, the first thing of each file."""
    for words in EVERY:
        try:
            words.check(templates)
            _refuse_unfair(words, templates)
        except Refused as trouble:
            yield trouble


def _refuse_unfair(words: Phrases, templates: Mapping[str, str]) -> None:
    """Raise Refused where words claim an effect, praise or blame, also in a branch that its example doesn't take."""
    sheet = Sheet(templates, words.file)
    lines: dict[str, int] = {}
    for part, line, text in sheet.typed:
        lines.setdefault(part, line)
        _refuse(words.file, line, text)
    for part, told in words.known.items():
        _refuse(words.file, lines.get(part, 0), words.say(templates, part, **told))


def _refuse(file: str, line: int, text: str) -> None:
    if claims := unfair_claims(text):
        raise Refused(f"Mallen {file}, rad {line}: {' '.join(claims)}")
