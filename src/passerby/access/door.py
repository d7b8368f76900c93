"""The door: lets members in by password and guests by link, and remembers whom it let in (DA-1 to DA-4).

A token is drawn at random, given out once, and kept only as a hash; what it admits to, and until when, is kept
beside that. So a stolen database opens nothing, and removing a row takes a sign-in or a link back.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import msgspec

from passerby.access.attempts import KNOWN, Attempts
from passerby.access.hashing import Hashing
from passerby.access.passwords import fits, password_hash
from passerby.access.proofs import proof, proved
from passerby.base.clock import Clock
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId, SessionId
from passerby.base.token import digest
from passerby.base.units import DAY_MS
from passerby.model.member import ADMIN, GUEST, Admission, Member, Role
from passerby.model.org import Org
from passerby.store.contract import Reader, Store, Transaction

LASTS_MS: Final = 7 * DAY_MS
KNOWN_LASTS_MS: Final = 365 * DAY_MS
_KNOWN: Final = "known browser"


class Asker(msgspec.Struct, frozen=True):
    """Who tries to get in: from which address, and with which proof that the browser was let in before, if any."""

    address: str
    known: str = ""


class Entered(msgspec.Struct, frozen=True):
    """Somebody was let in: the token that admits them, and what proves their browser from now on."""

    name: str
    token: str
    known: str


class Door:
    """Signs members in and out of one store's orgs. `new_token` draws one at random; `now_s` never goes back."""

    def __init__(
        self, store: Store, clock: Clock, new_token: Callable[[], str], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_token = new_token
        self._hashing = Hashing()
        self.attempts = Attempts(now_s)

    def sign_in(self, org_id: OrgId, name: str, password: str, asker: Asker) -> Future[Entered]:
        """Let the member of that name in.

        Refusal: `too_many_attempts` and `busy` at once; `wrong_password` (or no such name, or org) from the future.
        """
        with self._store.read() as reader:
            org = reader.org(org_id)
        known = self._known_as(org, name, asker)
        attempt = self.attempts.by(f"known {known}", KNOWN) if known else self.attempts.by_stranger(asker.address)

        def work() -> Entered:
            with self._store.read() as reader:
                member = reader.member(org_id, name)
            if not fits(password, member.password_hash if member else None) or member is None or org is None:
                raise Refusal("wrong_password", "that is not a name and password of this org")
            self.attempts.forgive(attempt)
            return self._enter(org, member, known)

        return self._hashing.submit(work, proved=bool(known))

    def _known_as(self, org: Org | None, name: str, asker: Asker) -> str:
        """The number of a browser that this member was let in from before; empty for any other."""
        said = proved(org, _KNOWN, asker.known) if org else None
        return said[1] if said and len(said) == 2 and said[0] == name else ""

    def _enter(self, org: Org, member: Member, known: str) -> Entered:
        """Admit `member`, unless another change to them came first."""
        token = self._new_token()
        now_ms = self._clock.now_ms()
        admission = Admission(digest(token), org.id, member.name, member.role, None, now_ms, now_ms + LASTS_MS)

        def admit(transaction: Transaction) -> None:
            if transaction.member(org.id, member.name) != member:
                raise Refusal("wrong_password", "that is not a name and password of this org")
            transaction.admit(admission)

        self._store.submit(admit).result()
        return Entered(member.name, token, proof(org, _KNOWN, member.name, known or self._new_token()))

    def share(self, org: OrgId, by: str, session: SessionId, lasts_ms: int) -> str:
        """A token that shows one session to whoever holds it, for `lasts_ms`."""
        token, now_ms = self._new_token(), self._clock.now_ms()
        admission = Admission(digest(token), org, by, GUEST, session, now_ms, now_ms + lasts_ms)
        self._store.submit(lambda transaction: transaction.admit(admission)).result()
        return token

    def admitted(self, reader: Reader, org: OrgId, token: str) -> Admission | None:
        """What `token` admits to in `org` now, if anything. A member has the role that they have by now."""
        found = reader.admission(digest(token)) if token else None
        if found is None or found.org != org or found.expires_at_ms <= self._clock.now_ms():
            return None
        if found.role == GUEST:
            return found
        member = reader.member(org, found.member)
        return msgspec.structs.replace(found, role=member.role) if member else None

    def sign_out(self, token: str) -> None:
        """Take a token back."""
        self.dismiss(digest(token))

    def dismiss(self, kept: bytes) -> None:
        """Take back what admits by the token of that digest."""
        self._store.submit(lambda transaction: transaction.dismiss(kept)).result()

    def put_member(self, org: OrgId, name: str, role: Role, password: str) -> None:
        """Add a member, or begin the one of that name anew: another role and password, and nothing that admits them."""
        member = Member(name, role, self.hashed(password))

        def put(transaction: Transaction) -> None:
            _remove(transaction, org, name)
            transaction.put_member(org, member)

        self._store.submit(put).result()

    def change_password(self, org: OrgId, name: str, password: str) -> None:
        """Give a member another password; whatever they signed in to or shared ends, in the same transaction.

        Refusal: `not_found` if they were removed meanwhile.
        """
        kept = self.hashed(password)

        def change(transaction: Transaction) -> None:
            member = _member(transaction, org, name)
            transaction.remove_member(org, name)
            transaction.put_member(org, msgspec.structs.replace(member, password_hash=kept))

        self._store.submit(change).result()

    def change_role(self, org: OrgId, name: str, role: Role) -> None:
        """Give a member another role, which holds at once. Refusal: `not_found`, `last_admin`."""

        def change(transaction: Transaction) -> None:
            member = _member(transaction, org, name)
            transaction.put_member(org, msgspec.structs.replace(member, role=role))
            _see_to_an_admin(transaction, org)

        self._store.submit(change).result()

    def remove_member(self, org: OrgId, name: str) -> None:
        """Remove a member; whatever they signed in to or shared ends. Refusal: `last_admin`."""

        def remove(transaction: Transaction) -> None:
            _remove(transaction, org, name)
            _see_to_an_admin(transaction, org)

        self._store.submit(remove).result()

    def hashed(self, password: str) -> str:
        """What is kept of a password. Refusal: `busy`."""
        return self._hashing.submit(lambda: password_hash(password), proved=True).result()


def about_member(name: str) -> str:
    """How entries say that they are about a member, and go when the member goes."""
    return f"member:{name}"


def _member(transaction: Transaction, org: OrgId, name: str) -> Member:
    member = transaction.member(org, name)
    if member is None:
        raise Refusal("not_found", "that member was removed")
    return member


def _remove(transaction: Transaction, org: OrgId, name: str) -> None:
    transaction.remove_member(org, name)
    transaction.remove_entries_about(org, about_member(name))


def _see_to_an_admin(transaction: Transaction, org: OrgId) -> None:
    if not any(member.role == ADMIN for member in transaction.members(org)):
        raise Refusal("last_admin", "somebody has to be admin")


def form_mark(token: str) -> str:
    """What a form must carry to be taken from the holder of `token`: other sites cannot know it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def bears(mark: str, token: str) -> bool:
    """Whether a form's mark is the token holder's."""
    return hmac.compare_digest(mark.encode(), form_mark(token).encode())
