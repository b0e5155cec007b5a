"""What catalogues and search engines are told about a follow-up's data, worded by katalog.j2."""

from __future__ import annotations

from tasks.phrases import Phrases

_TOWN = {"municipality": "Provby kommun"}
_SPAN = {"period": "1 januari–30 april 2021"}
WORDS = Phrases(
    "katalog.j2",
    {
        "catalogue_title": _TOWN,
        "catalogue_text": _TOWN,
        "title": {"promise": "Medborgarlöfte 2021", **_TOWN, **_SPAN},
        "title_retracted": {"title": "Medborgarlöfte 2021"},
        "text_retracted": {"reason": "En uppgift var fel."},
        "text": {"police": "Lokalpolisområde Provby", **_TOWN, **_SPAN},
        "summary": {},
        "summary_text": {},
        "parts": {},
        "parts_text": {},
        "activities": {},
        "activities_text": {},
        "corrected": {"changes": "Möten: läget var ”på väg” och är nu ”uppfyllt”."},
    },
)
