"""Every shipped template: broken, it is refused with its file, line and reason before there is a draft."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

import config
from tasks import correcting, wording
from tasks.model import Output, Refused, Retraction
from tasks.pages import notices
from tasks.periods import period
from tasks.phrases import Phrases
from tasks.templating import Sheet
from tasks.wording import letters, phrasing
from tasks.wording.phrasing import EVERY
from tests.following import composed, sample, shipped

MADE, PLACE, FOLLOW = sample(3)
NAMES = sorted(shipped().templates)


def all_that_is_tried(templates: Mapping[str, str]) -> None:
    """Do what is done before a draft is kept: write its texts, render its pages, try its letters and its notice."""
    phrasing.check(templates)
    names = [c.template for c in PLACE.channels]
    blocks = wording.blocks(templates, FOLLOW, MADE, PLACE, names)
    composed(MADE, PLACE, FOLLOW, blocks, templates=templates)
    letters.check(templates, MADE, PLACE, period(MADE, FOLLOW.period))
    notices.check(templates, MADE, PLACE, period(MADE, FOLLOW.period))


def test_the_shipped_templates_are_whole() -> None:
    """Nothing is refused, and every template is of use: a file that nothing reads would be a wording without effect."""
    all_that_is_tried(shipped().templates)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in {w.file for w in EVERY}])
def test_an_unknown_name_is_refused_with_file_and_line(name: str) -> None:
    """Put where the template begins to say something, also in a file that others include."""
    lines = shipped().templates[name].splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if n > 0 and _says_something(lines, n))
    broken = "".join([*lines[:at], "{{ finns_inte }}\n", *lines[at:]])
    with pytest.raises(Refused) as caught:
        all_that_is_tried({**shipped().templates, name: broken})
    assert f"Mallen {name}, rad {at + 1}: " in str(caught.value)
    assert "finns_inte" in str(caught.value)


def _says_something(lines: list[str], at: int) -> bool:
    """Tell whether a line is outside the comment at the top, and inside a block where the template has blocks."""
    before = "".join(lines[:at])
    if before.count("{#") != before.count("#}"):
        return False
    return "{% block" not in "".join(lines) or before.count("{% block") > before.count("{% endblock")


PHRASES = [(words, part) for words in EVERY for part in words.known]


@pytest.mark.parametrize(("words", "part"), PHRASES, ids=[part for _, part in PHRASES])
def test_every_wording_is_the_template_s(words: Phrases, part: str) -> None:
    """Changed, it is said; taken away, emptied, misspelt or with a figure typed by hand, its file is refused."""
    text = shipped().templates[words.file]
    whole = re.search(rf"{{% block {part} %}}(.*?){{% endblock %}}", text)
    assert whole

    def instead(said: str) -> dict[str, str]:
        return {**shipped().templates, words.file: text.replace(whole[0], said)}

    changed = instead(whole[0].replace("%}", "%}Alltså: ", 1))
    assert words.say(changed, part, **words.known[part]).startswith("Alltså: ")
    words.check(changed)
    line = text[: whole.start()].count("\n") + 1
    for said, why in (
        ("", f"saknar blocket {part}"),
        (f"{{% block {part} %}} {{% endblock %}}", f"block {part}: texten är tom"),
        (whole[0].replace("%}", "%}{{ finns_inte }}", 1), f"rad {line}: okänt namn"),
        (whole[0].replace("%}", "%}minst 4 ", 1), f"rad {line}: en siffra är skriven för hand i {part}"),
    ):
        with pytest.raises(Refused, match=re.escape(f"Mallen {words.file}")) as caught:
            all_that_is_tried(instead(said))
        assert why in str(caught.value)


def test_no_wording_is_there_for_nothing() -> None:
    """A block that nothing says would be edited without effect."""
    for words in EVERY:
        assert set(Sheet(shipped().templates, words.file).parts) == set(words.known)


@pytest.mark.parametrize("words", EVERY, ids=[words.file for words in EVERY])
def test_an_unfair_wording_is_refused_with_file_and_line(words: Phrases) -> None:
    """Also in a branch that no example takes: nothing that staff write here may claim an effect or praise anybody."""
    text = shipped().templates[words.file]
    part = next(iter(words.known))
    start = text.index(f"{{% block {part} %}}")
    line = text[:start].count("\n") + 1
    for claim in (
        "Vandringarna har lett till färre inbrott.",
        "{% if false %}Polisen gör ett fantastiskt jobb.{% endif %}",
    ):
        broken = text[:start] + text[start:].replace("%}", "%}" + claim, 1)
        with pytest.raises(Refused, match=rf"^Mallen {re.escape(words.file)}, rad {line}: ”"):
            phrasing.check({**shipped().templates, words.file: broken})


def test_an_edited_result_is_in_the_table_and_over_the_whole_promise() -> None:
    """Results in few words, what was promised and what isn't known; the open data's numbers stay."""
    text = shipped().templates["resultat.j2"]
    edited = text.replace("sammanlagt,", "totalt,").replace("inget antal angivet", "inget tal").replace(">har", ">HAR")
    edited = edited.replace("block head_target %}Lovat", "block head_target %}Utlovat")
    templates = {**shipped().templates, "resultat.j2": edited}
    made, place, follow = sample(3, templates=templates)
    blocks = wording.blocks(templates, follow, made, place, [c.template for c in place.channels])
    outputs = composed(made, place, follow, blocks, templates=templates)
    (page,) = [o.body.decode() for o in outputs if _site(o) and o.name.endswith("/index.html")]
    assert "3 totalt, 1 under perioden" in page and "sammanlagt," not in page
    assert "Utlovat</th>" in page and "Inget tal" in page and "nget antal angivet" not in page


def test_an_edited_result_is_no_news_in_a_correction() -> None:
    """Reworded between two editions, the same result is not told as changed; a new result is."""
    text = (
        shipped().templates["resultat.j2"].replace("sammanlagt", "totalt").replace("första uppf", "allra första uppf")
    )
    templates = {**shipped().templates, "resultat.j2": text}
    again = sample(3, templates=templates)[2]
    assert again.figures != FOLLOW.figures
    assert correcting.changes(templates, MADE, FOLLOW, (), again, ()) == ()
    assert correcting.in_fact(correcting.moved(FOLLOW, again), FOLLOW, again, MADE) == []
    told = [said for _, said in correcting.changes(templates, MADE, sample(2)[2], (), again, ())]
    assert any("totalt" in said for said in told)


def test_an_edited_why_is_on_the_page_and_corrects_nothing() -> None:
    """Why an activity isn't counted."""
    text = (
        shipped()
        .templates["skal.j2"]
        .replace("%}inställd{%", "%}ställdes in{%")
        .replace("polisen deltog inte", "utan polis")
    )
    templates = {**shipped().templates, "skal.j2": text}
    moved = []
    for number in (1, 2, 3):
        before, again = sample(number)[2], sample(number, templates=templates)[2]
        found = correcting.moved(before, again)
        moved += [token for token, _, _ in found if token.endswith(".not_counted")]
        assert correcting.in_fact(found, before, again, MADE) == []
    assert moved


def test_an_edited_status_is_on_both_pages_and_in_the_lead() -> None:
    """The word beside the icon and the one that counts them; the open data keep theirs."""
    text = shipped().templates["status.j2"]
    templates = {**shipped().templates, "status.j2": text.replace("uppfylld", "hålln").replace("uppfyllt", "hållet")}
    made, place, follow = sample(3, templates=templates)
    blocks = wording.blocks(templates, follow, made, place, [c.template for c in place.channels])
    outputs = {o.name: o.body.decode() for o in composed(made, place, follow, blocks, templates=templates) if _site(o)}
    for name, body in outputs.items():
        if name.endswith(("index.html", "lofte.html")):
            assert "Hållet</span>" in body and "Uppfyllt</span>" not in body
            assert "4 hållna, 2 delvis hållna" in body or name.endswith("lofte.html")
        if name.endswith("summary.json"):
            assert '"uppfyllt"' in body and "hållet" not in body


def _site(output: Output) -> bool:
    return output.channel == "strangnas.se" and output.media_type != "image/png"


def test_an_edited_chart_is_on_the_page_in_the_file_and_beside_the_post() -> None:
    """Title and words alike, wherever the chart goes."""
    text = shipped().templates["diagram.j2"]
    edited = text.replace("Gjort av det som lovades", "Så långt har vi kommit").replace(
        "Gjort sedan löftet", "Sedan löftet"
    )
    outputs = composed(MADE, PLACE, FOLLOW, templates={**shipped().templates, "diagram.j2": edited})
    pages = [o.body.decode() for o in outputs if o.name.endswith("/index.html")]
    words = [o.body.decode() for o in outputs if o.name.endswith(("mal.svg", ".alt.txt"))]
    assert pages and all("Så långt har vi kommit" in p and "Sedan löftet undertecknades, mot" in p for p in pages)
    assert words and all("Sedan löftet undertecknades, mot" in w and "Gjort sedan" not in w for w in words)


def test_an_edited_correction_says_what_changed_in_those_words() -> None:
    """A moved status is told in the template's words; a status only worded anew is not told as moved."""
    text = shipped().templates["notiser.j2"]
    templates = {**shipped().templates, "notiser.j2": text.replace("läget var", "vi skrev")}
    before = sample(2)[2]
    told = [said for _, said in correcting.changes(templates, MADE, before, (), FOLLOW, ())]
    assert any(s.startswith("vi skrev ”på väg” och är nu") for s in told)
    words = {**templates, "status.j2": shipped().templates["status.j2"].replace("uppfyllt", "hållet")}
    assert correcting.changes(templates, MADE, FOLLOW, (), sample(3, templates=words)[2], ()) == ()


def test_edited_news_are_in_both_feeds_and_on_the_notice() -> None:
    """A follow-up's title in the feeds, and why one was taken back."""
    text = shipped().templates["notiser.j2"]
    edited = text.replace(": uppföljning {{", ": så gick det {{").replace("En uppgift var fel.", "Vi skrev fel.")
    templates = {**shipped().templates, "notiser.j2": edited}
    told = Retraction(MADE.slug, "2021-T3", 1, "error", "k1", "municipality", datetime(2022, 2, 1, 8, tzinfo=UTC))
    made = period(MADE, "2021-T3")
    taken = notices.notice(MADE, PLACE, PLACE.channels, PLACE.channels[0], made, told, templates, [])
    feeds = [o for o in (*composed(MADE, PLACE, FOLLOW, templates=templates), *taken) if "/feed." in o.name]
    assert feeds and all("Medborgarlöfte 2021: så gick det" in o.body.decode() for o in feeds)
    assert all("Vi skrev fel." in o.body.decode() for o in taken if o.name.endswith(("index.html", "feed.xml")))


def test_an_edited_reason_is_on_the_page() -> None:
    """A folder with that one file changed: what citizens read changes, and nothing else does."""
    text = shipped().templates["skal.j2"]
    templates = {**shipped().templates, "skal.j2": text.replace("Tiden gick ut", "Löftet skulle ha hållits")}
    before, after = ([o.reason for o in f.outcomes] for f in (FOLLOW, sample(3, templates=templates)[2]))
    assert [r.replace("Tiden gick ut", "Löftet skulle ha hållits") for r in before] == after != before


@pytest.mark.parametrize("name", NAMES)
def test_a_torn_template_is_refused_when_the_decisions_are_read(name: str, tmp_path: Path) -> None:
    """File, line and mend, before anything runs; the folder's own file stands for the shipped one alone."""
    (tmp_path / "templates").mkdir()
    text = shipped().templates[name]
    (tmp_path / "templates" / name).write_text(text + "\n{% if %}\n", encoding="utf-8")
    with pytest.raises(config.ConfigError) as caught:
        config.load(tmp_path)
    (said,) = [line for line in str(caught.value).splitlines() if name in line]
    assert f"rad {text.count(chr(10)) + 2}" in said


def test_one_template_of_ones_own_stands_beside_the_shipped_ones(tmp_path: Path) -> None:
    """Who wants another post writes one file."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "kort.j2").write_text("{% block post %}Hej.{% endblock %}", encoding="utf-8")
    found = config.load(tmp_path).templates
    assert found["kort.j2"].startswith("{% block post %}Hej")
    assert found["sida.j2"] == shipped().templates["sida.j2"]


def test_a_letter_tells_when_and_nothing_of_the_draft() -> None:
    """What the reviewers' day begins with: which draft, and by when; figures stay where people have signed in."""
    made = period(MADE, "2021-T2")
    title, text = letters.letter(shipped().templates, MADE, PLACE, made, made.due, "ready")
    assert title == "Utkast 2021-T2 är klart, svara senast den 15 september 2021."
    assert "Strängnäs" in text and "uppfyllt" not in title + text


def test_a_retraction_is_rendered_from_the_same_template_that_was_tried() -> None:
    """The notice that is tried beforehand is the one that is sent."""
    told = Retraction(MADE.slug, "2021-T3", 1, "error", "k1", "municipality", datetime(2022, 2, 1, 8, tzinfo=UTC))
    site = next(c for c in PLACE.channels if c.role == "site")
    made = notices.notice(MADE, PLACE, PLACE.channels, site, period(MADE, "2021-T3"), told, shipped().templates, [])
    assert b"Uppf\xc3\xb6ljningen 1 september" in next(o.body for o in made if o.name.endswith("index.html"))
