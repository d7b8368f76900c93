"""What a tired hand could do to whom a page acts for, each with vectors that notice."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_ACTIVITY: Final = "passerby_client.activity"
_CALLS: Final = "passerby_client.calls"
_IDENTITY: Final = "passerby_client.identity"
_PRESENCE: Final = "passerby_client.presence"
_STANDING: Final = "passerby_client.standing"
_UID: Final = "passerby_client.uid"

FAULTS: Final = (
    Fault(
        "a page told a user follows another user",
        _STANDING,
        "return bool(found.bound) or found.device != self.here.device",
        "return False",
        ("identity/told-a-user-goes-apart-from-anothers-device",),
    ),
    Fault(
        "a page told a user shares a device that is nobody's",
        _STANDING,
        "return bool(found.bound) or found.device != self.here.device",
        "return bool(found.bound)",
        ("identity/told-a-user-leaves-a-device-of-nobody-to-the-others",),
    ),
    Fault(
        "a page that let its user go is told still",
        _IDENTITY,
        """        if not is_page:
            standing.told = None
""",
        """        if not is_page:
""",
        (
            "identity/same-user-returns",
            "identity/anonymous-with-no-uid-beside-it",
        ),
    ),
    Fault(
        "apart follows the record",
        _IDENTITY,
        """        if standing.is_apart:
            return False
        found""",
        "        found",
        (
            "capture/held-too-long-on-a-bound-device",
            "capture/held-and-hidden",
        ),
    ),
    Fault(
        "apart is written",
        _STANDING,
        """        if not self.is_apart:
            self._presence.save(at)""",
        "        self._presence.save(at)",
        (
            "capture/held-too-long-on-a-bound-device",
            "capture/held-and-a-shutdown",
        ),
    ),
    Fault(
        "apart is what storage heard of",
        _ACTIVITY,
        """        if is_apart:
            return
""",
        "",
        (
            "identity/told-a-user-goes-apart-from-anothers-device",
            "identity/apart-has-a-session-of-its-own",
        ),
    ),
    Fault(
        "apart lives by others' activity",
        _ACTIVITY,
        "0 if is_apart else _believed(self._heard_ms(), now_ms)",
        "_believed(self._heard_ms(), now_ms)",
        ("identity/apart-has-a-session-of-its-own",),
    ),
    Fault(
        "what others go on with is left for ever",
        _IDENTITY,
        "            self._presence.left.discard(before.device)",
        "            pass",
        (
            "capture/held-too-long-on-a-bound-device",
            "identity/scope-page-and-back",
        ),
    ),
    Fault(
        "a page comes back to its user's device that looks like nobody's",
        _IDENTITY,
        "            if before.bound or there.bound:",
        "            if False:",
        (
            "identity/apart-and-the-users-device-looks-like-nobodys",
            "identity/apart-and-told-who-was-there-where-nobody-seems-to-be",
        ),
    ),
    Fault(
        "a page that goes apart does not see that the device has just been bound",
        _IDENTITY,
        "            if before.bound or there.bound:",
        "            if before.bound:",
        ("identity/apart-from-a-device-that-was-bound-meanwhile",),
    ),
    Fault(
        "a page that came back goes on doubting its own device",
        _STANDING,
        "                self._presence.take_up(at.device)",
        "                pass",
        ("identity/back-on-a-device-whose-binding-is-written-over",),
    ),
    Fault(
        "a stale page that says its user again takes the browser along",
        _IDENTITY,
        "is_own = is_page or self._is_again(uid)",
        "is_own = is_page",
        (
            "identity/apart-and-told-the-same-again",
            "identity/apart-and-told-the-same-while-nobody-is-there",
        ),
    ),
    Fault(
        "who says again stays apart from its own record",
        _IDENTITY,
        "return found is not None and not found.belongs_to(uid)",
        "return True",
        (
            "identity/apart-and-told-the-user-who-is-there-again",
            "identity/apart-and-told-the-same-without-a-record",
        ),
    ),
    Fault(
        "the page's own user is not ended",
        _IDENTITY,
        "if is_own_user and (self.is_others(uid) or not is_own):",
        "if is_own_user and False:",
        (
            "identity/apart-as-a-user-and-told-another",
            "identity/scope-page-after-scope-page",
        ),
    ),
    Fault(
        "an identity of the page alone binds the shared device",
        _CALLS,
        "identity.identify(asked.uid, carried, call.source, is_page=asked.is_page)",
        "identity.identify(asked.uid, carried, call.source, is_page=False)",
        (
            "capture/a-held-page-and-scope-page",
            "identity/scope-page-is-for-the-page-alone",
        ),
    ),
    Fault(
        "an anonymize of the page alone lets the shared user go",
        _CALLS,
        "is_forced=asked.force, is_page=asked.is_page)",
        "is_forced=asked.force, is_page=False)",
        (
            "identity/scope-page-is-ended-for-the-page-alone",
            "identity/scope-page-of-nobody",
        ),
    ),
    Fault(
        "an anonymize lets only the page's own user go",
        _IDENTITY,
        """            if was_apart:
                self._join("anonymize")
""",
        """            if was_apart:
                return is_released
""",
        (
            "identity/an-anonymize-apart-lets-both-go",
            "identity/an-anonymize-apart-as-nobody",
        ),
    ),
    Fault(
        "a restart stays apart",
        _IDENTITY,
        """        standing = self._standing
        standing.is_apart = False
        standing.told = None
""",
        """        standing = self._standing
        standing.told = None
""",
        ("identity/a-restart-ends-being-apart",),
    ),
    Fault(
        "any scope is the page's",
        _UID,
        """    if scope is not None and scope != _PAGE:
        return codes.INVALID_SCOPE
""",
        "",
        ("identity/scopes",),
    ),
    Fault(
        "what was lost is not ended",
        _IDENTITY,
        "if not standing.here.bound:",
        "if True:",
        (
            "identity/lost-ends-as-the-users-own",
            "identity/lost-while-nobody-was-told",
        ),
    ),
    Fault(
        "what returned stays where the next load finds it",
        _IDENTITY,
        """        elif presence.why_gone == "returned":
            presence.remove()
""",
        "",
        ("identity/lost-to-a-device-that-was-left",),
    ),
    Fault(
        "what comes after a loss is in the record",
        _IDENTITY,
        """        standing.is_apart = not speaks
""",
        """        standing.is_apart = False
""",
        (
            "identity/lost-ends-as-the-users-own",
            "identity/lost-while-nobody-was-told",
        ),
    ),
    Fault(
        "an anonymize that finds a loss stays apart",
        _IDENTITY,
        """        standing.is_apart = not speaks
""",
        """        standing.is_apart = True
""",
        (
            "identity/lost-and-let-go",
            "identity/lost-and-let-go-by-force",
        ),
    ),
    Fault(
        "a forced anonymize of who was lost changes the device twice",
        _IDENTITY,
        "is_released = self.follow(None, source, speaks=not is_page)",
        """self.follow(None, source, speaks=not is_page)
        is_released = False""",
        (
            "identity/lost-and-let-go",
            "identity/lost-and-let-go-by-force",
        ),
    ),
    Fault(
        "a loss is not seen when hidden",
        _IDENTITY,
        "is_at_rest = not standing.here.bound and not presence.is_unwritten",
        "is_at_rest = True",
        ("identity/lost-and-hidden",),
    ),
    Fault(
        "strays stay",
        _IDENTITY,
        """        for at in self._presence.sweep(but):
            self._recorder.end_lost(at)""",
        "        pass",
        (
            "queue/what-a-page-keeps-itself-is-no-remains",
            "storage/strays-are-ended-as-their-own-users",
        ),
    ),
    Fault(
        "strays are not ended",
        _IDENTITY,
        "            self._recorder.end_lost(at)",
        "            pass",
        (
            "queue/what-a-page-keeps-itself-is-no-remains",
            "storage/strays-are-ended-as-their-own-users",
        ),
    ),
    Fault(
        "a copy of the record is ended",
        _PRESENCE,
        "found.device != but and not self.has_left(found):",
        "not self.has_left(found):",
        (
            "storage/strays-beside-a-record",
            "storage/a-record-that-moved-is-lost",
        ),
    ),
    Fault(
        "strays of nobody hide those of a user",
        _PRESENCE,
        """            if found.bound and found.device != but and not self.has_left(found):
                self.left.add(found.device)
                bound.append(found)""",
        """            if found.device != but and not self.has_left(found):
                self.left.add(found.device)
                bound.extend([found] if found.bound else [])""",
        ("storage/strays-of-one-device",),
    ),
    Fault(
        "nobody's strays are ended",
        _PRESENCE,
        "if found.bound and found.device != but",
        "if found.device != but",
        ("storage/strays-are-ended-as-their-own-users",),
    ),
    Fault(
        "a stray is ended at every sweep",
        _PRESENCE,
        """            self.left.add(found.device)
""",
        "",
        (
            "storage/strays-beside-a-record",
            "storage/a-release-empties-every-home",
        ),
    ),
    Fault(
        "a failed release is a success",
        _CALLS,
        """        if self._presence.is_stuck:
            return self.refuse(codes.NOT_RELEASED)
""",
        "",
        (
            "identity/an-anonymize-that-could-not-be-made",
            "session/a-release-that-failed-is-tried-again",
        ),
    ),
    Fault(
        "a failed release at an identify is a success",
        _CALLS,
        """        if is_others and self._presence.is_stuck:
            return self.refuse(codes.NOT_RELEASED)
""",
        "",
        ("identity/an-identify-of-another-that-could-not-be-made",),
    ),
    Fault(
        "a record that was removed counts as stuck",
        _PRESENCE,
        "        if self._store.write(RECORD, None, say=say):",
        "        if not self._store.write(RECORD, None, say=say):",
        (
            "identity/a-removal-is-enough",
            "storage/an-anonymize-in-full-storage",
        ),
    ),
    Fault(
        "a stuck record is not looked at when hidden",
        _IDENTITY,
        " and not presence.is_stuck",
        "",
        ("storage/a-binding-that-could-not-be-written-is-tried-again",),
    ),
)
