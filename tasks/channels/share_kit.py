"""A kit for posting by hand: the text, the images and a checklist in a folder. A person's link is the receipt."""

# ruff: noqa: ARG001 - all kinds share five signatures, also where one needs less
from __future__ import annotations

from pathlib import Path

from config.schema import Channel, Party
from tasks.channels import _folder, _post
from tasks.model import Output, Publication, Receipt, Refused

# The kit lies in a folder of ours.
ABSENCE_IS_PROOF = True

TEXT = "post.txt"
CHECKLIST = "LÄS MIG.txt"
_OWNERS: dict[Party, str] = {"police": "Polisen", "municipality": "Kommunen"}


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish."""
    problems = [] if channel.folder else ["folder saknas: ange mappen som delningspaketet ska läggas i"]
    if channel.role != "post":
        problems.append('role ska vara "post": ett delningspaket är ett inlägg, inte en sida')
    return problems + [f"options.{key} är okänd: ta bort den" for key in sorted(channel.options)]


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why these outputs make no kit: no single text, or a file that has no safe name of its own."""
    problems = [p for p in (_folder.problem_of(o.name) for o in outputs) if p]
    try:
        _folder.text_of(outputs)
    except Refused as refusal:
        problems.append(str(refusal))
    names = [name for name, _ in _files(outputs)]
    problems += [f"två filer skulle heta {name}" for name in sorted({n for n in names if names.count(n) > 1})]
    return problems


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Return at once: a folder has no hidden phase."""
    return Receipt("prepared")


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Place text, images and checklist in the period's folder; a repeat changes nothing.

    A later edition takes the earlier one's place. Raises Refused or Unavailable when the kit can't be written.
    """
    problems = fits(channel, outputs)
    if problems:
        raise Refused(f"Delningspaketet till {channel.id} kan inte lämnas: {'; '.join(problems)}.")
    kit = _kit(channel, publication, outputs, folder)
    for target, body in kit:
        _folder.place(target, body)
    return Receipt("handed_over", message=f"Delningspaketet ligger i {kit[0][0].parent}.")


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Return the hand-over when this edition's kit is in place, else None.

    No machine can see whether somebody posted it: only the link that a person pastes back makes it published, and then
    that word stands, whatever becomes of the kit.
    """
    if publication.state == "published":
        return Receipt("published", publication.remote_id, publication.url)
    kit = _kit(channel, publication, outputs, folder)
    if any(_folder.read(target) != body for target, body in kit):
        return None
    return Receipt("handed_over", message=f"Delningspaketet ligger i {kit[0][0].parent}.")


def retract(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Ask a person to take the post away: what somebody shared by hand, no machine can reach."""
    where = f": {publication.url}" if publication.url else f" på kontot {channel.name}, om det är delat"
    return Receipt("by_hand", message=f"Ta bort inlägget för hand{where}. Kasta delningspaketet.")


def _kit(
    channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path
) -> list[tuple[Path, bytes]]:
    root = _folder.root_of(channel, folder)
    files = [*_files(outputs), (CHECKLIST, _checklist(channel, publication, outputs).encode())]
    return [(_folder.target_of(root, f"{publication.period}/{name}"), body) for name, body in files]


def _files(outputs: tuple[Output, ...]) -> list[tuple[str, bytes]]:
    """Return each file's name in the kit with its bytes; the kit is flat, since people attach the files by hand."""
    return [(TEXT if _is_text(o) else o.name.rpartition("/")[2], o.body) for o in outputs]


def _is_text(output: Output) -> bool:
    return output.media_type.startswith("text/plain") and not output.name.endswith(_post.ALT)


def _checklist(channel: Channel, publication: Publication, outputs: tuple[Output, ...]) -> str:
    images = sorted(o.name.rpartition("/")[2] for o in outputs if o.media_type.startswith("image/"))
    steps = [
        f"Logga in på kontot: {channel.name}. {_OWNERS[channel.party]} ansvarar för det.",
        "Kontrollera att länken i texten går att öppna innan du delar den.",
        f"Kopiera texten i {TEXT} och klistra in den oförändrad. Båda parter har godkänt just den texten.",
        *([f"Bifoga {'bilden' if len(images) == 1 else 'bilderna'} {', '.join(images)}."] if images else []),
        *(
            [f"Lägg in alternativtexten till varje bild: den står i {', '.join(i + _post.ALT for i in images)}."]
            if images
            else []
        ),
        "Publicera inlägget.",
        "Kopiera inläggets länk och klistra in den under Publiceringar i Löfteskollen. Länken är kvittot: "
        "först då räknas inlägget som publicerat.",
    ]
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    title = f"Dela uppföljningen för hand: {publication.period}, utgåva {publication.edition}"
    ending = "Stämmer något inte? Ändra inte i texten. Rätta den i Löfteskollen och godkänn på nytt."
    return f"{title}\n\n{numbered}\n\n{ending}\n"
