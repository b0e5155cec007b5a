"""What is kept for ever, and what is handed out on request: a period's packages as files, the same bytes each time.

`package` is one authority's own archive; `bundle` is the material for a request of public documents, for the person who
makes the secrecy review. Both hold what was released; open drafts belong to neither until they are archived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config import Config
from config.schema import Promise
from tasks.model import Draft, FollowUp, Output, Party, Record, Refused, canonical, digest
from tasks.pdf import page_pdf
from tasks.periods import period as period_of
from tasks.screening import REPLACEMENTS
from tasks.store import Db, drafts, history, publications, records
from tasks.store.history import Event

Files = dict[str, bytes]
# What a decision log tells of an event: never who is behind a record, nor anything that somebody wrote.
_TOLD = ("edition", "revision", "sha256", "snapshot", "channel", "channels", "reason", "accept_gaps", "state")
# That a copy was made is no part of what it is a copy of: it would never be the same twice.
_COPIES = ("archived", "disclosed")
_CLASSES = {
    "protected": "antalet är litet, eller kan räknas fram ur andra antal",
    "count_only": "dag och plats visas inte för den här delen av löftet",
    "yes_no": "bara om arbetssättet har använts visas för den här delen av löftet",
}


def package(db: Db, config: Config, promise: Promise, period: str, party: Party) -> Files:
    """Return one authority's archive of a period: every edition with PDF/A, decisions, sources and own records.

    The other party's words (records, comments) are never in it. Refused when nothing has been released.
    """
    closed, own = _closed(db, promise, period), {c.id for c in config.channels_of(promise) if c.party == party}
    files: Files = {}
    for draft in closed:
        folder, at = f"utgava-{draft.edition}", _closed_at(db, draft)
        made = [o for o in drafts.rendered(db, draft.id, draft.revision) if o.channel in own]
        files |= {f"{folder}/{o.channel}/{o.name}": o.body for o in made}
        files |= _pdfs(config, promise, folder, made, at)
        files[f"{folder}/beslut.json"] = canonical(_decisions(db, draft, party))
    retracted = _retracted(db, closed)
    files["historik.json"] = canonical([_line(e, dict(e.detail)) for e in _events(db, promise, period)])
    files["publiceringar.json"] = canonical(_published(db, promise, period, own))
    files["kallor.json"] = canonical(_sources(closed[-1].followup))
    files["underlag.json"] = canonical(_evidence(db, config, closed, party))
    files["LÄS MIG.txt"] = _about_package(config, promise, period, party, retracted).encode()
    return _with_manifest(
        files, {"innehall": "arkivpaket", "part": party, "lofte": promise.slug, "period": period}, retracted
    )


def bundle(db: Db, config: Config, promise: Promise, period: str) -> Files:
    """Return what can be handed out about a period, with what was left out flagged and a note to the reviewer.

    What was taken back for secrecy is flagged only. Refused when nothing has been released.
    """
    closed, files = _closed(db, promise, period), Files()
    retracted = _retracted(db, closed)
    given = [d for d in closed if retracted.get(d.edition) != "secrecy"]
    for draft in given:
        folder = f"utgava-{draft.edition}"
        made = drafts.rendered(db, draft.id, draft.revision)
        files |= {f"{folder}/{o.channel}/{o.name}": o.body for o in made}
        files[f"{folder}/beslut.json"] = canonical(_decisions(db, draft, None))
    log = [_line(e, {k: e.detail[k] for k in _TOLD if k in e.detail}) for e in _events(db, promise, period)]
    files["beslutslogg.json"] = canonical(log)
    # The list of sources belongs to the newest edition, whether or not its text may be seen.
    files["kallor.json"] = canonical(_sources(closed[-1].followup))
    masked = _masked(db, config, promise, closed, retracted)
    files["maskat.json"] = canonical(masked)
    files["FÖLJEBREV.txt"] = _letter(config, promise, period, given, masked).encode()
    head = {"innehall": "utlämnande av allmän handling", "lofte": promise.slug, "period": period}
    return _with_manifest(files, head, retracted)


def note(db: Db, promise: str, period: str, action: str, at: datetime, files: int, whose: str) -> None:
    """Note in the log that a copy of so many files was made (`archived` for whom, or `disclosed`)."""
    history.note(db, at=at, who="lofteskoll", action=action, promise=promise, period=period, files=files, whose=whose)


def _closed(db: Db, promise: Promise, period: str) -> list[Draft]:
    period_of(promise, period)
    keys = [h.id for h in drafts.headings(db, promise.slug) if (h.period, h.state) == (period, "closed")]
    found = [d for key in keys if (d := drafts.draft(db, key))]
    if not found:
        raise Refused(f"{promise.slug} {period} har ingen godkänd utgåva. Utkast är inte allmän handling.")
    return found


def _closed_at(db: Db, draft: Draft) -> datetime:
    """Return when the last party approved what was released."""
    return max(w.at for w in drafts.words(db, draft.id, draft.revision) if w.verdict == "approved")


def _retracted(db: Db, closed: Sequence[Draft]) -> dict[int, str]:
    found = {d.edition: publications.retraction(db, d.promise, d.period, d.edition) for d in closed}
    return {edition: retraction.reason for edition, retraction in found.items() if retraction}


def _pdfs(config: Config, promise: Promise, folder: str, made: Sequence[Output], at: datetime) -> Files:
    author = config.municipality_of(promise)
    names = f"{author.police.name} och {author.name}"
    files: Files = {}
    for page in (o for o in made if o.name.endswith("/index.html")):
        images = {
            o.name.rpartition("/")[2]: o.body for o in made if o.channel == page.channel and o.media_type == "image/png"
        }
        files[f"{folder}/{page.channel}/sida.pdf"] = page_pdf(page.body, images, names, at)
    return files


def _decisions(db: Db, draft: Draft, party: Party | None) -> dict[str, Any]:
    """Return both parties' words on an edition; comments are a party's own, and only that party's archive has them."""
    return {
        "utgava": draft.edition,
        "version": draft.revision,
        "sha256": draft.sha256,
        "beslut": [
            {
                "part": w.party,
                "av": w.who,
                "tid": w.at,
                "beslut": w.verdict,
                "version": w.revision,
                "sha256": w.sha256,
                "kommentar_finns": bool(w.comment),
                **({"kommentar": w.comment} if w.comment and w.party == party else {}),
            }
            for w in drafts.words(db, draft.id)
            # Words on earlier versions are about drafts; they are the archive's, and not handed out.
            if party or w.revision == draft.revision
        ],
    }


def _events(db: Db, promise: Promise, period: str) -> list[Event]:
    found = history.events(db, promise.slug, period)
    return [e for e in reversed(found) if e.action not in _COPIES and e.action != history.SHARED]


def _line(event: Event, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {"tid": event.at, "av": event.who, "part": event.party, "vad": event.action, "om": detail}


def _published(db: Db, promise: Promise, period: str, own: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "utgava": p.edition,
            "kanal": p.channel,
            "lage": p.state,
            "adress": p.url,
            "id": p.remote_id,
            "tid": p.updated_at,
        }
        for p in publications.listed(db, promise.slug, period)
        if p.channel in own
    ]


def _sources(followup: FollowUp) -> list[dict[str, Any]]:
    return [
        {
            "kalla": c.source,
            "namn": c.name,
            "senast_hord": c.last_good,
            "luckor": [{"fran": g.start, "till": g.end} for g in c.gaps],
        }
        for c in followup.coverage
    ]


def _evidence(db: Db, config: Config, closed: Sequence[Draft], party: Party) -> list[dict[str, Any]]:
    """Return the records that the editions rest on: the party's own in full, the others' as id and hash."""
    own = {s.id for s in config.sources_of(config.promises[closed[0].promise]) if s.party == party}
    ids = {
        key
        for d in closed
        for o in d.followup.outcomes
        for a in (*o.activities, *o.not_counted)
        for key in a.record_ids
    }
    return [
        {"post": r.id, "version": r.version, "sha256": r.content_sha256, **(_whole(r) if r.source in own else {})}
        for found in records.versions_of(db, ids).values()
        for r in found
    ]


def _whole(record: Record) -> dict[str, Any]:
    return {
        "rubrik": record.title,
        "text": record.text,
        "adress": record.url,
        "dagar": record.when,
        "plats": record.place,
        "falt": dict(record.fields),
        "text_gallrad": record.purged_at,
    }


def _masked(
    db: Db, config: Config, promise: Promise, closed: Sequence[Draft], retracted: Mapping[int, str]
) -> list[dict[str, str]]:
    """Return that something is masked or left out, and why; never what, nor how much of it."""
    found = [
        {"vad": f"{promise.commitment(o.commitment).heading}: {_numbers(o.hidden)}", "skal": _CLASSES["protected"]}
        for o in closed[-1].followup.outcomes
        if o.hidden
    ]
    found += [
        {"vad": f"{c.heading}: enskilda aktiviteter", "skal": _CLASSES[c.disclosure]}
        for c in promise.commitments
        if c.disclosure != "public"
    ]
    if "secrecy" in retracted.values():
        editions = ", ".join(str(e) for e, reason in retracted.items() if reason == "secrecy")
        found.append({"vad": f"Utgåva {editions}", "skal": "återkallad för sekretess; prövas särskilt"})
    if any(w.comment for d in closed for w in drafts.words(db, d.id)):
        found.append({"vad": "Kommentarer till beslut", "skal": "fri text från en part; prövas särskilt"})
    return [*found, *_masked_reports(db, config, promise, closed)]


def _masked_reports(db: Db, config: Config, promise: Promise, closed: Sequence[Draft]) -> list[dict[str, str]]:
    known = records.known(db, [s.id for s in config.sources_of(promise)], closed[-1].followup.as_of)
    found = []
    for source in config.sources_of(promise):
        mine = [r for r in known if r.source == source.id]
        found.append({"vad": f"Uppgifter från {source.name}", "skal": "fri text lämnas inte ut utan särskild prövning"})
        kinds = sorted({word for word in REPLACEMENTS.values() for r in mine if word in f"{r.title} {r.text}"})
        if kinds:
            found.append({"vad": f"Texter från {source.name}: {', '.join(kinds)}", "skal": "maskat redan vid intaget"})
        if any(r.purged_at for r in mine):
            found.append({"vad": f"Texter från {source.name}", "skal": "gallrade; räknade uppgifter finns kvar"})
    return found


def _numbers(hidden: Sequence[str]) -> str:
    return " och ".join({"held": "antalet under perioden", "held_total": "antalet sammanlagt"}[name] for name in hidden)


def _with_manifest(files: Files, head: Mapping[str, Any], retracted: Mapping[int, str]) -> Files:
    """Return the files with a manifest of their sizes and SHA-256; a secrecy retraction restricts the whole."""
    listed = [{"namn": name, "byte": len(body), "sha256": digest(body)} for name, body in sorted(files.items())]
    whole = {
        **head,
        "aterkallade_utgavor": {str(edition): reason for edition, reason in retracted.items()},
        "filer": listed,
    }
    return files | {"manifest.json": canonical(whole)}


def _about_package(config: Config, promise: Promise, period: str, party: Party, retracted: Mapping[int, str]) -> str:
    owner = config.municipality_of(promise).party(party).name
    secret = (
        "\nEn utgåva är återkallad för sekretess. Förvara paketet med begränsad åtkomst: utgåvan finns kvar här.\n"
        if "secrecy" in retracted.values()
        else ""
    )
    return f"""Arkivpaket för {owner}: {promise.title}, {period_of(promise, period).name}
{secret}
utgava-N/KANAL/     varje godkänd utgåva som den lämnade huset: sida, data, bilder och inlägg, byte för byte
utgava-N/KANAL/sida.pdf   samma sida som PDF/A-2a
utgava-N/beslut.json      båda parters beslut om utgåvan; den egna partens kommentarer
historik.json       vem som gjorde vad och när
publiceringar.json  när och var utgåvan publicerades i de egna kanalerna
kallor.json         källorna och när de inte har hörts
underlag.json       de egna rapporterna i sin helhet; den andra partens bara som nummer och kontrollsumma
manifest.json       alla filer med storlek och SHA-256

Den andra partens fria text finns inte här. Paketet kan tas ut igen: samma innehåll ger samma byte.
"""


def _letter(
    config: Config, promise: Promise, period: str, given: Sequence[Draft], masked: Sequence[Mapping[str, str]]
) -> str:
    place = config.municipality_of(promise)
    flagged = "\n".join(f"- {m['vad']}: {m['skal']}." for m in masked)
    editions = ", ".join(str(d.edition) for d in given) or "ingen"
    return f"""Till den som gör sekretessprövningen
{promise.title}, {place.name}: {period_of(promise, period).name}

Programmet har samlat det här. En människa beslutar vad som lämnas ut. Pröva varje handling enligt
offentlighets- och sekretesslagen innan något skickas, och ge ett skriftligt beslut om något hålls inne.

Med i samlingen
- Utgåvor: {editions}. Varje fil är den som båda parter godkände; kontrollsummorna står i manifest.json.
- beslutslogg.json: vem som beslutade vad och när.
- kallor.json: vilka källor uppföljningen bygger på och när de inte har hörts.
- maskat.json: vad som är maskat eller utelämnat, och varför.

Inte med
- Utkast som inte har godkänts. De är inte allmän handling förrän de är färdigställda eller har arkiverats; delning för
  synpunkter gör dem inte till det, men ett svar som kom in till den egna myndigheten kan vara det.
- Rapporter och andra uppgifter i fri text. Varje myndighet prövar sina egna.

Maskat eller utelämnat
{flagged}
"""
