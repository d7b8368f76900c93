"""The members of an org: who they are, what they may do, and what else they are asked for (DA-1, DA-2.2)."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import msgspec

from passerby.access import invitations, second
from passerby.access.attempts import CODE, Attempts
from passerby.access.hashing import Hashing
from passerby.access.invitations import Invitation
from passerby.access.passwords import password_hash
from passerby.access.provider import Messenger
from passerby.base.clock import Clock
from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.token import digest
from passerby.model.member import ADMIN, GUEST, Member, Role
from passerby.store.contract import Store, Transaction


class Members:
    """Changes the members of one store's orgs. `new_token` draws a token at random; `now_s` never goes back."""

    def __init__(
        self, store: Store, clock: Clock, new_token: Callable[[], str], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._clock = clock
        self.new_token = new_token
        self._hashing = Hashing()
        self.attempts = Attempts(now_s)
        self.messenger = Messenger(clock, now_s)

    def put_member(self, org: OrgId, name: str, role: Role, password: str) -> None:
        """Add a member, or begin the one of that name anew: another role and password, and nothing that admits them."""
        member = Member(name, role, self._hashed(password))

        def put(transaction: Transaction) -> None:
            _remove(transaction, org, name)
            transaction.put_member(org, member)

        self._store.submit(put).result()

    def change_password(self, org: OrgId, name: str, password: str) -> None:
        """Give a member another password; whatever they signed in to or shared ends, in the same transaction.

        Refusal: `not_found` if they were removed meanwhile.
        """
        kept = self._hashed(password)

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

    def invite(self, org: OrgId, by: str, role: Role, label: str) -> str:
        """The token of an invitation, which is given out this once. Refusal: `too_many`."""
        token, now_ms = self.new_token(), self._clock.now_ms()
        made = Invitation(role, label, by, now_ms + invitations.LASTS_MS)
        self._store.submit(lambda transaction: invitations.invite(transaction, org, token, made, now_ms)).result()
        return token

    def take_invitation_back(self, org: OrgId, name: str) -> None:
        """End the invitation of that id."""
        self._store.submit(lambda transaction: invitations.take_back(transaction, org, name)).result()

    def accept(self, org: OrgId, token: str, name: str, password: str) -> Member:
        """Make whoever holds an invitation a member. Refusal: `not_found`, `name_taken`, `busy`."""
        now_ms = self._clock.now_ms()
        with self._store.read() as reader:
            is_open = invitations.invitation(reader, org, token, now_ms) is not None
        kept = self._hashed(password) if is_open else ""
        accepted = functools.partial(
            invitations.accept, org=org, token=token, name=name, password_hash=kept, now_ms=now_ms
        )
        return self._store.submit(accepted).result()

    def begin_second_step(self, org: OrgId, name: str) -> None:
        """Draw a secret for the member's app. Refusal: `is_on`."""
        token = self.new_token()
        self._store.submit(lambda transaction: second.begin(transaction, org, name, token)).result()

    def turn_second_step_on(self, org: OrgId, name: str, code: str, token: str) -> tuple[str, ...]:
        """Ask the member for codes from now on, and end what they are signed in to, but for `token`.

        The recovery codes, given out this once. Refusal: `wrong_code`, `too_many_attempts`.
        """
        attempt = self.attempts.by(f"own code of {org} {name}", CODE)
        now_ms = self._clock.now_ms()

        def turn(transaction: Transaction) -> tuple[str, ...]:
            codes = second.turn_on(transaction, org, name, code, now_ms, self.new_token)
            for one in transaction.admissions(org):
                if one.member == name and one.role != GUEST and one.digest != digest(token):
                    transaction.dismiss(one.digest)
            return codes

        codes = self._store.submit(turn).result()
        self.attempts.forgive(attempt)
        return codes

    def turn_second_step_off(self, org: OrgId, name: str, code: str | None) -> None:
        """Ask the member for no code any more; `code` is None if an admin does it. Refusal: as to turn it on."""
        attempt = self.attempts.by(f"own code of {org} {name}", CODE) if code is not None else None
        now_ms = self._clock.now_ms()

        def turn(transaction: Transaction) -> None:
            if code is not None:
                second.take(transaction, org, name, code, now_ms)
            second.turn_off(transaction, org, name)

        self._store.submit(turn).result()
        if attempt is not None:
            self.attempts.forgive(attempt)

    def _hashed(self, password: str) -> str:
        """What is kept of a password. Refusal: `busy`."""
        return self._hashing.submit(lambda: password_hash(password), proved=True).result()


def _member(transaction: Transaction, org: OrgId, name: str) -> Member:
    member = transaction.member(org, name)
    if member is None:
        raise Refusal("not_found", "that member was removed")
    return member


def _remove(transaction: Transaction, org: OrgId, name: str) -> None:
    transaction.remove_member(org, name)
    transaction.remove_entries_about(org, second.about_member(name))


def _see_to_an_admin(transaction: Transaction, org: OrgId) -> None:
    if not any(member.role == ADMIN for member in transaction.members(org)):
        raise Refusal("last_admin", "somebody has to be admin")
