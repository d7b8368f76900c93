"""What a tired hand could do to who a page is and what a call means, each with vectors that notice."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_ACTIVITY: Final = "passerby_client.activity"
_ADDRESS: Final = "passerby_client.address"
_CALLS: Final = "passerby_client.calls"
_IDENTITY: Final = "passerby_client.identity"
_MACHINE: Final = "passerby_client.machine"
_PAGE_NAMES: Final = "passerby_client.page_names"
_PRESENCE: Final = "passerby_client.presence"
_RECORD: Final = "passerby_client.record"
_STANDING: Final = "passerby_client.standing"
_UID: Final = "passerby_client.uid"
_PLACEHOLDER: Final = "passerby_client.placeholder"

FAULTS: Final = (
    Fault(
        "a released device is taken up again",
        _PRESENCE,
        "if not self.has_left(found):",
        "if found is not None:",
        (
            "identity/second-tab-cannot-bring-the-user-back",
            "identity/anonymize-of-a-returned-user",
        ),
    ),
    Fault(
        "only an own change leaves a device",
        _STANDING,
        """                self._presence.left.add(before.device)
                self._address""",
        """                if why != "tab":
                    self._presence.left.add(before.device)
                self._address""",
        ("identity/a-device-left-by-following-is-left",),
    ),
    Fault(
        "the page id outlives another tab's change",
        _IDENTITY,
        'standing.enter(found, standing.mint_page(), "tab")',
        'standing.enter(found, standing.page, "tab")',
        (
            "capture/a-refused-call-reads-and-writes-nothing",
            "limits/following-a-tab-starts-full-buckets",
        ),
    ),
    Fault(
        "a delayed write unbinds",
        _IDENTITY,
        "at = replace(found, bound=standing.bound_of(found))",
        "at = found",
        ("identity/a-delayed-write-loses-no-binding",),
    ),
    Fault(
        "what could not be written is forgotten",
        _PRESENCE,
        """        self._held = self._store.read(RECORD) if self._is_as_seen else _NOT_HELD
""",
        """        self._held = _NOT_HELD
""",
        (
            "storage/an-anonymize-that-cannot-be-written",
            "storage/storage-that-refuses-from-the-start",
        ),
    ),
    Fault(
        "a record that could not be written beats what another tab wrote",
        _PRESENCE,
        """        if self._held == text:
            return here
        self._held""",
        """        if self.is_unwritten:
            return here
        self._held""",
        (
            "storage/the-old-record-touched-meanwhile-is-still-left",
            "storage/what-another-tab-wrote-meanwhile-counts",
        ),
    ),
    Fault(
        "expiry is a second late",
        _PRESENCE,
        "found.expiry_s * 1000 > self._ports",
        "found.expiry_s * 1000 >= self._ports",
        (
            "session/the-record-reaches-its-expiry",
            "storage/an-expired-record-is-replaced",
        ),
    ),
    Fault(
        "idle is a millisecond late",
        _ACTIVITY,
        "if now_ms < min(idle_at_ms, age_at_ms):",
        "if now_ms <= min(idle_at_ms, age_at_ms):",
        (
            "capture/navigation-opens-a-session",
            "session/beginning-counts-as-activity",
        ),
    ),
    Fault(
        "idleness wins a tie",
        _ACTIVITY,
        '"age" if age_at_ms <= idle_at_ms',
        '"age" if age_at_ms < idle_at_ms',
        ("session/of-two-limits-the-first-reached",),
    ),
    Fault(
        "only written activity counts",
        _ACTIVITY,
        "max(at.began_ms, _believed(self._seen_ms, now_ms), heard_ms)",
        "max(at.began_ms, heard_ms)",
        (
            "session/activity-is-remembered-between-writes",
            "session/of-two-limits-the-first-reached",
        ),
    ),
    Fault(
        "only the page's own activity counts",
        _ACTIVITY,
        "max(at.began_ms, _believed(self._seen_ms, now_ms), heard_ms)",
        "max(at.began_ms, _believed(self._seen_ms, now_ms))",
        (
            "session/activity-in-another-tab-keeps-it",
            "session/load-just-before-idle",
        ),
    ),
    Fault(
        "activity is carried over to a new device",
        _ACTIVITY,
        """        if is_beginning:
            self._store.write(ACTIVITY""",
        """        if is_beginning and not self._heard_ms():
            self._store.write(ACTIVITY""",
        (
            "identity/anonymize-rotates",
            "storage/activity-is-not-carried-over",
        ),
    ),
    Fault(
        "activity is written at every event of a user",
        _ACTIVITY,
        ">= self._settings.activity_write_ms",
        ">= 0",
        (
            "session/restart-follows-another-tab",
            "storage/activity-is-written-every-five-seconds",
        ),
    ),
    Fault(
        "a new device repeats the instant of the old",
        _RECORD,
        "return ms - ms % 1000",
        "return ms",
        (
            "identity/second-tab-cannot-bring-the-user-back",
            "storage/a-new-device-repeats-no-instant",
        ),
    ),
    Fault(
        "a restart goes on as the user",
        _IDENTITY,
        "if found is None or standing.bound_of(found):",
        "if found is None:",
        (
            "session/restart-leaves-another-tabs-user",
            "session/restart-leaves-the-user",
        ),
    ),
    Fault(
        "a release leaves the activity",
        _IDENTITY,
        """            presence.disown()
            self._activity.remove()
""",
        """            presence.disown()
""",
        (
            "session/a-stored-visitor-stays-before-start",
            "session/anonymize-before-start",
        ),
    ),
    Fault(
        "a minted device keeps the buckets",
        _STANDING,
        """        self.limits = Limits(self._settings.rates, self._ports.wall_ms())
""",
        "",
        (
            "limits/a-reidentify-starts-full-buckets",
            "limits/a-rotation-starts-full-buckets",
        ),
    ),
    Fault(
        "what was told of a user outlives the user",
        _STANDING,
        """                self._tell("user", {"user": None})
            self.user_properties = {}
""",
        """                self._tell("user", {"user": None})
""",
        (
            "capture/user-observers",
            "privacy/a-lost-record-carries-nothing-over",
        ),
    ),
    Fault(
        "the binding's hash forgets the device",
        _RECORD,
        'f"{device}:{uid}"',
        'f"{uid}"',
        (
            "identity/a-delayed-write-loses-no-binding",
            "identity/same-user-returns",
        ),
    ),
    Fault(
        "the binding's hash runs over UTF-8",
        _RECORD,
        '"utf-16-le", "surrogatepass"',
        '"utf-8", "surrogatepass"',
        (
            "identity/a-delayed-write-loses-no-binding",
            "identity/same-user-returns",
        ),
    ),
    Fault(
        "a hash is over bytes",
        _RECORD,
        'data = f"{device}:{uid}".encode("utf-16-le", "surrogatepass")',
        'data = f"{device}:{uid}".encode()',
        (
            "identity/another-tabs-session",
            "storage/bound-hashes-utf-16",
        ),
    ),
    Fault(
        "Fullstory's binding is none",
        _RECORD,
        "(?:#((?:[0-9a-f]{8}){0,2}))?",
        "(?:#(?:[0-9a-f]{8}))?(?:#([0-9a-f]{16}))?",
        (
            "storage/anonymize-releases-a-fullstory-user",
            "storage/fullstory-record-is-continued",
        ),
    ),
    Fault(
        "an end opens a session",
        _IDENTITY,
        """        self._recorder.record("end", source, why=why)
        self.mint(why, uid)""",
        """        self._standing.renew()
        self._recorder.record("end", source, why=why)
        self.mint(why, uid)""",
        ("session/a-late-anonymize-opens-no-session",),
    ),
    Fault(
        "a session begins without a page",
        _STANDING,
        """        self.is_page_due = True
        self._become(at, self.page""",
        "        self._become(at, self.page",
        (
            "identity/another-tabs-session",
            "identity/apart-has-a-session-of-its-own",
        ),
    ),
    Fault(
        "every page has a referrer",
        _ADDRESS,
        "page if was_first else replace(page, referrer=None)",
        "page if was_first else page",
        (
            "capture/navigation-within-the-page",
            "session/activity-opens-a-session",
        ),
    ),
    Fault(
        "the query makes another page",
        _PAGE_NAMES,
        "|[?#].*$",
        "|[#].*$",
        ("properties/the-first-page-name-wins",),
    ),
    Fault(
        "anonymize needs a token",
        _CALLS,
        "        is_released = self._identity.anonymize(call.source, is_forced=asked.force",
        """        if not self._take("identity"):
            return self.refuse(codes.RATE_LIMITED)
        is_released = self._identity.anonymize(call.source, is_forced=asked.force""",
        (
            "limits/a-refused-call-takes-no-token",
            "limits/anonymize-by-uid-false-is-never-dropped",
        ),
    ),
    Fault(
        "another user over the limit goes on as the first",
        _CALLS,
        """            if is_others:
                identity.anonymize(call.source, is_forced=False, is_page=asked.is_page)
""",
        "",
        ("limits/another-user-over-the-limit-releases-the-first",),
    ),
    Fault(
        "an anonymize of nobody rotates",
        _IDENTITY,
        "if bound or (is_forced and not is_released):",
        "if not is_released:",
        (
            "identity/anonymize-unbound-changes-nothing",
            "identity/anonymize-with-properties-ignores-them",
        ),
    ),
    Fault(
        "the second user is not bound in the record",
        _IDENTITY,
        'self.leave("reidentify", source, uid)',
        'self.leave("reidentify", source)',
        (
            "identity/numbers-become-text",
            "session/no-split-for-another-user",
        ),
    ),
    Fault(
        "an identify is no activity",
        _IDENTITY,
        """        self._activity.touch(is_beginning=False, is_apart=standing.is_apart)
        standing.be_told""",
        "        standing.be_told",
        (
            "queue/a-retry-holds-everything",
            "session/identify-is-activity",
        ),
    ),
    Fault(
        "every identify splits",
        _IDENTITY,
        """        if not at.bound:
""",
        """        if not at.bound or self._settings.split_on_identify:
""",
        ("session/split-on-identify",),
    ),
    Fault(
        "the last name of a page wins",
        _PAGE_NAMES,
        """        if self._first:
            return bool(value == self._first)
""",
        "",
        (
            "properties/page-properties-end-with-the-user",
            "properties/page-properties-outlive-a-session",
        ),
    ),
    Fault(
        "leaving is seen on the new device",
        _CALLS,
        "if kind != _VISIBILITY or self._standing.n > 0 or self._standing.is_unshown:",
        "if True:",
        ("capture/leaving-after-an-anonymize-is-not-seen",),
    ),
    Fault(
        "an event is captured during a shutdown",
        _CALLS,
        'self._standing.capture == "on" or call.v1_identity',
        "self._standing.record is not None or call.v1_identity",
        ("session/shutdown-ends-and-stops",),
    ),
    Fault(
        "a shutdown leaves its session to the next page",
        _MACHINE,
        'standing.begin_session("shutdown", pages=0)',
        "pass",
        (
            "capture/unknown-calls",
            "queue/operations-before-a-shutdown-are-delivered",
        ),
    ),
    Fault(
        "a logout during a shutdown is dropped",
        _CALLS,
        """        if isinstance(asked, Anonymize):
""",
        """        if isinstance(asked, Anonymize) and self._standing.capture == "on":
""",
        (
            "session/a-stored-visitor-stays-before-start",
            "session/anonymize-before-start",
        ),
    ),
    Fault(
        "asking follows",
        _IDENTITY,
        "standing.record if standing.is_apart else self._presence.ask(standing.record)",
        "standing.record",
        (
            "session/a-released-device-is-no-answer",
            "session/asking-changes-nothing",
        ),
    ),
    Fault(
        "an anonymous with a uid anonymizes",
        _UID,
        "if anonymous is True and uid is not None and uid is not False:",
        "if False:",
        ("identity/contradictions-are-refused",),
    ),
    Fault(
        "placeholders are uids",
        _UID,
        "if is_placeholder(text):",
        'if text == "undefined":',
        (
            "identity/placeholders-are-refused",
            "identity/refused-async-rejects",
        ),
    ),
    Fault(
        "a uid is measured in UTF-16",
        _UID,
        "len(uid) > UID_CHARS_MAX",
        'len(uid.encode("utf-16-le")) // 2 > UID_CHARS_MAX',
        ("identity/longest-uid",),
    ),
    Fault(
        "a zero is no uid",
        _UID,
        "if isinstance(uid, int | float) and not isinstance(uid, bool):",
        "if isinstance(uid, int | float) and uid and not isinstance(uid, bool):",
        ("identity/suspicious-uids-are-accepted",),
    ),
    Fault(
        "white space is a uid",
        _UID,
        "or not is_text(uid)",
        "or not uid",
        ("identity/no-uid-is-refused", "identity/uid-with-nothing-to-see", "identity/uid-with-a-lost-character"),
    ),
    Fault(
        "a rounded number is a uid",
        _UID,
        "NUMBER_MAX: Final = 2**53 - 1",
        "NUMBER_MAX: Final = 2**53",
        ("identity/uid-number-not-exact",),
    ),
    Fault(
        "a template is a uid",
        _PLACEHOLDER,
        "_ANYWHERE.search(uid)",
        "None",
        ("identity/unfilled-templates-are-refused",),
    ),
    Fault(
        "a printed nothing is a uid",
        _PLACEHOLDER,
        "_WHOLE.fullmatch(uid)",
        "None",
        ("identity/printed-nothings-are-refused",),
    ),
    Fault(
        "case matters to what is suspicious",
        _PLACEHOLDER,
        "_SUSPICIOUS.fullmatch(uid)",
        "re.fullmatch('|'.join(SUSPICIOUS), uid)",
        ("identity/suspicious-uids-in-any-case",),
    ),
)
