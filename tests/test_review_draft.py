"""The review application's main walk: read, edit, approve, send back."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape

import pytest

import config
from tasks import periods, wording
from tasks.store import Store, drafts, publications
from tests.reviewing import SCRIPT, House, house, token

pytestmark = pytest.mark.slow


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """An application with one open draft."""
    return house(config.load(), sqlite_store)


@pytest.fixture
def home_anywhere(store: Store) -> House:
    """The same on SQLite and on PostgreSQL, for what the database has a say in."""
    return house(config.load(), store)


def test_board_and_draft_open(home: House) -> None:
    """The police's approver sees the draft first, and opens it."""
    police = home.signed_in("demo-polis")
    board = police.get("/")
    assert board.status_code == 200
    assert f"/utkast/{home.draft_id}" in board.text
    assert "Läs och godkänn uppföljningen 11 mars–30 april 2021" in board.text
    draft = police.get(f"/utkast/{home.draft_id}")
    assert draft.status_code == 200, draft.text
    assert "trygghetsvandringar" in draft.text
    assert police.get(f"/utkast/{home.draft_id}/siffra/c5.held").status_code == 200


def test_both_approve_and_the_outbox_fills(home_anywhere: House) -> None:
    """The second approval closes the edition and queues every channel."""
    home = home_anywhere
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    assert home.approve(police).headers["location"].endswith("klart=godkant&vid=godkann")
    assert home.approve(town).headers["location"].endswith("klart=klart&vid=godkann")
    with home.store.reading() as db:
        sent = publications.listed(db)
    assert len(sent) == len(home.config.channels_of(home.config.promises["strangnas-2021"]))
    assert town.get("/publiceringar").status_code == 200
    assert SCRIPT not in town.get("/publiceringar").text
    with home.store.reading() as db:
        assert len(drafts.words(db, home.draft_id)) == 2


def test_a_text_is_saved_and_approvals_fall(home: House) -> None:
    """An edit makes a new revision that nobody has approved, and shows the figure in its place."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    saved = home.save(town, "sida:c5", "Vi gick {c5.held} vandringar.\r\n\r\nVälkommen.")
    assert saved.headers["location"].endswith("klart=sparat&vid=sida%3Ac5")
    now = home.draft()
    assert now.revision == 2
    assert home.block("sida:c5").text == "Vi gick {c5.held} vandringar.\n\nVälkommen."
    page = police.get(f"/utkast/{home.draft_id}").text
    assert "ändrad av en person" in page
    assert "Godkänn för polisen" in page


def test_nothing_changed_saves_nothing(home: House) -> None:
    """Saving a form as it was makes no revision and voids no approval."""
    town = home.signed_in("demo-kommun")
    home.approve(town)
    same = home.save(town, "sida:c5", home.block("sida:c5").text)
    assert same.headers["location"].endswith("klart=oandrat&vid=sida%3Ac5")
    assert home.draft().revision == 1


@pytest.mark.parametrize(
    ("typed", "remark"),
    [
        ("Vi gick {c5.helt} vandringar.", "Okänd siffra {c5.helt}"),
        ("Vi gick {c5.held vandringar.", "En klammer saknar sin andra hälft"),
        ("Vi gick 4 vandringar.", "Siffror får inte skrivas för hand: ”4”"),
        ("Vi gick fyra vandringar.", "Siffror får inte skrivas för hand: ”fyra”"),
        ("Tack vare insatserna har brotten minskat.", "påstår"),
    ],
)
def test_a_text_that_may_not_be_saved_is_kept_with_its_remark(home: House, typed: str, remark: str) -> None:
    """A token typed over, a figure typed by hand and a claim of effect are refused; the text stays in the form."""
    town = home.signed_in("demo-kommun")
    answer = home.save(town, "sida:c5", typed)
    assert answer.status_code == 422
    assert remark in unescape(answer.text)
    assert f">\n{typed}</textarea>" in unescape(answer.text)
    assert home.draft().revision == 1


def test_of_two_editors_the_second_is_shown_a_diff(home_anywhere: House) -> None:
    """The later save is refused with a word diff, keeps its text in the form, and can be sent again."""
    home = home_anywhere
    first, second = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    before = second.get(f"/utkast/{home.draft_id}").text
    fields = {
        "csrf": token(second.get("/")),
        "revision": "1",
        "text:sida:c5": "Kommunens text om {c5.held} vandringar.",
        "seen:sida:c5": re.findall(r'name="seen:sida:c5" value="(\w+)"', before)[0],
        "text:sida:lead": home.block("sida:lead").text,
        "seen:sida:lead": re.findall(r'name="seen:sida:lead" value="(\w+)"', before)[0],
    }
    assert home.save(first, "sida:c5", "Polisens text om {c5.held} vandringar.").status_code == 303
    late = second.post(f"/utkast/{home.draft_id}/text", data=fields)
    assert late.status_code == 409
    assert "<del>Polisens</del><ins>Kommunens</ins>" in late.text
    assert "Kommunens text om {c5.held} vandringar.</textarea>" in late.text
    again = re.findall(r'name="revision" value="(\d+)"', late.text)[0]
    assert second.post(f"/utkast/{home.draft_id}/text", data={**fields, "revision": again}).status_code == 303
    assert home.block("sida:c5").text == "Kommunens text om {c5.held} vandringar."
    assert home.block("sida:lead").edited is None


def test_the_generated_text_comes_back(home: House) -> None:
    """A person can give a block its generated text back."""
    town = home.signed_in("demo-kommun")
    home.save(town, "sida:c5", "Något annat.")
    text = home.block("sida:c5").text
    assert home.save(town, "sida:c5", text, aterstall="sida:c5").status_code == 303
    assert home.block("sida:c5").edited is None


def test_a_double_click_is_one_approval(home_anywhere: House) -> None:
    """The same approval sent many times at once gives the same answer each time, and one row."""
    home = home_anywhere
    police = home.signed_in("demo-polis")
    now = home.draft()
    fields = {"csrf": token(police.get("/")), "sha256": now.sha256, "revision": "1", "lucka": "ja"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: police.post(f"/utkast/{now.id}/godkann", data=fields), range(32)))
    assert {a.headers["location"] for a in answers} == {f"/utkast/{now.id}?klart=godkant&vid=godkann"}
    with home.store.reading() as db:
        assert len(drafts.words(db, now.id)) == 1


def test_approving_what_changed_under_you_shows_the_difference(home: House) -> None:
    """An approval of an older version is refused, and says which words are new."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    old = home.draft().sha256
    home.save(town, "sida:c5", "Kommunen och polisen har vandrat {c5.held} av {c5.target} trygghetsvandringar.")
    answer = home.approve(police, sha256=old, revision="1")
    assert answer.status_code == 409
    assert "Det här har ändrats sedan du läste" in answer.text
    assert "<ins>vandrat</ins>" in answer.text
    with home.store.reading() as db:
        assert not drafts.words(db, home.draft_id)


def test_gaps_must_be_accepted(home: House) -> None:
    """A draft with holes in its sources is not approved in passing."""
    answer = home.approve(home.signed_in("demo-polis"), lucka="")
    assert answer.status_code == 422
    assert "Underlaget har luckor" in answer.text


def test_a_draft_is_sent_back_with_a_comment(home_anywhere: House) -> None:
    """The comment stands on the new version, its approval is void; an empty comment is refused."""
    home = home_anywhere
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    now = home.draft()
    fields = {"sha256": now.sha256, "revision": "1"}
    assert home.post(town, f"/utkast/{now.id}/tillbaka", **fields, kommentar="  ").status_code == 422
    sent = home.post(town, f"/utkast/{now.id}/tillbaka", **fields, kommentar=f"Skriv om {SCRIPT}")
    assert sent.headers["location"].endswith("klart=tillbaka&vid=godkann")
    page = police.get(f"/utkast/{now.id}").text
    assert "Kommunen skickade tillbaka version 1" in page
    assert "Skriv om &lt;script&gt;" in page
    assert "Godkänn för polisen" in page


def test_stored_files_are_served_as_they_are_and_can_do_nothing(home: House) -> None:
    """A preview is the stored bytes under a policy without script, which only our own pages may frame."""
    police = home.signed_in("demo-polis")
    with home.store.reading() as db:
        made = drafts.rendered(db, home.draft_id, 1)
    for output in made:
        answer = police.get(f"/utkast/{home.draft_id}/fil/1/{output.channel}/{output.name}")
        assert answer.content == output.body
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox") and "frame-ancestors 'self'" in policy
        assert "allow-scripts" not in policy and "script-src" not in policy


def test_an_uncertain_publication_is_settled(home_anywhere: House) -> None:
    """People say where it is, with a link, or that it should be sent again."""
    home = home_anywhere
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    home.approve(town)
    with home.store.writing() as db:
        for key in (1, 2):
            publications.move(db, key, from_states=["pending"], to="uncertain", now=home.clock())
    page = town.get("/publiceringar").text
    assert "okänt om den gick fram" in page and "Ja, den ligger ute" in page
    assert "Titta efter om" in police.get("/").text
    assert home.post(police, "/publiceringar/1/utred", svar="ja", lank="").status_code == 422
    assert home.post(police, "/publiceringar/1/utred", svar="ja", lank="javascript:x").status_code == 422
    assert home.post(police, "/publiceringar/2/utred", svar="ja", lank="https://exempel.se/1").status_code == 422
    assert home.post(police, "/publiceringar/1/utred", svar="ja", lank="https://exempel.se/1").status_code == 303
    assert home.post(town, "/publiceringar/2/utred", svar="nej").status_code == 303
    with home.store.reading() as db:
        rows = {p.id: p for p in publications.listed(db)}
    assert (rows[1].state, rows[1].url) == ("published", "https://exempel.se/1")
    assert rows[2].state == "pending"
    log = town.get("/historik/strangnas-2021/2021-T1").text
    assert "Demo Polis" in log and "https://exempel.se/1" in log


def test_a_page_is_light(home: House) -> None:
    """A page and its style sheet weigh at most 100 kB and name no other host."""
    police = home.signed_in("demo-polis")
    style = police.get("/static/review.css")
    for path in (
        "/",
        f"/utkast/{home.draft_id}",
        f"/utkast/{home.draft_id}/siffra/c5.held",
        "/fragor",
        "/publiceringar",
    ):
        page = police.get(path)
        assert len(page.content) + len(style.content) < 100_000, path
        assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!www\.strangnas|polisen)', page.text), path


def test_a_conflict_is_settled_by_a_person(home: House) -> None:
    """A text whose figures moved under it can't be approved until somebody keeps it or takes the generated one."""
    police = home.signed_in("demo-polis")
    home.save(police, "sida:c5", "Egna ord om {c5.held} vandringar.")
    now = home.draft()
    blocks = [replace(b, conflict=b.part == "c5") for b in now.blocks]
    with home.store.writing() as db:
        made = drafts.rendered(db, now.id, now.revision)
        drafts.revise(
            db, now.id, seen_revision=2, followup_id=None, blocks=blocks, rendered=made, at=home.clock()
        )  # fmt: skip
    assert "text att se över" in police.get("/").text
    assert "Uppgifterna har ändrats sedan texten skrevs" in police.get(f"/utkast/{now.id}").text
    assert "En text behöver ses över" in home.approve(police).text
    kept = home.save(police, "sida:c5", "Egna ord om {c5.held} vandringar.", behall="sida:c5")
    assert kept.status_code == 303
    assert not home.block("sida:c5").conflict
    assert home.block("sida:c5").edited == "Egna ord om {c5.held} vandringar."
    assert home.approve(police).status_code == 303


def test_a_correction_shows_what_it_changes(home: House) -> None:
    """A second edition lists the disclosed figures that differ from the first."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    home.approve(town)
    now = home.draft()
    outcomes = [replace(o, held=2, held_total=2) if o.commitment == "c5" else o for o in now.followup.outcomes]
    promise = home.config.promises[now.promise]
    every = periods.periods(promise)
    home.clock.forward(days=1)
    followup = wording.followup(
        promise, every[0], every, outcomes, now.followup.coverage, home.clock(), "test", home.config.templates
    )
    with home.store.writing() as db:
        key, followup = drafts.freeze(db, followup)
        made = drafts.rendered(db, now.id, now.revision)
        second = drafts.add_draft(
            db,
            promise=now.promise,
            period=now.period,
            edition=2,
            followup_id=key,
            blocks=now.blocks,
            rendered=made,
            at=home.clock(),
        )
    page = home.signed_in("demo-polis").get(f"/utkast/{second}").text
    assert "Rättelse: det här ändras" in page
    assert "<del>1 trygghetsvandring</del>" in page
    assert ">2 trygghetsvandringar</a>" in page
