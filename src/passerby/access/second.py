"""The second step: a code by the clock (TOTP, RFC 6238), or one of ten that are kept for a lost phone (DA-2.2).

What is kept of a member: the secret of their app, the last half minute a code of which was taken, and hashes of the
recovery codes that are left. Every code is taken once.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Callable
from typing import Final

import msgspec
import pyotp

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.base.token import digest
from passerby.store.contract import Entry, Reader, Transaction

STEP_MS: Final = 30_000
_KIND: Final = "second_step"
_RECOVERY_CODES: Final = 10
_LATE_STEPS: Final = (0, -1, 1)
"""A clock may be half a minute off, either way."""


class SecondStep(msgspec.Struct, frozen=True):
    """What is kept of a member's second step; `is_on` since a first code showed that their app has the secret."""

    secret: str
    is_on: bool = False
    last_step: int = 0
    recovery: tuple[str, ...] = ()


def about_member(name: str) -> str:
    """How entries say that they are about a member, and go when the member goes."""
    return f"member:{name}"


def second_step(reader: Reader, org: OrgId, name: str) -> SecondStep | None:
    """What is kept of a member's second step, if they began one."""
    entry = reader.entry(org, _KIND, name)
    return msgspec.json.decode(entry.body, type=SecondStep) if entry else None


def has_second_step(reader: Reader, org: OrgId, name: str) -> bool:
    """Whether the member is asked for a code."""
    found = second_step(reader, org, name)
    return found is not None and found.is_on


def begin(transaction: Transaction, org: OrgId, name: str, token: str) -> None:
    """Keep a secret for the member's app, made of a fresh random `token`. Refusal: `is_on`."""
    if has_second_step(transaction, org, name):
        raise Refusal("is_on", "turn it off first")
    _keep(transaction, org, name, SecondStep(b32encode(hashlib.sha256(token.encode()).digest()[:20]).decode()))


def turn_on(
    transaction: Transaction, org: OrgId, name: str, code: str, now_ms: int, new_token: Callable[[], str]
) -> tuple[str, ...]:
    """Ask for codes from now on; the recovery codes, given out this once. Refusal: `wrong_code`."""
    found = second_step(transaction, org, name)
    step = _step_of(found, code, now_ms) if found else None
    if found is None or found.is_on or step is None:
        raise _wrong()
    codes = tuple(_recovery_code(new_token()) for _ in range(_RECOVERY_CODES))
    kept = tuple(digest(_plain(one)).hex() for one in codes)
    _keep(transaction, org, name, SecondStep(found.secret, True, step, kept))
    return codes


def take(transaction: Transaction, org: OrgId, name: str, code: str, now_ms: int) -> None:
    """Use a code up. Refusal: `wrong_code`, also for one that was used before."""
    found = second_step(transaction, org, name)
    if found is None or not found.is_on:
        raise _wrong()
    step, recovery = _step_of(found, code, now_ms), digest(_plain(code)).hex()
    if step is not None:
        found = msgspec.structs.replace(found, last_step=step)
    elif recovery in found.recovery:
        found = msgspec.structs.replace(found, recovery=tuple(one for one in found.recovery if one != recovery))
    else:
        raise _wrong()
    _keep(transaction, org, name, found)


def turn_off(transaction: Transaction, org: OrgId, name: str) -> None:
    """Ask the member for no code any more."""
    transaction.remove_entry(org, _KIND, name)


def address_of(org: OrgId, name: str, secret: str) -> str:
    """What an authenticator app reads: an `otpauth:` URI."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{name} at {org}", issuer_name="Passerby")


def _step_of(found: SecondStep, code: str, now_ms: int) -> int | None:
    """The half minute that `code` belongs to, if it is one whose code may still be used."""
    totp, plain = pyotp.TOTP(found.secret), _plain(code)
    if not (plain.isascii() and plain.isdigit()):
        return None
    steps = [now_ms // STEP_MS + late for late in _LATE_STEPS]
    fitting = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), plain)]
    return next((step for step in fitting if step > found.last_step), None)


def _keep(transaction: Transaction, org: OrgId, name: str, kept: SecondStep) -> None:
    transaction.put_entry(org, Entry(_KIND, name, msgspec.json.encode(kept), about_member(name)))


def _recovery_code(token: str) -> str:
    text = b32encode(hashlib.sha256(token.encode()).digest()[:10]).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _plain(code: str) -> str:
    """A code without what people put into it to read it."""
    return "".join(code.split()).replace("-", "").lower()


def _wrong() -> Refusal:
    return Refusal("wrong_code", "that is not a code that is good now")
