"""What a CMS is given of a page: every word, its mark and images, and a seal that tells whether it was touched."""

from __future__ import annotations

import html

from hypothesis import given
from hypothesis import strategies as st

from tasks.model import digest
from tasks.pages.article import Article, Image, article_of, changes, fingerprint, missing, passages
from tasks.pages.markers import Marker, markers_of, shown
from tests.following import composed, sample

FIGURES = digest("siffror")
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40)


def page(main: str, *, mark: str = f"a-2021/2021-T1;edition=2;figures={FIGURES}", before: str = "") -> bytes:
    """Return a whole page around a text."""
    head = (
        f'<head><meta name="description" content="Kort &amp; gott"><meta name="medborgarlofte" content="{mark}"></head>'
    )
    return f'<!doctype html><html>{head}<body>{before}<nav>Meny</nav><main id="u2">{main}</main></body></html>'.encode()


def test_the_article_is_the_page_without_what_is_around_it() -> None:
    """Title, lead, text and mark come out; menus, icons, scripts, classes and handlers stay behind."""
    made = article_of(
        page(
            '<h1>Rubrik <b>A</b></h1><p class="lead" onclick="x()" style="color:red">En &lt;b&gt; &amp; två</p>'
            "<svg><text>ikon</text></svg><script>x</script><p>Rad<br>bruten "
            '<img src="d.png" alt="Två &quot;av&quot;"></p><td><span class="badge done">Klart</span>'
            '<span class="tag">Ej mätbart</span></td><details open><p id="c1">X</p>'
        )
    )
    assert made and (made.title, made.summary) == ("Rubrik A", "Kort & gott")
    assert made.images == (Image("d.png", 'Två "av"'),)
    start = f'<div id="u2" data-medborgarlofte="a-2021/2021-T1;edition=2;figures={FIGURES};text={made.text_sha256}">'
    assert made.body.startswith(start) and made.body.endswith("<p>Uppföljning a-2021/2021-T1, utgåva 2</p>\n</div>")
    assert "<p>En &lt;b&gt; &amp; två</p>" in made.body and '<p id="c1">X</p>' in made.body
    assert "<strong>Klart</strong><br><small>Ej mätbart</small>" in made.body
    for left in ("ikon", "Meny", "<script", "class=", "onclick", "style=", "Rubrik"):
        assert left not in made.body


def test_a_note_above_the_text_goes_along() -> None:
    """An invented sample year says so wherever its text goes."""
    made = article_of(page("<h1>R</h1><p>T</p>", before='<div role="note"><p>Påhittat</p><hr></div><p>Annat</p>'))
    assert made and passages(made.body)[:2] == ["Påhittat", "T"] and "Annat" not in made.body


def test_without_a_mark_there_is_no_article() -> None:
    """A page that couldn't be found again is not put anywhere."""
    assert article_of(page("<h1>R</h1>", mark="fel")) is None and article_of(b"") is None


def test_the_seal_holds_through_other_ways_of_writing_and_breaks_with_a_word() -> None:
    """Curly quotes, dashes, other tags and blanks are the same text; another figure, title or alt text is not."""
    body = '<p>"Två" av 4 -- det ar klart...</p><ul><li>a</li></ul><img src="x" alt="bild">'
    same = (
        "<div><p>”Två” av\n 4 – det <em>ar</em> klart…</p></div><ol><li>a</li></ol><p><img alt='bild' src='/y.png'></p>"
    )
    seal = fingerprint("Rubrik", body)
    assert seal == fingerprint(" Rubrik ", same)
    assert (
        len({seal, *(fingerprint("Rubrik", body.replace(*c)) for c in (("4", "5"), ("bild", "bold"), ("a<", "b<")))})
        == 4
    )
    assert seal != fingerprint("Annan", body)


def test_missing_names_the_passage_and_minds_the_order() -> None:
    """A changed figure, a lost paragraph and a swapped pair are found; what stands between ours is the site's own."""
    ours = "<p>Ett är ett.</p><p>Två är två.</p><td>3</td>"
    assert (
        missing(ours, b"<nav>x</nav><p>Ett \xc3\xa4r ett.</p><aside>Dela</aside><p>Tv\xc3\xa5 &auml;r tv\xc3\xa5.</p>3")
        == []
    )
    assert missing(ours, "<p>Ett är ett.</p><p>Två är fler.</p>3".encode()) == ["Två är två."]
    assert missing(ours, "<p>Två är två.</p><p>Ett är ett.</p>3".encode()) == ["Två är två."]
    assert missing(ours, b"") == ["Ett är ett.", "Två är två.", "3"]


def test_a_page_without_the_tags_that_html_lets_be_left_out_is_read() -> None:
    """Minified pages end no head; what stands in it is no text to a reader."""
    assert passages("<!doctype html><head><title>T</title><style>p{}</style><body><p>a<p>b") == ["a", "b"]
    assert passages("<!doctype html><title>T</title><p>a") == ["a"]


def test_a_changed_title_is_a_change() -> None:
    """A CMS shows the title by itself, as a heading of some level; a page without headings has it in its tab only."""
    article = Article("Löftet hölls inte", "", "<p>Ett är ett.</p>", (), "")
    for same in (
        "<title>Annat</title><h1>Staden</h1><h2>Löftet hölls inte</h2>",
        "<title>Löftet hölls inte – Staden</title>",
        "<title>Staden</title><div>L&ouml;ftet <b>hölls</b> inte</div>",
    ):
        assert changes(article, f"{same}<p>Ett är ett.</p>".encode()) == []
    edited = "<title>Löftet hölls inte</title><h1>Löftet hölls</h1><p>Ett är ett.</p>"
    assert changes(article, edited.encode()) == ["Godkänt: ”Löftet hölls inte”. Nu: ”Löftet hölls”."]
    assert len(changes(article, b"<title>Staden</title>")) == 2


@given(st.lists(words, max_size=6), words)
def test_whatever_is_written_comes_out_again(texts: list[str], title: str) -> None:
    """No text is lost or altered on the way from page to article, and the seal fits."""
    main = f"<h1>{html.escape(title)}</h1>" + "".join(f"<p>{html.escape(text)}</p>" for text in texts)
    made = article_of(page(main))
    assert made and fingerprint(made.title, made.body) == made.text_sha256
    assert missing("".join(f"<p>{html.escape(text)}</p>" for text in texts), made.body.encode()) == []


@given(st.binary(max_size=300) | st.text(alphabet="<>/main h1svg=\"'&;pdivspan!-", max_size=300).map(str.encode))
def test_any_bytes_are_read(body: bytes) -> None:
    """No page makes the readers fail."""
    article_of(page("") + body)
    assert missing(body.decode("utf-8", "replace"), body) is not None


def test_marks_are_read_in_all_their_forms() -> None:
    """In the head, on an element, as a sentence, and as the word that a follow-up was taken back."""
    mark = Marker("a-2021", "2021-T1", 2, FIGURES, digest("text"))
    gone = Marker("a-2021", "2021-T1", 2, retracted=True)
    for one in (mark, gone, mark._replace(text_sha256="")):
        for form in (
            f'<meta content="{one.written}" name=medborgarlofte>',
            f"<div data-medborgarlofte='{one.written}'>",
        ):
            assert markers_of(form.encode()) == (one,)
        bare = Marker(*one[:3], retracted=one.retracted)
        assert markers_of(f"<p>{one.sentence}</p>".replace("ö", "&ouml;").encode()) == (bare,)
    both = f'<div data-medborgarlofte="{gone.written}"></div><p>{mark.sentence}</p>'.encode()
    assert shown(both, "a-2021", "2021-T1") == gone and shown(both, "a-2021", "2021-T2") is None


def test_a_notice_becomes_an_article_too() -> None:
    """What takes a page's place in a CMS bears the mark of what was taken back."""
    made = article_of(page("<h1>Återkallad</h1><p>Borta.</p>", mark="a-2021/2021-T1;edition=2;retracted"))
    assert made and shown(made.body.encode(), "a-2021", "2021-T1") == Marker(
        "a-2021", "2021-T1", 2, "", made.text_sha256, retracted=True
    )
    assert "utgåva 2, återkallad" in made.body


def test_the_rendered_page_loses_nothing() -> None:
    """Every passage of a real page's text stands in its fragment, in order, and the fragment in the page."""
    outputs = {o.name.rpartition("/")[2]: o.body for o in composed(*sample(3)) if o.channel == "polisen.se"}
    made = article_of(outputs["index.html"])
    assert made and f"{made.body}\n".encode() == outputs["fragment.html"]
    main = outputs["index.html"].partition(b"</h1>")[2].partition(b"</main>")[0].decode()
    assert missing(main, outputs["fragment.html"]) == [] == missing(made.body, outputs["index.html"])
    assert len(passages(made.body)) > 100
