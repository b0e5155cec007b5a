"""Scenes of time and of the world outside: clocks that jump, two systems on one database, sources that go wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from tasks.store import drafts, records
from tasks.store.tables import records as records_table
from tests.chaos_operations_house import LOG, PEOPLE, PERIOD, SLUG, STORY, House
from tests.chaos_operations_judge import kept
from tests.chaos_operations_outside import GARBAGE
from tests.chaos_operations_run import Run


def jumped(ahead: timedelta) -> Callable[[Run], None]:
    """Return the scene in which each flow's clock is wrong by so much when it dies; afterwards it is right again."""

    def scene(run: Run) -> None:
        twin = run.twin()
        with run.house() as house:
            house.open_review()
            for act in STORY:
                house.later(minutes=20)
                if act in PEOPLE:
                    run.act_of_person(house, act, None)
                    continue
                steps = twin.steps[act]
                # What it has kept by then was kept at the wrong time: a lease at least.
                kept_something = [n for n, name in enumerate(steps, 1) if name == "committed"]
                # A draft of the wrong day is a draft; newer data makes a new version of it, as of any other.
                kept_something = kept_something[: 1 if act == "draft" else 4]
                process = house.flow(act, stop_at=run.random.choice(kept_something), ahead=ahead)
                at = process.reach()
                run.say(f"{act} dör vid {at} med klockan {ahead} fel")
                run.tally.numbers["faults"] += bool(at)
                run.tally.numbers["kills"] += bool(at)
                run.tally.broken[f"{act}: {at}"] += bool(at)
                process.kill()
                process.wait()
                # The first call after a clock was set back may have to wait: how long ago the last was nobody knows.
                for _ in range(2):
                    house.later(minutes=61)
                    ended = house.quiet(act)
                    run.expect(ended.done, "stuck", f"{act} en timme senare: {ended}")
                if act in ("collect", "reconcile", "draft"):
                    with house.store() as store:
                        wanted, found = twin.kept, kept(store)
                    kind = {"collect": "records", "reconcile": "readings", "draft": "drafts"}[act]
                    there = bool(found[kind]) or not wanted[kind]
                    run.expect(there, "stuck", f"{act} gjorde inget två timmar efter att klockan ställts rätt")
            run.rest(house)

    return scene


def summer_time_ends(run: Run) -> None:
    """The night when an hour comes twice: everything fires twice at once in both, and each thing is there once."""
    with run.house() as house:
        for hour in range(4):
            house.shared.now = datetime(2021, 10, 30, 23, 6, tzinfo=UTC) + timedelta(hours=hour)
            for name in ("collect", "reconcile", "draft", "renew", "watch"):
                both(run, house, name)
        with house.store() as store:
            found = kept(store)
        editions = Counter(one[:3] for one in found["drafts"])
        run.expect(len(editions) == 2, "lost", f"utkast: {list(editions)}")
        run.expect(max(editions.values(), default=0) == 1, "twice", f"utkast: {editions}")
        same = found["records"] == run.twin().kept["records"]
        run.expect(same, "wrong_state", f"uppgifter: {found['records']}")
        run.rest(house, twin=False)


def both(run: Run, house: House, name: str) -> None:
    """Start a flow twice at the same moment; one works, the other ends well."""
    pair = [house.flow(name), house.flow(name)]
    run.tally.numbers["faults"] += 1
    run.tally.broken[f"{name}: samtidigt"] += 1
    for ended in [process.wait() for process in pair]:
        run.expect(ended.done, "stuck", f"{name} två gånger samtidigt: {ended}")


def asleep(run: Run) -> None:
    """The machine sleeps for a week across the period's end; all that was missed fires at once, by hand too."""
    with run.house() as house:
        house.shared.now = datetime(2021, 4, 27, 6, 6, tzinfo=UTC)
        for name in ("collect", "reconcile", "draft"):
            house.quiet(name)
        house.shared.now += timedelta(days=7)
        missed = ("collect", "collect", "reconcile", "draft", "draft", "renew", "watch", "watch", "publish", "alarm")
        begun = [house.flow(name) for name in missed]
        run.tally.numbers["faults"] += 1
        run.tally.broken["en veckas sömn"] += 1
        for name, ended in zip(missed, [process.wait() for process in begun], strict=True):
            run.expect(ended.done, "stuck", f"{name} efter sömnen: {ended}")
        run.rest(house, twin=False)
        with house.store() as store:
            found = kept(store)
        editions = Counter(one[:3] for one in found["drafts"])
        run.expect(list(editions.values()) == [1], "twice" if editions else "lost", f"utkast: {editions}")
        same = found["records"] == run.twin().kept["records"]
        run.expect(same, "wrong_state", f"uppgifter: {found['records']}")


def two_systems(run: Run) -> None:
    """Two installations were started on one database by mistake: every flow runs twice at once, all day."""
    with run.house() as house:
        house.open_review()
        for act in STORY:
            house.later(minutes=20)
            if act in PEOPLE:
                run.act_of_person(house, act, None)
            else:
                both(run, house, act)
        run.rest(house)
        # One trouble, two systems that both want to tell of it.
        house.outside.tell(how="error")
        house.quiet("collect")
        house.shared.now += timedelta(hours=13)
        house.quiet("collect")
        both(run, house, "alarm")
        told = Counter(house.outside.told())
        run.expect(sum(told.values()) == 1, "twice" if told else "lost", f"larm om källan: {told}")
        house.outside.tell(how="")
        # At the same moment it would be called too soon.
        house.shared.now += timedelta(hours=1)
        house.quiet("collect")
        both(run, house, "alarm")
        told = Counter(house.outside.told())
        run.expect(sum(told.values()) == 2, "twice" if len(told) == 2 else "lost", f"larm och löst: {told}")


def silent_source(hows: tuple[str, ...]) -> Callable[[Run], None]:
    """Return the scene in which a source goes wrong in these ways for three weeks across the period's end."""

    def scene(run: Run) -> None:
        with run.house() as house:
            start = datetime(2021, 4, 12, 6, 6, tzinfo=UTC)
            house.shared.now = start
            house.quiet("collect")
            for day in range(1, 22):
                house.shared.now = start + timedelta(days=day)
                how = run.random.choice(hows)
                house.outside.tell(how=how)
                for name in ("collect", "reconcile", "draft", "renew", "alarm"):
                    ended = house.quiet(name) if name in ("collect", "alarm") or day > 19 else None
                    run.expect(ended is None or ended.done, "stuck", f"{name}, källan svarar {how}: {ended}")
                run.tally.numbers["faults"] += 1
                run.tally.broken[f"källa: {how}"] += 1
            with house.store() as store, store.reading() as db:
                draft = drafts.latest(db, SLUG, PERIOD)
                known = db.execute(select(records_table.c.id)).all()
            run.expect(len(known) == 3, "lost" if len(known) < 3 else "wrong_state", f"uppgifter: {known}")
            gaps = [g for o in draft.followup.outcomes for g in o.gaps] if draft else []
            run.expect(bool(gaps), "wrong_state", "utkastet säger inte att uppgift saknas")
            titles = [t for t in house.outside.told() if "logg har inte svarat" in t and not t.startswith("Löst")]
            run.expect(len(titles) == 1, "twice" if titles else "lost", f"larm om källan: {titles}")
            said = house.status()
            run.expect("Kommunens aktivitetslogg har inte svarat" in said, "wrong_state", "status nämner inte källan")
            house.outside.tell(how="", body=LOG.replace("Härad", "Åker"))
            run.rest(house, twin=False)
            with house.store() as store, store.reading() as db:
                draft = drafts.latest(db, SLUG, PERIOD)
                versions = len(records.versions(db, "kommunens-rapporter/K2"))
            run.expect(versions == 2, "lost" if versions < 2 else "twice", f"versioner av K2: {versions}")
            gaps = [g for o in draft.followup.outcomes for g in o.gaps] if draft else []
            run.expect(not gaps, "wrong_state", f"luckan står kvar fast källan visar allt: {gaps}")
            solved = [t for t in house.outside.told() if "logg har inte svarat" in t and t.startswith("Löst")]
            run.expect(len(solved) == 1, "twice" if solved else "lost", f"löst: {solved}")

    return scene


HANGS = silent_source(("hang", "error"))
TALKS_NONSENSE = silent_source(tuple(GARBAGE))
