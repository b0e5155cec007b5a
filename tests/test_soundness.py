"""The gate: a page that is not valid or not accessible in its structure never becomes a draft."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model import Refused
from tasks.pages.soundness import LARGEST, _structural, problems, skeleton
from tasks.store import Store, drafts
from tests.conftest import absent
from tests.following import composed, sample, shipped
from tests.test_opendata import CORRECTED, RETRACTED
from tests.year import Year

VNU = Path(__file__).parent / "valid/node_modules/vnu-jar/build/dist/vnu.jar"
EVERY = [*(o for n in (1, 2, 3) for o in composed(*sample(n))), *CORRECTED, *RETRACTED]
PAGES = [o.body for o in EVERY if o.name.endswith("index.html")]
FRAGMENTS = [o.body for o in EVERY if o.name.endswith("fragment.html")]
PAGE = PAGES[0].decode()
TEMPLATE = shipped().templates["page.html.j2"]


def test_every_page_of_the_sample_year_passes() -> None:
    """Three periods on both sites, a correction and a retraction."""
    assert [problems(page) for page in PAGES] == [()] * len(PAGES)


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ('<html lang="sv">', "<html>", 'saknar lang="sv"'),
        ("<h1>", "<h1>Två</h1><h1>", "2 huvudrubriker"),
        ('<h2 id="laget">', '<h2 id="laget"></h2><h4>', "hoppar över en nivå"),
        ("<caption>", "<!--", "<caption>"),
        ('scope="col"', "", "utan scope"),
        ('<img src="mal.png" alt="', '<img src="mal.png" alt="" title="', "saknar alternativtext"),
        ('id="diagram"', 'id="laget"', "står 2 gånger"),
        ('href="#c1"', 'href="#finns-inte"', "som inte finns"),
        ("<footer>", '<footer><a href="https://example.org/"></a>', "saknar text"),
        ("<main ", "<div ", "precis ett <main>"),
        ("</h1>", "", "ogiltig HTML"),
        ("</table>", "", "ogiltig HTML"),
        ("<p ", "<p onclick='x' ", "ska inte köra"),
        ("</head>", "<script>1</script></head>", "inte behöva skript"),
        ("initial-scale=1", "initial-scale=1,user-scalable=no", "förstoras"),
        ('<svg aria-hidden="true"', "<svg", "varken gömd"),
        ('aria-labelledby="c1-rubrik"', 'aria-labelledby="c99"', "c99"),
    ],
)
def test_each_break_is_seen(good: str, bad: str, told: str) -> None:
    """One break at a time, said in Swedish."""
    assert good in PAGE
    found = problems(PAGE.replace(good, bad, 1).encode())
    assert any(told in problem for problem in found), found


def test_a_page_that_is_too_large_is_seen() -> None:
    """More than 60 kB does not load where the reception is poor."""
    assert problems(PAGE.replace("</main>", f"<p>{'a' * LARGEST}</p></main>").encode())[0].startswith("sidan är")


SMALL = (
    '<!DOCTYPE html><html lang="sv"><head><title>Sida</title><style>p > b {}</style></head><body><main id="a"><h1>Ett '
    'löfte</h1><!-- en > not < här --><p class="x">Text &amp; mer <b>text</b>.</p><table><caption>Tabell</caption><tr>'
    '<th scope="col">A</th></tr></table><img src="a.png" alt="En > bild <"><a href="#a">Upp</a></main></body></html>'
)
PIECES = [
    *"<>\"'&-=/ x\0\u00a0\x0b\ufdd0å", "text ", "<p>", "</p>", "</h1>", "<h2>", "<!--", "-->", '<b a=">', "<script>",
    "</script>", ' onclick="x"', "<textarea>", "&amp;", "&nbsp", "<svg>", "<td>", "</table>", " alt=", "]]>",
    "<a href=''>",
]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(SMALL)), st.sampled_from(PIECES)), max_size=4))
def test_words_change_nothing_about_a_pages_structure(put: list[tuple[int, str]]) -> None:
    """However a page is broken, the page with its words taken out is broken too, and a sound one stays sound."""
    page = SMALL
    for place, piece in put:
        page = page[:place] + piece + page[place:]
    assert problems(page.encode()) == _structural(page.encode())


def test_a_saved_sentence_is_the_same_structure() -> None:
    """So it costs nothing; only a new paragraph does."""
    assert skeleton(PAGE.replace("</p>", " Ett tillägg, åäö & mer.</p>").replace("& ", "&amp; ").encode()) == skeleton(
        PAGE.replace("</p>", " Fler.</p>").encode()
    )
    assert len(skeleton(PAGE.encode())) < len(PAGE.encode())
    assert skeleton(b"<p>\xff</p>") == b"<p>\xff</p>"


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ('<th scope="row">', "<th>", "utan scope"),
        ('alt="{{ chart.alt }}"', "", "saknar alternativtext"),
        ("<h1>", "<h2>", "ogiltig HTML"),
    ],
)
def test_a_broken_template_makes_no_draft(
    sqlite_store: Store, tmp_path: Path, good: str, bad: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal names the page, the reason and the template; nothing is stored, so nothing can be approved."""
    year = Year(tmp_path / "config", sqlite_store)
    now, whole = year.due("2021-T1"), year.config
    year.collect(now)
    assert good in TEMPLATE
    broken = replace(whole, templates={**whole.templates, "page.html.j2": TEMPLATE.replace(good, bad)})
    monkeypatch.setattr(Year, "config", broken)
    with pytest.raises(Refused, match="sidan kan inte godkännas") as refused:
        year.draft("2021-T1", now)
    assert told in str(refused.value) and "page.html.j2" in str(refused.value)
    with sqlite_store.reading() as db:
        assert drafts.latest(db, year.promise_slug, "2021-T1") is None


@pytest.mark.slow
def test_the_html_checker_finds_no_error(tmp_path: Path) -> None:
    """The Nu HTML checker over every page, and every fragment as it stands in a page of a CMS; it sees a broken one."""
    if not VNU.is_file() or shutil.which("java") is None:
        absent("vnu-jar or java is not installed (make npm, a headless JRE)")
    around = '<!doctype html><html lang="sv"><head><title>T</title></head><body><main><h1>R</h1>{}</main></body></html>'
    whole = [*PAGES, *(around.format(f.decode()).encode() for f in FRAGMENTS)]
    for number, page in enumerate(whole):
        (tmp_path / f"{number}.html").write_bytes(page)
    (tmp_path / "broken.html").write_text(PAGE.replace("<main ", "<main role='x' ", 1), encoding="utf-8")
    files = sorted(str(p) for p in tmp_path.iterdir())
    command = ["java", "-Xss4m", "-jar", str(VNU), "--format", "json", "--exit-zero-always", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    said = json.loads(done.stderr)["messages"]
    errors = [(Path(m["url"]).name, m["message"], m.get("extract", "")) for m in said if m["type"] == "error"]
    assert {name for name, _, _ in errors} == {"broken.html"}, errors
