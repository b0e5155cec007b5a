"""The share kit: text, images and checklist in the period's folder; only a person's link makes it published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from config.schema import Channel
from tasks.channels import share_kit
from tasks.model import Output, Publication, Refused

TEXT = Output("delning", "post.txt", "text/plain; charset=utf-8", "Uppföljning: https://exempelby.invalid/T1".encode())
IMAGE = Output("delning", "bilder/diagram.png", "image/png", b"\x89PNG")
ROW = Publication(1, "exempelby-2021", "2021-T1", 1, "delning", "k", "sending", 1, 1)


def kit(**changes: object) -> Channel:
    """Return a share kit channel."""
    values = {"id": "delning", "kind": "share_kit", "name": "Polisens sociala medier", "party": "police"}
    return Channel.model_validate({**values, "role": "post", "template": "kort", "folder": "delning", **changes})


def test_kit_holds_text_images_and_checklist(tmp_path: Path) -> None:
    """The approved bytes stand unchanged, and the checklist tells account, steps, alt texts and receipt."""
    receipt = share_kit.publish(kit(), ROW, (TEXT, IMAGE), tmp_path)
    placed = {p.name: p.read_bytes() for p in (tmp_path / "delning/2021-T1").iterdir()}
    assert receipt.state == "handed_over" and str(tmp_path / "delning/2021-T1") in receipt.message
    checklist = placed.pop("LÄS MIG.txt").decode()
    assert placed == {"post.txt": TEXT.body, "diagram.png": IMAGE.body}
    for words in ("Polisens sociala medier", "Polisen ansvarar", "diagram.png", "alternativtext", "länk", "kvittot"):
        assert words in checklist
    share_kit.publish(kit(party="municipality"), ROW, (TEXT,), tmp_path)
    checklist = (tmp_path / "delning/2021-T1/LÄS MIG.txt").read_text("utf-8")
    assert "Kommunen ansvarar" in checklist and "alternativtext" not in checklist


def test_find_only_ever_says_handed_over(tmp_path: Path) -> None:
    """A kit that is in place is handed over, never published; one that isn't, or was changed, is not there."""
    assert share_kit.find(kit(), ROW, (TEXT,), tmp_path) is None
    share_kit.publish(kit(), ROW, (TEXT,), tmp_path)
    found = share_kit.find(kit(), ROW, (TEXT,), tmp_path)
    assert found and found.state == "handed_over" and found.url is None
    (tmp_path / "delning/2021-T1/post.txt").write_text("ändrad")
    assert share_kit.find(kit(), ROW, (TEXT,), tmp_path) is None


def test_what_a_person_has_posted_needs_its_kit_no_longer(tmp_path: Path) -> None:
    """The kit is thrown away, or is the next edition's: the daily look raises no alarm over a post it can't see."""
    posted = replace(ROW, state="published", url="https://exempelby.invalid/p/1")
    found = share_kit.find(kit(), posted, (TEXT,), tmp_path)
    assert found and (found.state, found.url) == ("published", posted.url)


def test_repeat_touches_nothing(tmp_path: Path) -> None:
    """The same kit again writes no file."""
    share_kit.publish(kit(), ROW, (TEXT, IMAGE), tmp_path)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    share_kit.publish(kit(), ROW, (TEXT, IMAGE), tmp_path)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    "outputs",
    [
        (),
        (IMAGE,),
        (TEXT, TEXT),
        (Output("delning", "post.txt", "text/plain", b"  \n"),),
        (Output("delning", "post.txt", "text/plain", b"\xff\xfe"),),
        (TEXT, IMAGE, Output("delning", "b/diagram.png", "image/png", b"")),
        (TEXT, Output("delning", "../x.png", "image/png", b"")),
    ],
)
def test_what_makes_no_kit_is_refused(tmp_path: Path, outputs: tuple[Output, ...]) -> None:
    """Missing, double, empty or unreadable text and clashing or unsafe names are told at draft time and refused."""
    assert share_kit.fits(kit(), outputs)
    with pytest.raises(Refused):
        share_kit.publish(kit(), ROW, outputs, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_check_names_each_problem() -> None:
    """A missing folder, a wrong role and an unknown option are told before anything is sent."""
    assert share_kit.check(kit()) == []
    problems = " ".join(share_kit.check(kit(folder=None, role="site", options={"mapp": 1})))
    assert all(word in problems for word in ("folder", "role", "options.mapp"))
