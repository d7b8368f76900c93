"""Events that servers report (AP-6)."""

from __future__ import annotations

from passerby.faces.api import shapes
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.faces.api.users import told
from passerby.ingest.reports import report_event
from passerby.model.outcome import Outcome
from passerby.store.contract import Transaction
from passerby.wire.reports import EventRequest


def create_event(call: Call) -> Answer:
    """Record an event of a user, of a session, or of an anonymous user of its own."""

    def report(transaction: Transaction) -> Answer:
        done = report_event(transaction, call.org, call.body, None, call.now_ms, call.desk.ids)
        outcome = None if done.outcome is Outcome.STORED else done.outcome.value
        return told(call, done, shapes.EventCreated(outcome=outcome, notes=list(done.notes)))

    return call.write(report)


ENDPOINTS = (
    Endpoint(
        "POST", "/v2/events", "capture", create_event, shapes.EventCreated, body=EventRequest, creates=True,
        errors=("invalid_uid", "placeholder_uid", "erased", "resource_not_found", "unknown_org"),
    ),
)  # fmt: skip
