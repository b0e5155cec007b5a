"""A run whose machine died: Prefect leaves it Running for ever unless an automation misses its signs of life."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

NAME = "lofteskoll: en körning utan livstecken är kraschad"
# A run shows a sign of life every three minutes unless set otherwise; a machine that is only slow must not lose it.
WITHIN = timedelta(minutes=10)
_ENDS = ("Completed", "Failed", "Cancelled", "Crashed")


def watch_over() -> UUID:
    """Return the automation's id, made if it isn't there: Prefect would make a second one of the same name."""
    with get_client(sync_client=True) as client:
        there = client.read_automations_by_name(NAME)
        return there[0].id if there else client.create_automation(_automation())


def _automation() -> AutomationCore:
    trigger = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in _ENDS)},
        match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=WITHIN,
    )
    told = "Inget livstecken på tio minuter. Nästa körning tar vid; inget sänds två gånger."
    return AutomationCore(
        name=NAME, trigger=trigger, actions=[ChangeFlowRunState(state=StateType.CRASHED, message=told)]
    )
