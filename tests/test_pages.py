"""Pages: the bytes that leave the house, the same every time, escaped, and the same on both sites."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import channels, charts, pages, wording
from tasks.channels._weight import weigh
from tasks.model import Entry, Output, Refused, combined_sha256
from tasks.pages.article import passages
from tasks.pages.markers import Marker, markers_of
from tasks.wording import statuses
from tests.following import channel, composed, drafted, sample, shipped

MADE, PLACE, FOLLOW = sample(3)
BLOCKS = drafted(MADE, PLACE, FOLLOW)
OUTPUTS = composed(MADE, PLACE, FOLLOW, BLOCKS)
NOTICE = "Exempel med påhittade aktiviteter. Inget här är redovisat av Polisen eller Strängnäs kommun."


def named(name: str, site: str = "strangnas.se", outputs: tuple[Output, ...] = OUTPUTS) -> bytes:
    """Return the body of one site's file."""
    return next(o.body for o in outputs if o.channel == site and o.name == f"uppfoljning-2021-T3/{name}")


def post(key: str, outputs: tuple[Output, ...] = OUTPUTS) -> str:
    """Return the text of a post channel."""
    (found,) = [o for o in outputs if o.channel == key and o.name == "post.txt"]
    return found.body.decode()


class Outline(HTMLParser):
    """Collects start tags, ids and text of a page, and whether every element is closed in turn."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "source"})

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.open = "", []
        self.feed(body.decode())

    def handle_starttag(self, tag, attrs):
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Keep the tag; it closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Require that the innermost open element is closed."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Keep the text, styles aside."""
        if not self.open or self.open[-1] != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every such element."""
        return [attributes for name, attributes in self.tags if name == tag]


PAGE = Outline(named("index.html"))
DATA = ("summary.json", "delar.csv", "aktiviteter.csv", "csv-metadata.json", "schema.json", "dcat.jsonld")


def test_a_site_gets_page_data_feed_and_manifest() -> None:
    """The page, the piece of it that an editor pastes, charts, data, two feeds and the manifest, in a folder."""
    drawn = [f"{name}.{ending}" for ending in ("svg", "png") for name in ("mal", "manader", "tidslinje")]
    files = ("index.html", "fragment.html", "lofte.html", *drawn, *DATA, "feed.xml", "feed.json", "manifest.json")
    assert [o.name for o in OUTPUTS if o.channel == "polisen.se"] == [f"uppfoljning-2021-T3/{n}" for n in files]


def test_a_rebuild_gives_the_same_bytes() -> None:
    """The same edition, the same hash."""
    assert combined_sha256(composed(*sample(3))) == combined_sha256(OUTPUTS)


def test_another_process_gives_the_same_bytes() -> None:
    """Hash order and time zone of the machine do not show."""
    code = (
        "from tests.following import composed, sample; from tasks.model import combined_sha256;"
        "print(combined_sha256(composed(*sample(3))))"
    )
    root = Path(__file__).parents[1]
    env = {**os.environ, "PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == combined_sha256(OUTPUTS)


def test_the_sites_differ_only_in_name_and_address() -> None:
    """Two sites, one truth: data files are equal byte for byte."""
    for name in DATA:
        assert named(name) == named(name, "polisen.se"), name
    ours, theirs = channel("strangnas.se"), channel("polisen.se")
    alike = tuple(c.model_copy(update={"form": "page"}) for c in PLACE.channels)
    made = composed(MADE, PLACE.model_copy(update={"channels": alike}), FOLLOW, BLOCKS)
    page = named("index.html", outputs=made).decode()
    other_page = named("index.html", "polisen.se", made).decode()
    for own, other in ((ours.name, theirs.name), *_addresses()):
        # The data for search engines names one home on both.
        page, other_page = page.replace(own, other), other_page.replace(own, other)
    assert page == other_page


def test_both_forms_say_the_same() -> None:
    """Answers to open or parts laid open: every number, place and reason of the one is in the other, and in order."""
    said = {c: passages(named("index.html", c).decode()) for c in ("strangnas.se", "polisen.se")}
    parts = [{p for p in said[c] if p not in ("Löftets egna ord och så räknar vi",)} for c in said]
    different = parts[0] ^ parts[1]
    badges = {o.status.capitalize() for o in FOLLOW.outcomes}
    headings = {MADE.commitment(o.commitment).heading for o in FOLLOW.outcomes}
    left = {d for d in different if not any(b in d for b in badges) and not any(h in d for h in headings)}
    reasons = {o.reason for o in FOLLOW.outcomes}
    names = {channel(c).name for c in said}
    assert not [d for d in left if d not in reasons and not any(n in d for n in names)]


def _addresses() -> list[tuple[str, str]]:
    both = [pages.address(channel(c), MADE.slug, FOLLOW.period) for c in ("strangnas.se", "polisen.se")]
    return [(both[0], both[1])]


def test_the_page_is_swedish_with_one_heading_and_no_script() -> None:
    """lang, one h1, headings in order, nothing that runs."""
    assert PAGE.all("html") == [{"lang": "sv"}]
    levels = [int(tag[1]) for tag, _ in PAGE.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    # Data for search engines is no script; nothing else is called one.
    assert PAGE.all("script") == [{"type": "application/ld+json"}]
    assert PAGE.open == []


def test_the_page_is_small() -> None:
    """At most 60 kB, style included."""
    assert len(named("index.html")) <= 60_000


def test_ids_are_unique_and_links_within_the_page_lead_somewhere() -> None:
    """Every fragment link has its target, every id stands once."""
    ids = [a["id"] for _, a in PAGE.tags if "id" in a]
    assert len(ids) == len(set(ids))
    inner = {a["href"][1:] for _, a in PAGE.tags if (a.get("href") or "").startswith("#")}
    assert inner <= set(ids)
    assert "utgava-1" in ids


def test_the_table_has_a_caption_and_scoped_headers() -> None:
    """A screen reader can say which promise and which column a cell belongs to."""
    assert (
        len(PAGE.all("caption")) == len(PAGE.all("table")) == 2 + len(charts.charts(MADE, FOLLOW, shipped().templates))
    )
    scopes = [a.get("scope") for a in PAGE.all("th")]
    assert set(scopes) == {"col", "row"}
    assert scopes[: 4 + len(MADE.commitments)] == ["col"] * 4 + ["row"] * len(MADE.commitments)


def test_each_status_is_a_word_and_an_icon() -> None:
    """Never by colour alone."""
    page = named("index.html").decode()
    for outcome in FOLLOW.outcomes:
        look = statuses.LOOKS[outcome.status]
        assert f'href="#i-{look}"' in page
        assert f"{outcome.status[0].upper()}{outcome.status[1:]}</span>" in page
    symbols = {a["id"] for a in PAGE.all("symbol")}
    assert symbols == {f"i-{look}" for look in statuses.LOOKS.values()}


def test_every_promise_stands_in_its_own_words() -> None:
    """Verbatim text, plain line, reason and text of every commitment."""
    texts = " ".join(PAGE.text.split())
    filled = {
        b.part: wording.fill(b.text, FOLLOW.figures) for b in drafted(MADE, PLACE, FOLLOW) if b.template == "sida"
    }
    for outcome in FOLLOW.outcomes:
        commitment = MADE.commitment(outcome.commitment)
        for wanted in (commitment.text, commitment.plain, outcome.reason, filled[commitment.id]):
            assert " ".join(wanted.split()) in texts


def test_assumptions_and_coverage_are_in_the_method_note() -> None:
    """What the text leaves open, and which sources were heard until when."""
    made, place, follow = sample(2, gap=(date(2021, 8, 12), date(2021, 8, 26)))
    body = next(o.body for o in composed(made, place, follow) if o.name.endswith("index.html"))
    text = " ".join(Outline(body).text.split())
    for assumption in made.assumptions:
        assert assumption.text in text
    assert "uppgift saknas 12–26 augusti 2021" in text
    assert "Uppgift saknas 12–26 augusti 2021." in text


def test_the_page_proves_its_edition_twice() -> None:
    """The marker in the head and the sentence in the footer, as the channel reads them back."""
    assert markers_of(named("index.html")) == (
        Marker("strangnas-2021", "2021-T3", 1, FOLLOW.figures_sha256),
        Marker("strangnas-2021", "2021-T3", 1),
    )


def test_a_later_edition_says_that_it_is_corrected() -> None:
    """The reader is told, in the page and in the feed."""
    outputs = composed(MADE, PLACE, FOLLOW, edition=2)
    assert "Rättad." in named("index.html", outputs=outputs).decode()
    assert "rättad, utgåva 2" in named("feed.xml", outputs=outputs).decode()
    assert "#utgava-2" in post("kommunen-x", outputs)


def test_a_notice_is_on_every_page_and_post() -> None:
    """A sample year says that it is one, wherever it goes."""
    outputs = composed(MADE, PLACE.model_copy(update={"notice": NOTICE}), FOLLOW)
    for output in outputs:
        if output.name.endswith(("index.html", "summary.json", "post.txt")):
            assert NOTICE in output.body.decode()


def test_the_data_holds_what_is_disclosed_and_no_record_ids() -> None:
    """Open data: figures, activities and gaps, but nothing that opens the authorities' own records."""
    body = named("summary.json")
    data = json.loads(body)
    assert (data["schema_version"], data["edition"], data["figures_sha256"]) == ("1", 1, FOLLOW.figures_sha256)
    walks = next(c for c in data["commitments"] if c["id"] == "c5")
    assert (walks["held"], walks["held_total"], walks["target"]) == (1, 3, 4)
    assert [a["place"] for a in walks["activities"]] == ["Mariefred", "Åkers styckebruk", "Stallarholmen"]
    ids = {key for o in FOLLOW.outcomes for a in o.activities for key in a.record_ids}
    assert ids
    assert not [i for i in ids if i in body.decode()]


def test_the_manifest_names_every_other_file_with_its_hash() -> None:
    """What the site's editor can check the folder against; it names nobody."""
    manifest = json.loads(named("manifest.json"))
    assert manifest["edition"] == 1
    for file in manifest["files"]:
        body = named(file["name"].rpartition("/")[2])
        assert (file["bytes"], file["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert len(manifest["files"]) == 17


def test_the_feed_holds_this_and_earlier_follow_ups_newest_first() -> None:
    """Atom with stable ids: the same entry on both sites, and the same after a correction."""
    earlier = [
        Entry("2021-T1", "Första", 1, datetime(2021, 5, 17, 6, tzinfo=UTC), "Ett & annat <b>"),
        Entry("2021-T3", "Förra utgåvan", 1, datetime(2022, 1, 1, tzinfo=UTC), ""),
    ]
    outputs = composed(MADE, PLACE, FOLLOW, edition=2, earlier=earlier)
    for site in ("strangnas.se", "polisen.se"):
        feed = feedparser.parse(named("feed.xml", site, outputs))
        assert not feed.bozo
        assert [e.id for e in feed.entries] == [
            f"tag:www.strangnas.se,2021:medborgarlofte/strangnas-2021/{period}" for period in ("2021-T3", "2021-T1")
        ]
        assert feed.entries[1].link == pages.address(channel(site), MADE.slug, "2021-T1")
        assert feed.entries[1].summary == "Ett & annat <b>"
        assert feed.feed.updated == "2022-01-17T06:00:00Z"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_post_on_x_fits(number: int) -> None:
    """At most 280 weighted characters with its link, also where the notice of a sample year stands above."""
    made, place, follow = sample(number)
    for notice in ("", NOTICE):
        outputs = composed(made, place.model_copy(update={"notice": notice}), follow)
        assert weigh(post("kommunen-x", outputs))[0] <= 280
        assert len(post("kommunen-delning", outputs)) <= 500


def test_a_post_links_to_its_own_partys_page() -> None:
    """The police share the police's page, the municipality its own; the link carries period and edition."""
    for key, site in (("polisen-delning", "polisen.se"), ("kommunen-delning", "strangnas.se")):
        link = post(key).splitlines()[-1]
        assert link == f"{pages.address(channel(site), MADE.slug, FOLLOW.period)}#utgava-1"


def test_channels_accept_what_is_rendered() -> None:
    """Every channel kind finds its outputs fit to send."""
    for one in PLACE.channels:
        assert channels.kind(one.kind).fits(one, tuple(o for o in OUTPUTS if o.channel == one.id)) == []


def test_a_site_without_address_is_refused() -> None:
    """The message names the channel and the mend."""
    sites = tuple(c.model_copy(update={"address": None}) if c.role == "site" else c for c in PLACE.channels)
    with pytest.raises(Refused, match="publik adress"):
        composed(MADE, PLACE.model_copy(update={"channels": sites}), FOLLOW)


def test_a_post_without_any_site_is_refused() -> None:
    """A post has nowhere to lead."""
    posts = tuple(c for c in PLACE.channels if c.role == "post")
    with pytest.raises(Refused, match="ingen sida att länka till"):
        composed(MADE, PLACE.model_copy(update={"channels": posts}), FOLLOW)


ATTACK = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


def test_markup_in_any_field_is_text() -> None:
    """Whatever a record, a config file or an editor holds, the page shows it as text."""
    made = MADE.model_copy(
        update={
            "title": ATTACK,
            "assumptions": tuple(a.model_copy(update={"text": ATTACK}) for a in MADE.assumptions),
            "commitments": tuple(
                c.model_copy(update={"heading": ATTACK, "text": ATTACK, "plain": ATTACK, "counts": ATTACK})
                for c in MADE.commitments
            ),
        }
    )
    outcomes = tuple(
        replace(
            o,
            reason=ATTACK,
            activities=tuple(replace(a, place=ATTACK) for a in o.activities),
            not_counted=tuple(replace(a, place=ATTACK, reasons=(ATTACK,)) for a in o.not_counted),
        )
        for o in FOLLOW.outcomes
    )
    figures = tuple(replace(f, text=ATTACK) for f in FOLLOW.figures)
    coverage = tuple(replace(c, name=ATTACK) for c in FOLLOW.coverage)
    follow = replace(FOLLOW, outcomes=outcomes, figures=figures, coverage=coverage, period_name=ATTACK)
    place = PLACE.model_copy(update={"notice": ATTACK, "name": ATTACK})
    blocks = [replace(b, edited=ATTACK.replace("{{7*7}}", "")) for b in drafted(MADE, PLACE, FOLLOW)]
    page = named("index.html", outputs=composed(made, place, follow, blocks))
    outline = Outline(page)
    assert outline.all("script") == [{"type": "application/ld+json"}]
    assert {tag["src"] for tag in outline.all("img")} == {"mal.png", "manader.png", "tidslinje.png"}
    assert b"{{7*7}}" in page


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_accepted_text_breaks_page_or_feed(text: str, title: str) -> None:
    """Any text that may be saved gives a page whose elements close and a feed that parses."""
    if wording.check_edit(text, FOLLOW.figures, MADE):
        text = "Godkänd text."
    blocks = [replace(b, edited=text) for b in BLOCKS]
    earlier = [Entry("2021-T1", title, 1, datetime(2021, 5, 17, tzinfo=UTC), text)]
    storable = title.encode("utf-8", "replace").decode()
    one = PLACE.model_copy(update={"channels": (channel("strangnas.se"),)})
    outputs = composed(MADE, one, FOLLOW, blocks, earlier=[replace(earlier[0], title=storable)])
    assert Outline(named("index.html", outputs=outputs)).open == []
    assert not feedparser.parse(named("feed.xml", outputs=outputs)).bozo
