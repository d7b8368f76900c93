"""Webhooks: who is told of what happens (AP-11, AP-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.faces.api.shapes import Empty
from passerby.ingest.announcing import DELIVERY, WEBHOOK, WEBHOOKS_MAX, webhooks
from passerby.jobs.delivery import SILENCE, WATCH
from passerby.model.webhook import Delivery, EventName, EventType, Webhook
from passerby.store.contract import Entry, Reader, Transaction
from passerby.wire.instants import iso_text

_PAGE: Final = 100
_BY_NAME: Final = "recording.event.custom"
_DISPLAYED: Final[Mapping[EventName, str]] = {
    "recording.event.custom": "Custom event",
    "session.ended": "Session ended",
    "user.identified": "User identified",
    "user.anonymized": "User anonymized",
}


class WebhookRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A destination over http or https, and what it is told of. Without `secret` one is made."""

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    eventTypes: Annotated[list[EventType], Meta(min_length=1, max_length=100)]
    secret: Annotated[str, Meta(min_length=16, max_length=256)] | None = None
    enabled: bool = True


class WebhookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; the rest stays."""

    url: Annotated[str, Meta(min_length=1, max_length=2048)] | None = None
    eventTypes: Annotated[list[EventType], Meta(min_length=1, max_length=100)] | None = None
    secret: Annotated[str, Meta(min_length=16, max_length=256)] | None = None
    enabled: bool | None = None


class WebhookShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """A webhook. `secret` is there only in the answer that made it."""

    id: str
    url: str
    eventTypes: list[EventType]
    enabled: bool
    created: str
    secret: str | None = None


class WebhookListShape(msgspec.Struct, frozen=True):
    """All webhooks."""

    endpoints: list[WebhookShape]


class EventDef(msgspec.Struct, frozen=True):
    """Something that webhooks are told of. One with subcategories may be asked for by one of them, or as a whole."""

    eventName: EventName
    displayName: str
    hasSubcategories: bool


class EventDefListShape(msgspec.Struct, frozen=True):
    """All that webhooks are told of."""

    eventDefs: list[EventDef]


class AttemptShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try: the status that came back, or why none did."""

    at: str
    status: int | None = None
    error: str | None = None


class DeliveryShape(msgspec.Struct, frozen=True):
    """How one telling went."""

    id: str
    eventName: str
    state: str
    created: str
    attempts: list[AttemptShape]


class DeliveryListShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """The log of a webhook, the earliest first; kept for 7 days."""

    results: list[DeliveryShape]
    next_page_token: str | None = None


class PageQuery(msgspec.Struct, frozen=True):
    """Which page."""

    page_token: str = ""


def create_webhook(call: Call) -> Answer:
    """Make a webhook. The answer holds its secret, this once."""
    asked: WebhookRequest = call.body
    ids = call.desk.ids
    secret = asked.secret or f"{ids.mint()}{ids.mint()}".replace("-", "")
    events = tuple(asked.eventTypes)
    hook = Webhook(ids.mint(), _checked(asked.url), events, secret, asked.enabled, call.now_ms)

    def create(transaction: Transaction) -> Answer:
        if len(webhooks(transaction, call.org)) >= WEBHOOKS_MAX:
            raise Refusal("invalid_argument", f"an org has at most {WEBHOOKS_MAX} webhooks")
        _put(call, transaction, hook)
        return Answer(_shape(hook, hook.secret))

    return call.write(create)


def update_webhook(call: Call) -> Answer:
    """Change a webhook."""
    asked: WebhookChange = call.body

    def update(transaction: Transaction) -> Answer:
        hook = _webhook(transaction, call.org.id, call.path["webhook"])
        changed = msgspec.structs.replace(
            hook,
            url=hook.url if asked.url is None else _checked(asked.url),
            events=hook.events if asked.eventTypes is None else tuple(asked.eventTypes),
            secret=asked.secret or hook.secret,
            enabled=hook.enabled if asked.enabled is None else asked.enabled,
        )
        _put(call, transaction, changed)
        return Answer(_shape(changed))

    return call.write(update)


def _put(call: Call, transaction: Transaction, hook: Webhook) -> None:
    transaction.put_entry(call.org.id, Entry(WEBHOOK, hook.id, msgspec.json.encode(hook)))
    wants_ends = any(event.eventName == "session.ended" for event in hook.events)
    if wants_ends and transaction.entry(call.org.id, WATCH, SILENCE) is None:
        since_ms = msgspec.json.encode(call.now_ms - call.org.settings.idle_ms)
        transaction.put_entry(call.org.id, Entry(WATCH, SILENCE, since_ms, due_at_ms=call.now_ms))


def all_webhooks(call: Call) -> Answer:
    """List webhooks."""
    with call.desk.store.read() as reader:
        return Answer(WebhookListShape([_shape(hook) for hook in webhooks(reader, call.org)]))


def all_event_types(_call: Call) -> Answer:
    """List what webhooks may be told of."""
    found = [EventDef(name, displayed, name == _BY_NAME) for name, displayed in _DISPLAYED.items()]
    return Answer(EventDefListShape(found))


def get_webhook(call: Call) -> Answer:
    """Get a webhook."""
    with call.desk.store.read() as reader:
        return Answer(_shape(_webhook(reader, call.org.id, call.path["webhook"])))


def delete_webhook(call: Call) -> Answer:
    """Remove a webhook. What was still to be told is given up."""

    def remove(transaction: Transaction) -> Answer:
        transaction.remove_entry(call.org.id, WEBHOOK, _webhook(transaction, call.org.id, call.path["webhook"]).id)
        return Answer(Empty())

    return call.write(remove)


def webhook_deliveries(call: Call) -> Answer:
    """The log of a webhook: each telling and its attempts."""
    with call.desk.store.read() as reader:
        hook = _webhook(reader, call.org.id, call.path["webhook"])
        prefix = f"{hook.id}/"
        found = reader.entries(call.org.id, DELIVERY, prefix, prefix + call.query.page_token, _PAGE + 1)
    more = found[_PAGE - 1].id.removeprefix(prefix) if len(found) > _PAGE else None
    return Answer(DeliveryListShape([_delivery_shape(entry) for entry in found[:_PAGE]], more))


def _delivery_shape(entry: Entry) -> DeliveryShape:
    found = msgspec.json.decode(entry.body, type=Delivery)
    attempts = [AttemptShape(iso_text(each.at_ms), each.status, each.error) for each in found.attempts]
    name = found.id.partition("/")[2]
    return DeliveryShape(name, found.event, found.state, iso_text(found.made_at_ms), attempts)


def _webhook(reader: Reader, org: OrgId, name: str) -> Webhook:
    entry = reader.entry(org, WEBHOOK, name)
    if entry is None:
        raise Refusal("resource_not_found", "no such webhook")
    return msgspec.json.decode(entry.body, type=Webhook)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isascii()
        is_good = is_good and "@" not in parts.netloc
    except ValueError:
        is_good = False
    if not is_good or any(c.isspace() or not c.isprintable() for c in url):
        raise Refusal("invalid_argument", "url is an http or https URL without user or password")
    return url


def _shape(hook: Webhook, secret: str | None = None) -> WebhookShape:
    return WebhookShape(hook.id, hook.url, list(hook.events), hook.enabled, iso_text(hook.made_at_ms), secret)


_PATH: Final = "/webhooks/v1/endpoints"
_ONE: Final = f"{_PATH}/{{webhook}}"
_NONE: Final = ("resource_not_found",)

ENDPOINTS = (
    Endpoint("GET", "/webhooks/v1/event-types", "read", all_event_types, EventDefListShape),
    Endpoint("POST", _PATH, "admin", create_webhook, WebhookShape, body=WebhookRequest),
    Endpoint("GET", _PATH, "admin", all_webhooks, WebhookListShape),
    Endpoint("GET", _ONE, "admin", get_webhook, WebhookShape, errors=_NONE),
    Endpoint("POST", _ONE, "admin", update_webhook, WebhookShape, body=WebhookChange, errors=_NONE),
    Endpoint("DELETE", _ONE, "admin", delete_webhook, Empty, errors=_NONE),
    Endpoint("GET", f"{_ONE}/deliveries", "admin", webhook_deliveries, DeliveryListShape, PageQuery, errors=_NONE),
)
