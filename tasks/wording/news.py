"""What feeds, corrections and the notice of a retraction say, worded by notiser.j2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from tasks.model import RetractionReason
from tasks.phrases import Phrases

WORDS = Phrases(
    "notiser.j2",
    {
        "feed_title": {"promise": "Medborgarlöfte 2021", "municipality": "Provby kommun"},
        "entry_title": {"promise": "Medborgarlöfte 2021", "period": "1 januari–30 april 2021"},
        "entry_corrected": {"title": "Uppföljning", "edition": 2},
        "entry_text": {"parts": 8, "summary": "8 uppfyllda"},
        "entry_retracted": {"title": "Uppföljning"},
        "entry_retracted_text": {"reason": "En uppgift var fel."},
        "error": {},
        "secrecy": {},
        "duplicate": {},
        "withdrawn": {},
        "correction_post": {},
        "changed_status": {"before": "på väg", "now": "uppfyllt"},
        "changed_result": {"before": "3 sammanlagt", "now": "4 sammanlagt"},
        "changed_text": {},
        "changed_elsewhere": {},
    },
)


def reasons(templates: Mapping[str, str]) -> dict[RetractionReason, str]:
    """Return what the public is told of each reason to take a follow-up back; for secrecy no more than that."""
    return {reason: WORDS.say(templates, reason) for reason in get_args(RetractionReason)}
