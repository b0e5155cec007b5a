"""How well claims of effect, change, praise and blame are stopped: invented sentences, and how often real texts are."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tasks.evidence.swedish import sentences
from tasks.wording import language
from tasks.wording.fairness import claims
from tests.evaluate import _interval

DATA = Path(__file__).parent / "data" / "language"
# The rules were mended by `tuning` and `first-sight`, never by the other two; the README there tells more.
PARTS = ("tuning", "unseen", "first-sight", "second-sight")
KINDS = ("effect", "change", "praise", "blame")


def rows(part: str) -> list[tuple[str, str]]:
    """Return the sentences of a part, each after its label."""
    lines = (DATA / f"{part}.tsv").read_text(encoding="utf-8").splitlines()
    return [(label, text) for label, _, text in (line.partition("\t") for line in lines)]


def measure(*, quiet: bool = False) -> dict[str, float]:
    """Return the figures of every part and of the real texts; all but the first part's with its name before them."""
    made = {part: measure_part(part, quiet=quiet) for part in PARTS}
    named = {f"{part}_{name}": value for part in PARTS[1:] for name, value in made[part].items()}
    return {**made[PARTS[0]], **named, **measure_real()}


def measure_part(part: str, *, quiet: bool = False) -> dict[str, float]:
    """Print precision and recall of a part, whole and by kind, and return those of the whole.

    A stopped sentence is right when it is labelled with any kind of claim; a kind is recalled when its sentence is
    stopped, for whatever reason.
    """
    corpus = [(label, text, {c.kind for c in claims(text)}) for label, text in rows(part)]
    stopped = [(label, kinds) for label, _, kinds in corpus if kinds]
    right = sum(label != "neutral" for label, _ in stopped)
    wanted = sum(label != "neutral" for label, _, _ in corpus)
    print(f"{part}: {len(corpus)} meningar, {wanted} påståenden, {len(corpus) - wanted} neutrala")
    _line("alla", right, len(stopped), right, wanted)
    for kind in KINDS:
        said = [label for label, kinds in stopped if kind in kinds]
        hits = [kinds for label, _, kinds in corpus if label == kind]
        _line(kind, sum(x != "neutral" for x in said), len(said), sum(map(bool, hits)), len(hits))
    if not quiet and part == "tuning":
        for label, text, kinds in corpus:
            if (label != "neutral") != bool(kinds):
                print(f"    {label} → {', '.join(sorted(kinds)) or 'släppt'}: {text}")
    return {
        "sentences": len(corpus),
        "precision": round(right / (len(stopped) or 1), 4),
        "recall": round(right / (wanted or 1), 4),
    }


def _line(name: str, right: int, said: int, hits: int, wanted: int) -> None:
    precision = f"precision {right / (said or 1):.3f} ({right} av {said}) {_interval(right, said)}"
    print(f"  {name:<7} {precision}   recall {hits / (wanted or 1):.3f} ({hits} av {wanted}) {_interval(hits, wanted)}")


def measure_real() -> dict[str, int]:
    """Print how many sentences of the real texts would be stopped or remarked on, by file."""
    folder = Path(os.environ.get("LOFTESKOLL_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    counts: dict[str, Counter[str]] = {}
    for name, text in real_texts(folder):
        found = counts.setdefault(name, Counter())
        for sentence in sentences("", text)[1:]:
            found["sentences"] += 1
            found["stopped"] += bool(claims(sentence.text))
        found["remarks"] += len(language.advice(text))
    print(f"riktiga texter: {len(counts)} filer")
    for name, found in counts.items():
        if found["stopped"]:
            print(f"  {name:<45} {found['stopped']} av {found['sentences']} meningar skulle stoppas")
    every = sum(counts.values(), Counter())
    return {f"real_{name}": every[name] for name in ("sentences", "stopped", "remarks")}


def real_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each real promise, follow-up and record of the shared data; none if it is away."""
    for path in sorted((folder / "promises").glob("*.txt")):
        yield f"promises/{path.name}", path.read_text(encoding="utf-8")
    for path in sorted((folder / "replay").glob("*/promise.txt")):
        yield f"replay/{path.parent.name}/{path.name}", path.read_text(encoding="utf-8")
    for path in sorted((folder / "replay").glob("*/records.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text = row.get("text") or row.get("text_own_words") or ""
            yield f"replay/{path.parent.name}/{path.name}", f"{row.get('title') or ''}\n{text}"
