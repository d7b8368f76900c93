"""What a tired hand could do to what storage holds by the time, and to the end of every input."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_ACTIVITY: Final = "passerby_client.activity"
_IDENTITY: Final = "passerby_client.identity"
_MACHINE: Final = "passerby_client.machine"
_PRESENCE: Final = "passerby_client.presence"
_RECORD: Final = "passerby_client.record"

FAULTS: Final = (
    Fault(
        "a record is written without comparing",
        _PRESENCE,
        """        if not self._is_as_seen:
            self._held = _NOT_HELD
            return
""",
        "",
        ("identity/overtaken-at-a-new-session", "identity/overtaken-at-a-new-session-of-a-user"),
    ),
    Fault(
        "a record is removed without comparing",
        _PRESENCE,
        """        if not self._is_as_seen:
            return
        if self._store.write(RECORD, None, say=say):""",
        "        if self._store.write(RECORD, None, say=say):",
        ("identity/overtaken-before-a-removal",),
    ),
    Fault(
        "a write that was overtaken counts as stuck",
        _PRESENCE,
        """        if not self._is_as_seen:
            self._held""",
        """        if not self._is_as_seen:
            self._stuck_at = self._store.read(RECORD)
            self._held""",
        ("identity/overtaken-at-an-anonymize", "identity/overtaken-at-an-anonymize-by-another-user"),
    ),
    Fault(
        "a write that was overtaken is held",
        _PRESENCE,
        """        if not self._is_as_seen:
            self._held = _NOT_HELD""",
        """        if not self._is_as_seen:
            self._held = self._store.read(RECORD)""",
        ("identity/overtaken-at-a-new-session", "identity/overtaken-at-a-new-session-of-a-user"),
    ),
    Fault(
        "asking forgets what could not be written",
        _PRESENCE,
        """        found = parse(text, self._org)
        return found if""",
        """        found = parse(text, self._org)
        self._held = _NOT_HELD
        return found if""",
        ("session/asking-resets-nothing",),
    ),
    Fault(
        "another binding of its own device is followed",
        _IDENTITY,
        "standing.is_strange(found) or standing.is_contradicted(found)",
        "standing.is_strange(found)",
        ("identity/another-binding-and-nobody-told", "identity/another-binding-and-scope-page"),
    ),
    Fault(
        "another binding is no matter of a page that was told nobody",
        _IDENTITY,
        """standing.is_contradicted(found)
""",
        """(standing.told and standing.is_contradicted(found))
""",
        ("identity/another-binding-and-nobody-told", "identity/another-binding-and-scope-page"),
    ),
    Fault(
        "who speaks goes apart from another binding too",
        _IDENTITY,
        "is_apart = standing.is_strange(found) and bool(found.bound) and uid == standing.told",
        """is_apart = standing.is_contradicted(found) or (
                standing.is_strange(found) and bool(found.bound) and uid == standing.told
            )""",
        ("identity/another-binding-and-told-a-third", "identity/another-binding-and-told-who-is-there"),
    ),
    Fault(
        "a release looks at storage alone",
        _IDENTITY,
        "held = [at for at in (found, own) if at]",
        "held = [found] if found else []",
        ("session/anonymize-after-another-tab-while-shut-down", "session/a-user-in-memory-alone-is-released"),
    ),
    Fault(
        "a release looks at memory alone",
        _IDENTITY,
        "held = [at for at in (found, own) if at]",
        "held = [own] if own else []",
        ("session/a-returned-user-is-released-again-while-shut-down", "session/anonymize-before-start"),
    ),
    Fault(
        "a failed release without capture is a success",
        _IDENTITY,
        """            presence.remove()
            presence.disown()
            self""",
        """            presence.remove()
            presence._stuck_at = presence._held
            presence.disown()
            self""",
        ("session/a-release-that-failed-is-tried-again", "session/a-release-that-failed-before-start"),
    ),
    Fault(
        "a failed release without capture keeps the user in memory",
        _IDENTITY,
        """            self._activity.remove()
        elif""",
        """            self._activity.remove()
            if presence.is_stuck:
                return True
        elif""",
        ("storage/a-release-that-cannot-be-written", "session/a-release-that-failed-is-forgotten-in-memory"),
    ),
    Fault(
        "any list of one word is a format",
        _MACHINE,
        'match call.option("format"):',
        'match call.option("format")[0] if isinstance(call.option("format"), list) else call.option("format"):',
        ("session/a-format-is-a-text", "capture/formats-are-texts"),
    ),
    Fault(
        "a look ends the wait",
        _MACHINE,
        """            case "look":
                self._look()""",
        """            case "look":
                self._ready()
                self._look()""",
        ("identity/a-look-while-waiting", "capture/held-and-looking"),
    ),
    Fault(
        "a look is leaving",
        _MACHINE,
        """            case "look":
                self._look()""",
        """            case "look":
                self._look()
                self._queue.hurry()""",
        ("identity/a-look-finds-nothing-to-do", "capture/looking-does-nothing-else"),
    ),
    Fault(
        "a look looks at nothing",
        _MACHINE,
        """            case "look":
                self._look()""",
        """            case "look":
                pass""",
        ("identity/a-look-finds-what-was-written-back", "identity/a-look-finds-a-lost-record"),
    ),
    Fault(
        "after a refused call nothing goes",
        _MACHINE,
        """        if name != _ASKING:
            self._done()""",
        """        if name != _ASKING and answer.error is None:
            self._done()""",
        ("capture/a-call-that-is-refused-sends-what-is-due",),
    ),
    Fault(
        "after asking what is due goes",
        _MACHINE,
        """        if name != _ASKING:
            self._done()""",
        "        self._done()",
        ("queue/asking-sends-nothing",),
    ),
    Fault(
        "after hiding observers hear nothing",
        _MACHINE,
        """                self._queue.hurry()
            case""",
        """                self._queue.hurry()
                return
            case""",
        ("capture/hiding-is-heard-of",),
    ),
    Fault(
        "a record may have white space behind it",
        _RECORD,
        'found = _FORM.fullmatch(text or "")',
        'found = _FORM.fullmatch((text or "").strip())',
        ("storage/records-with-something-around", "storage/foreign-records-are-replaced"),
    ),
    Fault(
        "a record may have any digits",
        _RECORD,
        "({_UUID}):([0-9]{{1,15}}):",
        "({_UUID}):(\\d{{1,15}}):",
        ("storage/records-with-a-wrong-beginning",),
    ),
    Fault(
        "a binding may have any number of digits",
        _RECORD,
        "(?:[0-9a-f]{8}){0,2}",
        "[0-9a-f]*",
        ("storage/records-with-a-wrong-binding", "storage/foreign-records-are-replaced"),
    ),
    Fault(
        "activity may have white space behind it",
        _ACTIVITY,
        'found = _FORM.fullmatch(self._store.read(ACTIVITY) or "")',
        'found = _FORM.match(self._store.read(ACTIVITY) or "")',
        ("storage/forms-of-the-last-activity",),
    ),
)
