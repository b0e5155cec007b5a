"""A follow-up as catalogues and search engines want to hear of it: DCAT-AP-SE 3.0.1 and schema.org, both as JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin

from config.schema import Municipality, Promise
from tasks.model import digest
from tasks.pages.opendata import Files
from tasks.wording.catalogue import WORDS

NAME = "dcat.jsonld"
_EU = "http://publications.europa.eu/resource/authority"
_ROLE = "http://inspire.ec.europa.eu/metadata-codelist/ResponsiblePartyRole"
_CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "dcatap": "http://data.europa.eu/r5r/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# Sweden demands it of what a catalogue says, whatever the licence of the data.
_CC0 = "http://creativecommons.org/publicdomain/zero/1.0/"
# Which of a package's files are the data itself, with the file that describes each.
_DATA = {"summary.json": "schema.json", "delar.csv": "csv-metadata.json", "aktiviteter.csv": "csv-metadata.json"}
# What each is called in katalog.j2.
_CALLED = {"summary.json": "summary", "delar.csv": "parts", "aktiviteter.csv": "activities"}


@dataclass(frozen=True, slots=True)
class About:
    """What a catalogue is told; `home` is the page's address, and `beside` says whether the files lie beside it."""

    templates: Mapping[str, str]
    promise: Promise
    municipality: Municipality
    period_name: str
    start: date
    end: date
    edition: int
    modified: date
    home: str
    beside: bool
    changes: Sequence[tuple[str, str]] = ()
    retracted: str = ""

    @property
    def title(self) -> str:
        """What the data set is called."""
        title = self.say("title", promise=self.promise.title, municipality=self.municipality.name)
        return self.say("title_retracted", title=title) if self.retracted else title

    @property
    def description(self) -> str:
        """What the data set holds, in two sentences."""
        if self.retracted:
            return self.say("text_retracted", reason=self.retracted)
        said = self.say("text", police=self.municipality.police.name, municipality=self.municipality.name)
        return " ".join(filter(None, (said, self.municipality.notice)))

    def say(self, part: str, **told: str) -> str:
        """Return one wording of katalog.j2; each may name the period."""
        return WORDS.say(self.templates, part, period=self.period_name, **told)


def dcat(about: About, files: Files) -> bytes:
    """Return a catalogue with the follow-up as its data set; none of its files when it was taken back."""
    home, place = about.home, about.municipality
    publisher = {"@id": f"{home}#kommunen"}
    area = {"@id": f"{home}#omrade"}
    held = [(name, media, body) for name, media, body in files if name in _DATA and not about.retracted]
    graph = [
        _agent(f"{home}#kommunen", place.name, "LocalAuthority"),
        _agent(f"{home}#polisen", place.police.name, "NationalAuthority"),
        {
            "@id": f"{home}#katalog",
            "@type": "dcat:Catalog",
            "dcterms:title": _sv(about.say("catalogue_title", municipality=place.name)),
            "dcterms:description": _sv(about.say("catalogue_text", municipality=place.name)),
            "dcterms:publisher": publisher,
            "dcterms:license": {"@id": _CC0},
            "dcterms:language": {"@id": f"{_EU}/language/SWE"},
            "dcterms:modified": _day(about.modified),
            "dcterms:spatial": area,
            "foaf:homepage": {"@id": home},
            "dcat:themeTaxonomy": {"@id": f"{_EU}/data-theme"},
            "dcat:dataset": {"@id": f"{home}#data"},
        },
        {**area, "@type": "dcterms:Location", "dcterms:title": _sv(place.name), "dcterms:identifier": place.code},
        _dataset(about, publisher, area, [f"{home}#{name}" for name, _, _ in held]),
        *(thing for file in held for thing in _distribution(about, *file)),
    ]
    whole = {"@context": _CONTEXT, "@graph": graph}
    return (json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _dataset(
    about: About, publisher: Mapping[str, str], area: Mapping[str, str], held: Sequence[str]
) -> dict[str, Any]:
    home = about.home
    made: dict[str, Any] = {
        "@id": f"{home}#data",
        "@type": "dcat:Dataset",
        "dcterms:title": _sv(about.title),
        "dcterms:description": _sv(about.description),
        "dcterms:publisher": publisher,
        # One creator at most; the other party, which made it together with this one, is told by its role.
        "dcterms:creator": publisher,
        "prov:qualifiedAttribution": {
            "@type": "prov:Attribution",
            "prov:agent": {"@id": f"{home}#polisen"},
            "dcat:hadRole": {"@id": f"{_ROLE}/author"},
        },
        "dcterms:identifier": f"{home}#data",
        "dcterms:spatial": area,
        "dcterms:language": {"@id": f"{_EU}/language/SWE"},
        "dcterms:accessRights": {"@id": f"{_EU}/access-right/PUBLIC"},
        "dcterms:accrualPeriodicity": {"@id": f"{_EU}/frequency/ANNUAL_3"},
        "dcterms:modified": _day(about.modified),
        "dcterms:temporal": {
            "@type": "dcterms:PeriodOfTime",
            "dcat:startDate": _day(about.start),
            "dcat:endDate": _day(about.end),
        },
        "dcat:theme": [{"@id": f"{_EU}/data-theme/JUST"}, {"@id": f"{_EU}/data-theme/GOVE"}],
        "dcat:keyword": [_sv(word) for word in ("medborgarlöfte", "trygghet", "uppföljning", about.municipality.short)],
        "dcat:landingPage": {"@id": home},
        "dcat:version": str(about.edition),
        "dcat:distribution": [{"@id": key} for key in held],
    }
    if address := about.municipality.municipality.email:
        made["dcat:contactPoint"] = {
            "@id": f"{home}#kontakt",
            "@type": "vcard:Organization",
            "vcard:fn": about.municipality.name,
            "vcard:hasEmail": {"@id": f"mailto:{address}"},
        }
    if about.retracted:
        made["adms:status"] = {"@id": f"{_EU}/dataset-status/WITHDRAWN"}
    if about.changes:
        notes = " ".join(f"{heading}: {change}." for heading, change in about.changes)
        made["adms:versionNotes"] = _sv(about.say("corrected", changes=notes))
    return made


def _distribution(about: About, name: str, media_type: str, body: bytes) -> Iterator[dict[str, Any]]:
    """Yield a file, and the file that describes it where both lie beside the page."""
    where, described = urljoin(about.home, name), urljoin(about.home, _DATA[name])
    title, text = about.say(_CALLED[name]), about.say(f"{_CALLED[name]}_text")
    made: dict[str, Any] = {
        "@id": f"{about.home}#{name}",
        "@type": "dcat:Distribution",
        "dcterms:title": _sv(title),
        "dcterms:description": _sv(text),
        # Where a CMS holds the page, the files are in its owners' package; the page is where to begin.
        "dcat:accessURL": {"@id": where if about.beside else about.home},
        "dcterms:license": {"@id": about.municipality.data_licence},
        "dcterms:language": {"@id": f"{_EU}/language/SWE"},
        "dcatap:availability": {"@id": f"{_EU}/planned-availability/STABLE"},
        "dcterms:format": media_type.partition(";")[0],
        "dcterms:modified": _day(about.modified),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": digest(body)},
        },
    }
    if about.beside:
        made["dcat:downloadURL"] = {"@id": where}
        made["dcterms:conformsTo"] = {"@id": described}
        yield {"@id": described, "@type": "dcterms:Standard"}
    yield made


def structured(about: About) -> str:
    """Return the data set as schema.org has it, for the page's head: data, never run, and safe inside a tag."""
    place = about.municipality
    parties = [{"@type": "GovernmentOrganization", "name": n} for n in (place.police.name, place.name)]
    made: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": about.title,
        "description": about.description,
        "url": about.home,
        "license": place.data_licence,
        "isAccessibleForFree": True,
        "inLanguage": "sv",
        "creator": parties,
        "publisher": parties[1],
        "temporalCoverage": f"{about.start}/{about.end}",
        "spatialCoverage": place.name,
        "version": str(about.edition),
        "dateModified": about.modified.isoformat(),
    }
    if about.beside:
        made["distribution"] = [
            {
                "@type": "DataDownload",
                "name": about.say(_CALLED[name]),
                "encodingFormat": "text/csv" if name.endswith(".csv") else "application/json",
                "contentUrl": urljoin(about.home, name),
            }
            for name in _DATA
        ]
    text = json.dumps(made, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Nothing in it may end the element that it stands in.
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _agent(key: str, name: str, kind: str) -> dict[str, Any]:
    return {
        "@id": key,
        "@type": "foaf:Agent",
        "foaf:name": _sv(name),
        "dcterms:type": {"@id": f"http://purl.org/adms/publishertype/{kind}"},
    }


def _sv(text: str) -> dict[str, str]:
    return {"@language": "sv", "@value": text}


def _day(day: date) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": day.isoformat()}
