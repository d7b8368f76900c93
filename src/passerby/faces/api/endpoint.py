"""Endpoints: each is declared once, with all that is needed to serve it and to describe it (AP-13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypeVar

import msgspec

from passerby.base.clock import Clock
from passerby.base.errors import Refusal
from passerby.base.ids import Ids
from passerby.base.units import DAY_MS
from passerby.jobs.work import REPLY
from passerby.model.marks import Marks
from passerby.model.org import Org
from passerby.store.contract import Entry, Store, Transaction

T = TypeVar("T")
Scope = Literal["capture", "read", "admin"]

STATUS: Final[Mapping[str, int]] = {
    "malformed_json": 400,
    "invalid_argument": 400,
    "required_field": 400,
    "too_deep": 400,
    "too_many_requests_in_batch": 400,
    "invalid_uid": 400,
    "placeholder_uid": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "unknown_org": 403,
    "resource_not_found": 404,
    "method_not_allowed": 405,
    "idempotency_key_reused": 409,
    "erased": 410,
    "body_too_large": 413,
    "unsupported_encoding": 415,
    "too_many_requests": 429,
    "server_error": 500,
    "unavailable": 503,
}
"""Every code of an error of the API."""

REPLIES_KEPT_MS: Final = DAY_MS
BODY_BYTES_MAX: Final = 1 << 20
BATCH_BYTES_MAX: Final = 64 << 20


class Answer(msgspec.Struct, frozen=True):
    """What is answered: a record that becomes JSON, or `stream`, chunks of another type."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = {}
    about: str | None = None
    """The mark of whom the answer tells, for an erasure to find it when it is remembered."""
    wakes: bool = False
    """Whether something is due now that it was given."""
    stream: Iterable[bytes] | None = None
    media_type: str = "application/json"


class Reply(msgspec.Struct, frozen=True):
    """An answer that is remembered."""

    request: str
    status: int
    body: msgspec.Raw
    headers: dict[str, str]


class Idempotency(msgspec.Struct, frozen=True):
    """The marks of a request that may come twice: of its key, and of all else that must then be the same."""

    key: str
    request: str


class Desk(msgspec.Struct, frozen=True):
    """What endpoints work with. `wake` tells the workers that something is due.

    `public_url` is how the service is reached, when that is not how it was called.
    """

    store: Store
    clock: Clock
    ids: Ids
    wake: Callable[[], None]
    public_url: str = ""


class Call(msgspec.Struct, frozen=True):
    """One request, let in and read. `base` is how the caller reached the service."""

    desk: Desk
    org: Org
    path: Mapping[str, str]
    query: Any
    body: Any
    base: str
    idempotency: Idempotency | None = None
    headers: Mapping[str, str] = {}

    @property
    def now_ms(self) -> int:
        """The time."""
        return self.desk.clock.now_ms()

    def write(self, work: Callable[[Transaction], Answer]) -> Answer:
        """The answer of `work`, done in one transaction; the remembered one to a repeat (AP-3).

        `work` refuses before it changes anything.
        """
        answer = self.desk.store.submit(lambda transaction: self._once(transaction, work)).result()
        if answer.wakes:
            self.desk.wake()
        return answer

    def _once(self, transaction: Transaction, work: Callable[[Transaction], Answer]) -> Answer:
        asked = self.idempotency
        if asked is None:
            return work(transaction)
        known = transaction.entry(self.org.id, REPLY, asked.key)
        if known is not None:
            return _again(msgspec.json.decode(known.body, type=Reply), asked)
        try:
            answer = work(transaction)
        except Refusal as refused:
            answer = refusal(refused)
        raw = msgspec.Raw(msgspec.json.encode(answer.body))
        reply = Reply(asked.request, answer.status, raw, dict(answer.headers))
        due_at_ms = self.now_ms + REPLIES_KEPT_MS
        entry = Entry(REPLY, asked.key, msgspec.json.encode(reply), answer.about, due_at_ms)
        transaction.put_entry(self.org.id, entry)
        return answer


class Failure(msgspec.Struct, frozen=True):
    """What every error is answered with."""

    message: str
    code: str


class Endpoint(msgspec.Struct, frozen=True):
    """One method of one path. `run`'s docstring is its description.

    `shown` is the body as it is described, where `body`, as it is read, leaves the members of a batch unread.
    `other` are further answers of success by status; `creates` lets in an Idempotency-Key. An open endpoint asks for
    no key.
    """

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    scope: Scope
    run: Callable[[Call], Answer]
    answer: Any
    query: type | None = None
    body: Any = None
    shown: Any = None
    errors: tuple[str, ...] = ()
    other: Mapping[int, Any] = {}
    creates: bool = False
    is_open: bool = False
    body_bytes_max: int = BODY_BYTES_MAX
    media_types: tuple[str, ...] = ("application/json",)

    def codes(self) -> list[str]:
        """All codes of errors that it may answer with."""
        found = [*self.errors, "server_error", "unavailable"]
        if not self.is_open:
            found += ["unauthorized", "forbidden", "too_many_requests"]
        if self.query is not None:
            found += ["invalid_argument"]
        if self.body is not None:
            found += ["malformed_json", "invalid_argument", "required_field", "too_deep"]
            found += ["body_too_large", "unsupported_encoding"]
        if self.creates:
            found += ["idempotency_key_reused", "invalid_argument"]
        return sorted(set(found), key=lambda code: (STATUS[code], code))


def refusal(refused: Refusal) -> Answer:
    """What a refusal is answered with."""
    status = STATUS[refused.code]
    headers = {"Retry-After": "1"} if status in (429, 503) else {}
    return Answer(Failure(refused.message, refused.code), status, headers)


def marks_of(org: Org) -> Marks:
    """The marks of an org."""
    return Marks(org.secret)


def _again(reply: Reply, asked: Idempotency) -> Answer:
    if reply.request != asked.request:
        raise Refusal("idempotency_key_reused", "this Idempotency-Key was used for another request")
    return Answer(reply.body, reply.status, reply.headers)
