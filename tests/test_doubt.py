"""Doubt: which texts are asked about, and what it takes for one to be dismissed without a question."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import config
from tasks import evidence
from tasks.model import Reading, Record

CONFIG = config.load()
PROMISE = CONFIG.promises["strangnas-2021"]
MUNICIPALITY = CONFIG.municipalities["strangnas"]


def read(title: str, body: str) -> dict[str, Reading]:
    """Return by commitment what is read in a text on the municipality's own site."""
    when = datetime(2021, 10, 20, tzinfo=UTC)
    record = Record("strangnas-nyheter", "1", title, body, published_at=when, party="municipality")
    return {r.commitment: r for r in evidence.read([record], PROMISE, MUNICIPALITY)}


@pytest.mark.parametrize(
    "body",
    [
        "Avklarat: trygghetsvandring Granby.",
        "Trygghetsvandringar: ja, tre stycken.",
        "Trygghetsvandringar används löpande sedan i våras.",
        "Varje tisdag i höst har polisen, skolan och kommunen suttit i det som kallas trygghetsvandring.",
        "Trygghetsvandringar brukar hållas varje höst. I tisdags samlades ett tjugotal vid torget.",
        "Vi lovade fyra trygghetsvandringar och det blev fem.",
        "Nu är vårens trygghetsvandring i Granby till ända.",
        "Som ett led i löftet bjöd polisen in boende till trygghetsvandring i tisdags.",
        "Ett trettiotal har samlats vid torget. Trygghetsvandringen leds av kommunens samordnare.",
        "Boende fick brev inför hösten. Lamporna som pekades ut på trygghetsvandringen får inte ström.",
        "Sedan i maj har samordnaren, fastighetsbolaget, fältarna och polisen kollat av läget varje vecka vid "
        "trygghetsvandringar.",
    ],
)
def test_doubt_is_a_question(body: str) -> None:
    """What names the activity and may be a report is asked about; only positive grounds dismiss it."""
    reading = read("Nytt", body)["c5"]
    assert (reading.state, reading.band) == ("held", "unsure")


@pytest.mark.parametrize(
    "body",
    [
        "Trygghetsvandringar är ett bra sätt att möta invånarna.",
        "Kommunen har anställt en samordnare som ansvarar för trygghetsvandringar.",
        "Ledamöterna röstade nej till fler trygghetsvandringar.",
        "Varför går kommunen trygghetsvandringar?",
        "Polischefen berättade om trygghetsvandringar.",
    ],
)
def test_what_only_concerns_such_activities_is_not_asked(body: str) -> None:
    """The general present, talk, and what is about such activities, is dismissed without a question."""
    reading = read("Nytt", body)["c5"]
    assert (reading.state, reading.band) == ("background", "no")


@pytest.mark.parametrize(
    ("commitment", "title", "body", "state"),
    [
        ("c5", "Nytt", "Vid en trygghetsvandring går boende och kommun en runda.", "background"),
        ("c5", "Nytt", "Vi går trygghetsvandring klockan 18 och vill se så många som möjligt.", "planned"),
        ("c5", "Välkomna", "Den 3 november går vi trygghetsvandring. Efter förra vandringen, 2018, byttes lamporna.",
         "planned"),
        ("c4", "Nytt", "Föräldraträffen med polisen den 1 november skjuts på framtiden.", "moved"),
        ("c2", "Nytt", "Under hösten genomför polisen hundsök på skolor. Rektorerna är informerade.", "planned"),
        ("c6", "Nytt", "Ett brev till föräldrar om epor är under framtagande av polisen.", "planned"),
        ("c2", "Riktlinje mot droger", "Hundsök på skola ska ske när eleverna är lediga.", "background"),
        ("c5", "Logg", "Trygghetsvandring Granby (planerad 12/10): ej utförd.", "cancelled"),
        ("c1", "Nytt", "Vi har beslutat ställa in sammanträdet i brottsförebyggande rådet i oktober.", "cancelled"),
        ("c2", "Nytt", "Vi vill förbereda er på att polisen kommer till skolan med narkotikahund.", "planned"),
        ("c5", "Nytt", "Debatten rörde trygghetsvandringar.", "background"),
        ("c7", "Nytt", "Polisen varslar om insatser mot A-traktorer. Exakt när vill man inte avslöja.", "planned"),
        ("c2", "Nytt", "Motionen om hundsök på skolor röstades ner.", "background"),
        ("c1", "Nytt", "EST innebär att kommun och polis går igenom inrapporterade händelser.", "background"),
    ],
)  # fmt: skip
def test_what_is_not_yet_or_only_described_is_not_asked(commitment: str, title: str, body: str, state: str) -> None:
    """A hour to meet at, the present tense of arranging, and what follows "innebär", tell of nothing that has been."""
    reading = read(title, body)[commitment]
    assert (reading.state, reading.question) == (state, "")


def test_a_month_far_off_is_on_neither_side() -> None:
    """ "I maj" in January may be of the year before: an outcome's row is no plan because May lies nearer ahead."""
    when = datetime(2022, 1, 22, tzinfo=UTC)
    record = Record("annat", "1", "Så gick det", "Hundsök på skolor: ja, polisen gjorde sitt i maj.", published_at=when)
    [reading] = evidence.read([record], PROMISE, None, period_filter=False)
    assert (reading.state, str(reading.dates[0].start)) == ("held", "2021-05-01")


def test_a_motion_that_names_every_activity_is_about_none() -> None:
    """Motions and debates use all the words at once; one that is about a single activity is about that."""
    body = "Motionären vill ha fler trygghetsvandringar, hundsök på skolor och insatser mot eporna."
    assert read("Motion om trygghet", body) == {}
    assert list(read("Motion om trygghet", "Motionären vill ha fler trygghetsvandringar.")) == ["c5"]


def test_what_the_body_tells_of_another_activity_is_no_report_of_the_titles() -> None:
    """Minutes of one group that tell what another party did say nothing sure of the group's own meeting."""
    said = read("EST lägesbild", "Återkoppling: polisens insats mot A-traktorer i lördags gav 17 stoppade ekipage.")
    assert (said["c7"].band, said["c1"].band) == ("sure", "unsure")
    assert "c1" not in read("Plan EST", "Åtgärd: trygghetsvandring i Härad. Ansvarig: kommunpolis. Planerat: v. 47.")


def test_the_next_meeting_is_not_the_one_that_minutes_report() -> None:
    """Minutes that end with the next meeting's day are of the one that has been, on the day they name."""
    reading = read("EST-anteckningar v. 41", "Avstämning 11/10. Deltog: polis, skola. Nästa avstämning 25/10.")["c1"]
    assert (reading.state, [str(d.start) for d in reading.dates]) == ("held", ["2021-10-11"])


def test_a_question_may_take_for_granted_that_something_was_done() -> None:
    """ "Har ni läst brevet som kom?" asks about the reading, not about the letter."""
    reading = read("Nytt", "Har ni föräldrar läst brevet om epor som kom i veckan?")["c6"]
    assert (reading.state, reading.band) == ("held", "unsure")


def test_a_text_goes_on_about_the_same_letter() -> None:
    """What a letter is about may stand in another sentence than that it was sent, and when."""
    body = "I mitten av september gick ett brev ut till alla hem. Avsändare är polisen. Brevet till föräldrar rör epor."
    reading = read("Nytt", body)["c6"]
    assert (reading.state, str(reading.dates[0].start)) == ("held", "2021-09-01")


def test_one_day_behind_and_one_ahead_is_a_question() -> None:
    """A row of days on both sides of the publication is for a person to tell apart."""
    reading = read("Höst", "Trygghetsvandring den 14 oktober och den 11 november kl. 18, samling vid torget.")["c5"]
    assert (reading.state, reading.band) == ("held", "unsure")


def test_an_operation_without_its_name_is_asked_about() -> None:
    """What an operation leads to, beside the vehicles it is about, is a question and never a count."""
    reading = read("Böter", "Polisen bötfällde sju epaförare i lördags.")["c7"]
    assert (reading.state, reading.band) == ("held", "unsure")


@pytest.mark.parametrize(
    ("commitment", "title", "body"),
    [
        ("c5", "Nytt", "Ett trettiotal boende kom till trygghetsvandringen i tisdags."),
        ("c5", "Nytt", "Vi vill tacka alla som kom på trygghetsvandringen i går."),
        ("c5", "Nytt", "Vi var 32 stycken på trygghetsvandringen i Granby."),
        ("c5", "Nytt", "Trygghetsvandringen den 14 oktober visade att var tredje lampa är trasig."),
        ("c5", "Nytt", "Den inställda trygghetsvandringen togs igen i tisdags."),
        ("c5", "Nytt", "Vandringen i tisdags: i Granby trygghetsvandrades det i regn."),
        ("c5", "Logg", "2021-10-14; trygghetsvandring; Granby; 14 deltagare; polis ja"),
        ("c5", "Tertialrapport", "Trygghetsvandringar: 3 (mål 4)."),
        ("c5", "Nytt", "Rektor berättade att trygghetsvandringen den 14 oktober var välbesökt."),
        ("c6", "Nytt", "Polisen och kommunen tog fram ett brev till föräldrar om A-traktorer. Det delades ut i maj."),
        ("c5", "Uppföljning", "Hittills i år: tre trygghetsvandringar och 41 besök i skolor."),
        ("c1", "Minnesanteckningar lokala BRÅ", "Datum: 2021-10-12. Närvarande: kommunpolis, socialchef, rektor."),
        ("c1", "Verksamhetsberättelse", "BRÅ-möten 2021: 18/2, 20/5, 16/9."),
        ("c3", "Nytt", "Linköpingsmodellen har använts i fyra ärenden under perioden."),
        (
            "c4",
            "Nytt",
            "Tack för att så många kom till föräldramötet i tisdags, där kommunpolisen talade om droger.",
        ),
        ("c4", "Nytt", "Den 12 oktober hölls en föräldraträff om droger på Granbyskolan. Polisen medverkade."),
    ],
)
def test_what_people_came_to_or_a_row_records_is_counted(commitment: str, title: str, body: str) -> None:
    """People or events at the activity, a log's row, a report's tally and minutes are clear without a "genomfördes"."""
    reading = read(title, body)[commitment]
    assert (reading.state, reading.band) == ("held", "sure")


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Nytt", "I tisdags bokade 45 personer in sig på trygghetsvandringen i november."),
        ("Nytt", "Trygghetsvandringen den 14 oktober blåstes av."),
        ("Nytt", "Kvällens trygghetsvandring utgår på grund av stormen."),
        ("Nytt", "Trygghetsvandringen i tisdags fick avlysas."),
        ("Nytt", "Ingen kom till trygghetsvandringen i tisdags, så den avbröts."),
        ("Nytt", "Många hade hoppats få vara med på trygghetsvandringen i tisdags."),
        ("Nytt", "Trygghetsvandringen skulle ha gått i tisdags. Då regnade det för mycket."),
        ("Nytt", "Hade det skett en trygghetsvandring hade lamporna lagats."),
        ("Nytt", "Det har inte skett någon trygghetsvandring i år."),
        ("Nytt", "Linköpingsmodellen har inte använts under året."),
        ("Nytt", "Lokala BRÅ sammanträdde inte under våren."),
        ("Nytt", "I tisdags samlades byalaget för att diskutera en trygghetsvandring."),
        ("Nytt", "Polisen medverkade i radion i tisdags och talade om föräldramöten."),
        ("Nytt", "Föräldramötet i tisdags handlade om skolmat. Polisen deltog i en trafikkontroll utanför skolan."),
        ("Nytt", "Polisens hundförare besökte skolan och visade hur hunden söker efter narkotika."),
        ("Nytt", "För tio år sedan ledde hon kommunens första trygghetsvandring."),
        ("Nytt", "Var fjärde kan tänka sig att vara med på en trygghetsvandring."),
        ("Nytt", "Skolan har kommit överens med polisen om ett hundsök efter narkotika."),
        ("Uppföljning", "Mål trygghetsvandringar: 4."),
        ("Tertialrapport", "Trygghetsvandringar: 4 planerade, 0 genomförda."),
        ("Kalender", "14 oktober kl 18: trygghetsvandring Granby, 20 deltagare får plats, polis ja"),
        ("Logg", "2021-10-14; trygghetsvandring; Granby; ej genomförd; polis ja; 14 deltagare"),
        ("Logg", "2021-10-14; trygghetsvandring; Granby; planerad; polis ja; 14 deltagare anmälda"),
        ("Årsrapport", "Under året planerades fyra trygghetsvandringar."),
        ("Nytt", "Kommunen tog fram ett brev till föräldrar om A-traktorer. Det ska delas ut i december."),
    ],
)
def test_what_was_denied_wished_planned_or_shown_is_never_counted(title: str, body: str) -> None:
    """A negation, a supposition, a target, a plan, talk and a demonstration are never counted without asking."""
    assert not [r for r in read(title, body).values() if (r.state, r.band) == ("held", "sure")]


@pytest.mark.parametrize(
    "body",
    [
        "Tack alla vårdnadshavare som kom till skolans aula i torsdags. Kommunpolisen berättade om droger.",
        "I går var det fullt i matsalen. Polisen pratade med föräldrar om droger.",
        "Kommunpolisen träffade föräldrar till sjuor i torsdags.",
    ],
)
def test_parents_and_police_without_a_name_for_it_is_a_question(body: str) -> None:
    """A meeting told of without its name, over two sentences, is asked about and never counted."""
    reading = read("Nytt", body)["c4"]
    assert (reading.state, reading.band) == ("held", "unsure")
