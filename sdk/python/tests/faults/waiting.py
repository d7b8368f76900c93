"""What a tired hand could do to what waits, to keys, clocks and addresses, each with vectors that notice."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_ACTIVITY: Final = "passerby_client.activity"
_ADDRESS: Final = "passerby_client.address"
_CALLS: Final = "passerby_client.calls"
_IDENTITY: Final = "passerby_client.identity"
_MACHINE: Final = "passerby_client.machine"
_RECORD: Final = "passerby_client.record"
_RECORDER: Final = "passerby_client.recorder"

FAULTS: Final = (
    Fault(
        "a held first page is recorded at once",
        _MACHINE,
        "elif not self._settings.hold:",
        "else:",
        (
            "capture/a-held-page-and-ready",
            "capture/a-held-page-and-another-user",
        ),
    ),
    Fault(
        "a held first page waits for ever",
        _MACHINE,
        """        if standing.is_page_due and standing.url is None:
            recorder.record_page()
""",
        "",
        (
            "capture/a-held-page-and-ready",
            "capture/a-held-page-and-nobody",
        ),
    ),
    Fault(
        "activity does not end the wait",
        _CALLS,
        "((is_new and standing.n > 0) or is_awaited)",
        "(is_new and standing.n > 0)",
        ("capture/a-held-page-and-activity",),
    ),
    Fault(
        "hiding does not end the wait",
        _MACHINE,
        """                self._ready()
                self._look()
""",
        """                self._look()
""",
        (
            "capture/a-held-page-that-is-hidden",
            "capture/held-and-hidden",
        ),
    ),
    Fault(
        "what is held is recorded on the device before",
        _IDENTITY,
        """        elif self.is_others(uid):
            self.leave(""",
        """        elif self.is_others(uid):
            recorder.go_on()
            self.leave(""",
        (
            "capture/held-until-another-user",
            "capture/held-under-version-1",
        ),
    ),
    Fault(
        "what is held has the time of its end",
        _RECORDER,
        """            self._made_at_ms = at_ms
""",
        "",
        (
            "capture/held-until-another-user",
            "capture/held-until-the-same-user",
        ),
    ),
    Fault(
        "the time of what was held stays",
        _RECORDER,
        """            work()
        self._made_at_ms = None""",
        "            work()",
        (
            "capture/held-until-the-same-user",
            "capture/held-and-consent",
        ),
    ),
    Fault(
        "what is held too long is the bound user's",
        _IDENTITY,
        "if self._recorder.is_waiting and self._standing.here.bound:",
        "if False:",
        (
            "capture/held-too-long-on-a-bound-device",
            "capture/held-and-hidden",
        ),
    ),
    Fault(
        "what is held too long is apart from nobody's device",
        _IDENTITY,
        "if self._recorder.is_waiting and self._standing.here.bound:",
        "if self._recorder.is_waiting:",
        ("capture/held-too-long-on-a-device-of-nobody",),
    ),
    Fault(
        "navigations are not held",
        _RECORDER,
        "        self.wait(lambda: self._record_page_at(page if",
        "        not self._record_page_at(page) and (lambda: self._record_page_at(page if",
        (
            "capture/held-until-another-user",
            "capture/held-until-nobody",
        ),
    ),
    Fault(
        "a navigation that is held is recorded each time it is told of",
        _RECORDER,
        """        self.looked_at = self._ports.page().url
        return self._address.look()""",
        "        return self._address.look()",
        ("capture/held-and-navigated",),
    ),
    Fault(
        "another person was referred to the page",
        _RECORDER,
        "away = replace(page, referrer=None)",
        "away = page",
        (
            "capture/held-until-another-user",
            "capture/held-until-nobody",
        ),
    ),
    Fault(
        "every uid in properties speaks of who is there",
        _CALLS,
        """        return self.v1_identity is not None
""",
        """        return self.api == 1 and "uid" in str(self.given)
""",
        ("capture/held-under-version-1",),
    ),
    Fault(
        "consent speaks of who is there",
        _CALLS,
        'self.has("uid") or self.has("anonymous")',
        "bool(self.given)",
        ("capture/held-and-consent",),
    ),
    Fault(
        "a device has no key",
        _IDENTITY,
        """mint("session"), mint("key")
        at = fresh""",
        """mint("session"), ""
        at = fresh""",
        (
            "storage/strays-are-ended-as-their-own-users",
            "storage/a-key-is-minted-with-a-device",
        ),
    ),
    Fault(
        "a record without a key gets none",
        _IDENTITY,
        'key=at.key or self._ports.mint("key")',
        "key=at.key",
        (
            "storage/a-record-without-a-key-gets-one",
            "storage/a-record-without-a-key-gets-one-with-its-session",
        ),
    ),
    Fault(
        "a key is minted at every load",
        _IDENTITY,
        'key=at.key or self._ports.mint("key")',
        'key=self._ports.mint("key")',
        ("storage/a-key-is-kept-over-loads",),
    ),
    Fault(
        "anything is a key",
        _RECORD,
        'key = found[5] if _KEY.fullmatch(found[5]) else ""',
        "key = found[5]",
        (
            "storage/fullstory-record-is-continued",
            "storage/what-another-filled-in-is-no-key",
        ),
    ),
    Fault(
        "a key is not sent",
        _RECORDER,
        """        if at.key:
            stamp["key"] = at.key
""",
        "",
        (
            "storage/strays-are-ended-as-their-own-users",
            "storage/a-key-is-minted-with-a-device",
        ),
    ),
    Fault(
        "a session ahead of the clock goes on",
        _ACTIVITY,
        """        if not _believed(at.began_ms, now_ms):
            return "age"
""",
        "",
        (
            "session/a-clock-that-jumps-forward-ends-it",
            "session/a-session-that-began-ahead",
        ),
    ),
    Fault(
        "any time ahead is disbelieved",
        _ACTIVITY,
        "ms > now_ms + AHEAD_MS_MAX",
        "ms > now_ms",
        (
            "identity/a-clock-that-jumps-back-makes-no-ack-wait",
            "limits/a-clock-that-jumps-back-refills-nothing",
        ),
    ),
    Fault(
        "activity heard ahead of the clock counts",
        _ACTIVITY,
        "heard_ms = 0 if is_apart else _believed(self._heard_ms(), now_ms)",
        "heard_ms = 0 if is_apart else self._heard_ms()",
        ("session/activity-ahead-is-not-believed",),
    ),
    Fault(
        "activity seen ahead of the clock counts",
        _ACTIVITY,
        "max(at.began_ms, _believed(self._seen_ms, now_ms), heard_ms)",
        "max(at.began_ms, self._seen_ms, heard_ms)",
        ("session/activity-seen-ahead-is-not-believed",),
    ),
    Fault(
        "activity ahead of the clock is not written over",
        _ACTIVITY,
        "elif now_ms - _believed(self._heard_ms(), now_ms) >=",
        "elif now_ms - self._heard_ms() >=",
        ("session/activity-ahead-is-written-over",),
    ),
    Fault(
        "a new device has the address of the old",
        _ADDRESS,
        """        if page.url == departed.url:
""",
        """        if False:
""",
        (
            "capture/navigation-after-an-anonymize",
            "capture/a-held-page-and-a-shutdown",
        ),
    ),
    Fault(
        "a new device has the title of the old",
        _ADDRESS,
        "None if page.title == departed.title else page.title",
        "page.title",
        ("privacy/a-new-device-says-no-more-than-the-origin",),
    ),
    Fault(
        "after a navigation the old address is hidden still",
        _ADDRESS,
        """        self._departed = replace(departed, url="")
""",
        "",
        ("privacy/a-new-device-says-no-more-than-the-origin",),
    ),
    Fault(
        "a first page that was not shown hides its address",
        _ADDRESS,
        """        if has_shown:
""",
        """        if True:
""",
        (
            "capture/a-held-page-and-another-user",
            "capture/a-held-page-and-nobody",
        ),
    ),
    Fault(
        "a page apart keeps what it could not write",
        _IDENTITY,
        """        self._presence.forget()
""",
        "",
        ("identity/apart-from-a-record-that-could-not-be-written",),
    ),
)
