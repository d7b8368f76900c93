"""The door: lets members in by password and guests by link, and remembers whom it let in (DA-1 to DA-4).

A token is drawn at random, given out once, and kept only as a hash; what it admits to, and until when, is kept
beside that. So a stolen database opens nothing, and removing a row takes a sign-in or a link back.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from typing import Final

from passerby.access.passwords import fits, password_hash
from passerby.base.clock import Clock
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId, SessionId
from passerby.base.token import digest
from passerby.base.units import DAY_MS, SECOND_MS
from passerby.model.member import GUEST, Admission, Member, Role
from passerby.store.contract import Reader, Store

LASTS_MS: Final = 7 * DAY_MS
ATTEMPTS_MAX: Final = 5
ATTEMPT_EVERY_MS: Final = 30 * SECOND_MS
"""A name may be tried `ATTEMPTS_MAX` times at once, and once more for every `ATTEMPT_EVERY_MS` that passes.

The right password begins anew."""
_NAMES_WATCHED_MAX: Final = 10_000


class Door:
    """Signs members in and out of one store's orgs. `new_token` draws one at random."""

    def __init__(self, store: Store, clock: Clock, new_token: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._new_token = new_token
        self._free_at_ms: dict[tuple[OrgId, str], int] = {}
        self._watching = threading.Lock()

    def sign_in(self, org: OrgId, name: str, password: str) -> str:
        """A token for the member of that name. Refusal: `too_many_attempts`, `wrong_password` (or no such name)."""
        now_ms = self._clock.now_ms()
        self._count_attempt((org, name), now_ms)
        with self._store.read() as reader:
            member = reader.member(org, name)
        if not fits(password, member.password_hash if member else None) or member is None:
            raise Refusal("wrong_password", "that is not a name and password of this org")
        with self._watching:
            self._free_at_ms.pop((org, name), None)
        return self._admit(org, member.name, member.role, None, LASTS_MS)

    def _count_attempt(self, who: tuple[OrgId, str], now_ms: int) -> None:
        with self._watching:
            free_at_ms = max(self._free_at_ms.get(who, 0), now_ms)
            if free_at_ms - now_ms >= ATTEMPTS_MAX * ATTEMPT_EVERY_MS:
                raise Refusal("too_many_attempts", "too many attempts: wait half a minute")
            if len(self._free_at_ms) >= _NAMES_WATCHED_MAX:
                self._free_at_ms = {name: at for name, at in self._free_at_ms.items() if at > now_ms}
            self._free_at_ms[who] = free_at_ms + ATTEMPT_EVERY_MS

    def share(self, org: OrgId, by: str, session: SessionId, lasts_ms: int) -> str:
        """A token that shows one session to whoever holds it, for `lasts_ms`."""
        return self._admit(org, by, GUEST, session, lasts_ms)

    def _admit(self, org: OrgId, name: str, role: Role, session: SessionId | None, lasts_ms: int) -> str:
        token, now_ms = self._new_token(), self._clock.now_ms()
        admission = Admission(digest(token), org, name, role, session, now_ms, now_ms + lasts_ms)
        self._store.submit(lambda transaction: transaction.admit(admission)).result()
        return token

    def admitted(self, reader: Reader, org: OrgId, token: str) -> Admission | None:
        """What `token` admits to in `org` now, if anything."""
        found = reader.admission(digest(token)) if token else None
        if found is None or found.org != org or found.expires_at_ms <= self._clock.now_ms():
            return None
        return found

    def sign_out(self, token: str) -> None:
        """Take a token back."""
        self.dismiss(digest(token))

    def dismiss(self, kept: bytes) -> None:
        """Take back what admits by the token of that digest."""
        self._store.submit(lambda transaction: transaction.dismiss(kept)).result()

    def put_member(self, org: OrgId, name: str, role: Role, password: str) -> None:
        """Add a member, or give the one of that name another role and password."""
        member = Member(name, role, password_hash(password))
        self._store.submit(lambda transaction: transaction.put_member(org, member)).result()

    def remove_member(self, org: OrgId, name: str) -> None:
        """Remove a member; whatever they signed in to or shared ends."""
        self._store.submit(lambda transaction: transaction.remove_member(org, name)).result()


def form_mark(token: str) -> str:
    """What a form must carry to be taken from the holder of `token`: other sites cannot know it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def bears(mark: str, token: str) -> bool:
    """Whether a form's mark is the token holder's."""
    return hmac.compare_digest(mark.encode(), form_mark(token).encode())
