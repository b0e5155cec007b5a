"""Dates in running Swedish text: every form, relative days, and never a day that is not there."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.evidence import datewords
from tasks.evidence.datewords import find

PUBLISHED = date(2021, 10, 20)  # a Wednesday


def said(text: str, published: date | None = PUBLISHED, **more: object) -> list[str]:
    """Return the dates found, as start/end/precision."""
    found = [m.when for m in find(text, published, **more)]
    return [f"{w.start}" if w.precision == "day" else f"{w.start}/{w.end} {w.precision}" for w in found if w]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14 oktober", ["2021-10-14"]),
        ("den 4 december", ["2021-12-04"]),
        ("onsdag 22 november kl 19:00", ["2023-11-22"]),
        ("vecka 40", ["2021-10-04/2021-10-10 week"]),
        ("v. 41", ["2021-10-11/2021-10-17 week"]),
        ("12/10", ["2021-10-12"]),
        ("12/10-20", ["2020-10-12"]),
        ("2021-09-30", ["2021-09-30"]),
        ("första september", ["2021-09-01"]),
        ("i oktober", ["2021-10-01/2021-10-31 month"]),
        ("mars 2020", ["2020-03-01/2020-03-31 month"]),
        ("januari-april 2021", ["2021-01-01/2021-04-30 period"]),
        ("hösten 2020", ["2020-08-01/2020-12-31 period"]),
        ("i våras", ["2021-01-01/2021-06-30 period"]),
        ("10–16 maj 2021", ["2021-05-10/2021-05-16 period"]),
        ("28 december-3 januari 2021", ["2020-12-28/2021-01-03 period"]),
        ("12 april, 27 april och 29 augusti 2017", ["2017-04-12", "2017-04-27", "2017-08-29"]),
        ("den 12 och 14 september", ["2021-09-12", "2021-09-14"]),
        ("i går", ["2021-10-19"]),
        ("i tisdags", ["2021-10-19"]),
        ("i onsdags", ["2021-10-13"]),
        ("på torsdag", ["2021-10-21"]),
        ("vid måndagens vandring", ["2021-10-18"]),
        ("förra veckan", ["2021-10-11/2021-10-17 week"]),
        ("i fjol", ["2020-01-01/2020-12-31 year"]),
        ("fjolårets vandring", ["2020-01-01/2020-12-31 year"]),
        ("Utskick: maj", ["2021-05-01/2021-05-31 month"]),
        ("möten (juni samt juli)", ["2021-06-01/2021-06-30 month", "2021-07-01/2021-07-31 month"]),
        ("Anslaget 2021-10-17", ["2021-10-17"]),
        ("året som gick", ["2021-01-01/2021-12-31 year"]),
        ("i morse", ["2021-10-20"]),
        ("21 maj, 4 juni och 6 december", ["2021-05-21", "2021-06-04", "2021-12-06"]),
        ("den 4 maj, och tre dagar senare", ["2021-05-04", "2021-05-07"]),
        ("en vecka senare", []),
        ("mars till och med maj 2021", ["2021-03-01/2021-05-31 period"]),
        ("två gånger i veckan", []),
        ("förra veckans utskick", ["2021-10-11/2021-10-17 week"]),
        ("natten mot söndag", ["2021-10-16/2021-10-17 period"]),
        ("natten till lördagen", ["2021-10-15/2021-10-16 period"]),
        ("under våren och sommaren", ["2021-01-01/2021-08-31 period"]),
        ("under tredje kvartalet", ["2021-07-01/2021-09-30 period"]),
        ("andra tertialet 2020", ["2020-05-01/2020-08-31 period"]),
        ("fjärde tertialet 2020", []),
        ("under 2019", ["2019-01-01/2019-12-31 year"]),
        ("öppet 24/7", []),
        ("åren 2023-2026", []),
        ("ring 016-12 34 56", []),
        ("kl. 17.30–19.00", []),
    ],
)
def test_forms(text: str, expected: list[str]) -> None:
    """Every form that Swedish records use gives its day, week, month, season or year."""
    # The weekday decides the year where it can; otherwise the nearest is meant.
    assert said(text, date(2023, 11, 1) if "onsdag 22" in text else PUBLISHED) == expected


@pytest.mark.parametrize(
    "text", ["31 februari 2021", "14 oktober 0021", "den 30 februari", "vecka 60", "2021-02-30", "31/11"]
)
def test_never_a_day_that_is_not_there(text: str) -> None:
    """What the calendar lacks, or a year nobody means, gives no date, not a nearby one."""
    assert said(text) == []


def test_relative_days_need_a_publication_day() -> None:
    """Without a publication day "i tisdags" has no date; with only its month it is that month."""
    assert said("i tisdags och i fjol", None) == []
    assert said("i tisdags", date(2021, 3, 31), precision="month") == ["2021-03-01/2021-03-31 month"]


def test_the_tense_chooses_the_year() -> None:
    """In January, "14 december" is last month for a report and next winter for a plan."""
    assert said("14 december", date(2022, 1, 10), lean="past") == ["2021-12-14"]
    assert said("14 december", date(2022, 1, 10), lean="future") == ["2022-12-14"]


def test_other_dates_are_told_apart() -> None:
    """Registration, publication and "up to" days are not the activity's own."""
    roles = [
        m.role for m in find("Anmäl dig senast den 3 oktober. Uppdaterad 2021-10-02. Till och med den 31 augusti.")
    ]
    assert roles == ["other", "other", "until"]
    [since] = find("Sedan i mars har fyra genomförts.", PUBLISHED)
    assert since.role == "since"
    own = [m.role for m in find("Protokoll från vandringen den 3 maj. Anmälan till vandringen den 9 maj.", PUBLISHED)]
    assert own == ["activity", "activity"]
    others = [m.role for m in find("Protokoll den 18 november. Uppdatering 20 maj.", PUBLISHED)]
    assert others == ["other", "other"]


@settings(max_examples=300, deadline=1000)
@given(
    st.lists(
        st.sampled_from([*"0123456789 /.-–:,åäö", "oktober ", "vecka ", "den ", "i ", "tisdags ", "2021", "maj "]),
        max_size=60,
    ).map("".join)
)
def test_any_text_gives_only_dates_it_names(text: str) -> None:
    """Whatever the text, every date lies in believable years and a day's number stands in the text."""
    for mention in find(text, PUBLISHED):
        if mention.when:
            assert mention.when.start <= mention.when.end
            assert 1988 < mention.when.start.year < 2103
            if mention.when.precision == "day" and "tisdag" not in mention.text:
                assert str(mention.when.start.day) in re.sub(r"\b0", "", mention.text)


def test_years_named() -> None:
    """A heading's years are found; a range of years is none."""
    assert datewords.years("Uppföljning 2019, avtal 2020-2023") == [2019]
