"""The door: lets members in by password and guests by link, and remembers whom it let in (DA-1 to DA-4).

A token is drawn at random, given out once, and kept only as a hash; what it admits to, and until when, is kept
beside that. So a stolen database opens nothing, and removing a row takes a sign-in or a link back.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import msgspec

from passerby.access import second
from passerby.access.attempts import CODE, KNOWN
from passerby.access.members import Members
from passerby.access.passwords import fits
from passerby.access.proofs import proof, proved
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId, SessionId
from passerby.base.token import digest
from passerby.base.units import DAY_MS, MINUTE_MS
from passerby.model.member import GUEST, Admission, Member
from passerby.model.org import Org
from passerby.store.contract import Reader, Transaction

LASTS_MS: Final = 7 * DAY_MS
KNOWN_LASTS_MS: Final = 365 * DAY_MS
HALFWAY_LASTS_MS: Final = 10 * MINUTE_MS
_KNOWN: Final = "known browser"
_HALFWAY: Final = "halfway"


class Asker(msgspec.Struct, frozen=True):
    """Who tries to get in: from which address, and with which proof that the browser was let in before, if any."""

    address: str
    known: str = ""


class Entered(msgspec.Struct, frozen=True):
    """Somebody was let in: the token that admits them, and what proves their browser from now on."""

    name: str
    token: str
    known: str


class Halfway(msgspec.Struct, frozen=True):
    """Somebody has to bring a code too; `proof` says that they proved the rest."""

    name: str
    proof: str


class Door(Members):
    """Signs the members of one store's orgs in and out."""

    def sign_in(self, org_id: OrgId, name: str, password: str, asker: Asker) -> Future[Entered | Halfway]:
        """Let the member of that name in, or halfway if they are asked for a code too.

        Refusal: `too_many_attempts` and `busy` at once; `wrong_password` (or no such name, or org) from the future.
        """
        with self._store.read() as reader:
            org = reader.org(org_id)
        known = self._known_as(org, name, asker)
        attempt = self.attempts.by(f"known {known}", KNOWN) if known else self.attempts.by_stranger(asker.address)

        def work() -> Entered | Halfway:
            with self._store.read() as reader:
                member = reader.member(org_id, name)
            if not fits(password, member.password_hash if member else None) or member is None or org is None:
                raise _wrong()
            self.attempts.forgive(attempt)
            return self.enter(org, member, known)

        try:
            return self._hashing.submit(work, proved=bool(known))
        except Refusal:
            self.attempts.forgive(attempt)
            raise

    def enter(self, org: Org, member: Member, known: str = "") -> Entered | Halfway:
        """Let in somebody who proved to be `member`, halfway if they are asked for a code too. Refusal."""
        with self._store.read() as reader:
            is_asked = second.has_second_step(reader, org.id, member.name)
        if not is_asked:
            return self._admit(org, member, known, None)
        until_ms = self._clock.now_ms() + HALFWAY_LASTS_MS
        said = (member.name, digest(member.password_hash).hex(), known, str(until_ms))
        return Halfway(member.name, proof(org, _HALFWAY, *said))

    def second_step(self, org_id: OrgId, halfway: str, code: str, asker: Asker) -> Entered:
        """Let in somebody who is halfway in, by a code. Refusal: `too_many_attempts`, `too_late`, `wrong_code`."""
        with self._store.read() as reader:
            org = reader.org(org_id)
            said = proved(org, _HALFWAY, halfway) if org else None
            member = reader.member(org_id, said[0]) if said else None
        if org is None or said is None or member is None or self._clock.now_ms() >= int(said[3]):
            raise Refusal("too_late", "that took too long: begin again")
        if digest(member.password_hash).hex() != said[1]:
            raise _wrong()
        if said[2]:
            counted = [self.attempts.by(f"code of known {said[2]}", KNOWN)]
        else:
            counted = [self.attempts.by(f"code of {org_id} {member.name}", CODE)]
            counted.append(self.attempts.by_stranger(asker.address))
        entered = self._admit(org, member, said[2], code)
        for attempt in counted:
            self.attempts.forgive(attempt)
        return entered

    def by_identity(self, org: Org, who: Callable[[Transaction], Member], asker: Asker) -> Entered | Halfway:
        """Let in whom `who` finds by what a provider has proven. Refusal: what `who` refuses."""
        member = self._store.submit(who).result()
        return self.enter(org, member, self._known_as(org, member.name, asker))

    def _known_as(self, org: Org | None, name: str, asker: Asker) -> str:
        """The number of a browser that this member was let in from before; empty for any other."""
        said = proved(org, _KNOWN, asker.known) if org else None
        return said[1] if said and len(said) == 2 and said[0] == name else ""

    def _admit(self, org: Org, member: Member, known: str, code: str | None) -> Entered:
        """Admit `member`, unless another change to them came first; `code` is used up in the same transaction."""
        token = self.new_token()
        now_ms = self._clock.now_ms()
        admission = Admission(digest(token), org.id, member.name, member.role, None, now_ms, now_ms + LASTS_MS)

        def admit(transaction: Transaction) -> None:
            if transaction.member(org.id, member.name) != member:
                raise _wrong()
            if code is not None:
                second.take(transaction, org.id, member.name, code, now_ms)
            elif second.has_second_step(transaction, org.id, member.name):
                raise _wrong()
            transaction.admit(admission)

        self._store.submit(admit).result()
        return Entered(member.name, token, proof(org, _KNOWN, member.name, known or self.new_token()))

    def share(self, org: OrgId, by: str, session: SessionId, lasts_ms: int) -> str:
        """A token that shows one session to whoever holds it, for `lasts_ms`."""
        token, now_ms = self.new_token(), self._clock.now_ms()
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


def _wrong() -> Refusal:
    return Refusal("wrong_password", "that is not a name and password of this org")


def form_mark(token: str) -> str:
    """What a form must carry to be taken from the holder of `token`: other sites cannot know it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def bears(mark: str, token: str) -> bool:
    """Whether a form's mark is the token holder's."""
    return hmac.compare_digest(mark.encode(), form_mark(token).encode())
