"""Who may act: the people in the config, and the invented ones of the demo mode."""

from __future__ import annotations

from config import Config
from config.schema import Person

DEMO_BANNER = "Demoläge: påhittade personer. Inget här är godkänt av någon myndighet."

# Invented on purpose so that nobody takes them for real: two approvers, two reporters, one who runs the system.
DEMO_PEOPLE = (
    Person(
        id="demo-polis",
        name="Demo Polis (godkänner)",
        party="police",
        roles=frozenset({"reviewer", "approver"}),
        demo=True,
    ),
    Person(
        id="demo-kommun",
        name="Demo Kommun (godkänner)",
        party="municipality",
        roles=frozenset({"reviewer", "approver"}),
        demo=True,
    ),
    Person(
        id="demo-polis-rapport",
        name="Demo Polis (rapporterar)",
        party="police",
        roles=frozenset({"reporter"}),
        demo=True,
    ),
    Person(
        id="demo-kommun-rapport",
        name="Demo Kommun (rapporterar)",
        party="municipality",
        roles=frozenset({"reporter"}),
        demo=True,
    ),
    Person(id="demo-drift", name="Demo Drift", party="municipality", roles=frozenset({"ops"}), demo=True),
)
_DOES = {
    "reporter": "rapporterar aktiviteter och svarar på frågor",
    "reviewer": "granskar och ändrar texter",
    "approver": "godkänner",
    "ops": "sköter driften",
}


def demo_person(key: str) -> Person | None:
    """Return the invented person with that id, or None."""
    return next((p for p in DEMO_PEOPLE if p.id == key), None)


def does(person: Person) -> str:
    """Return what a person does here, in words."""
    return ", ".join(words for role, words in _DOES.items() if role in person.roles)


def name_of(config: Config, key: str) -> str:
    """Return what a person who acted is called; the id itself when nobody knows it."""
    if key == "lofteskoll":
        return "Löfteskollen"
    known = (*(p for m in config.municipalities.values() for p in m.people), *DEMO_PEOPLE)
    return next((p.name for p in known if p.id == key), key)
