"""What a tired hand could do to who a page is and what a call means, each with vectors that notice."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_CALLS: Final = "passerby_client.calls"
_MACHINE: Final = "passerby_client.machine"
_PRESENCE: Final = "passerby_client.presence"
_RECORD: Final = "passerby_client.record"
_RECORDER: Final = "passerby_client.recorder"
_UID: Final = "passerby_client.uid"
_PLACEHOLDER: Final = "passerby_client.placeholder"

FAULTS: Final = (
    Fault(
        "a released device is taken up again",
        _PRESENCE,
        'return "returned" if found.device in self._left else found',
        "return found",
        (
            "identity/second-tab-cannot-bring-the-user-back",
            "identity/anonymize-of-a-returned-user",
        ),
    ),
    Fault(
        "only an own change leaves a device",
        _PRESENCE,
        """        elif found.device != held.device:
            self._leave()
""",
        """        elif found.device != held.device:
""",
        (
            "identity/a-device-left-by-following-is-left",
            "identity/another-tab-anonymized",
        ),
    ),
    Fault(
        "the page id outlives another tab's change",
        _PRESENCE,
        """            self.record = found
            self._mint_page()
            self._show("tab")""",
        """            self.record = found
            self.page = self.shown["page"]
            self._show("tab")""",
        (
            "capture/a-refused-call-reads-and-writes-nothing",
            "limits/following-a-tab-starts-full-buckets",
        ),
    ),
    Fault(
        "a delayed write unbinds",
        _PRESENCE,
        "replace(found, bound=self._bound(found))",
        "found",
        ("identity/a-delayed-write-loses-no-binding",),
    ),
    Fault(
        "what could not be written is forgotten",
        _PRESENCE,
        "self._unwritten = not self._store.write(RECORD, text)",
        "self._store.write(RECORD, text)",
        (
            "storage/an-anonymize-that-cannot-be-written",
            "storage/storage-that-refuses-from-the-start",
        ),
    ),
    Fault(
        "a record that could not be written beats what another tab wrote",
        _PRESENCE,
        "if self._unwritten and text == self._seen:",
        "if self._unwritten:",
        (
            "storage/the-old-record-touched-meanwhile-is-still-left",
            "storage/what-another-tab-wrote-meanwhile-counts",
        ),
    ),
    Fault(
        "expiry is a second late",
        _PRESENCE,
        "found.expiry_s * 1000 <= self._now_ms()",
        "found.expiry_s * 1000 < self._now_ms()",
        (
            "session/the-record-reaches-its-expiry",
            "storage/an-expired-record-is-replaced",
        ),
    ),
    Fault(
        "idle is a millisecond late",
        _PRESENCE,
        "if self._now_ms() < min(idle_at_ms, age_at_ms):",
        "if self._now_ms() <= min(idle_at_ms, age_at_ms):",
        (
            "capture/navigation-opens-a-session",
            "session/beginning-counts-as-activity",
        ),
    ),
    Fault(
        "idleness wins a tie",
        _PRESENCE,
        '"age" if age_at_ms <= idle_at_ms',
        '"age" if age_at_ms < idle_at_ms',
        ("session/of-two-limits-the-first-reached",),
    ),
    Fault(
        "only written activity counts",
        _PRESENCE,
        "max(record.began_ms, self._active_at_ms, self._stored_activity_ms() or 0)",
        "max(record.began_ms, self._stored_activity_ms() or 0)",
        (
            "session/activity-is-remembered-between-writes",
            "session/of-two-limits-the-first-reached",
        ),
    ),
    Fault(
        "only the page's own activity counts",
        _PRESENCE,
        "max(record.began_ms, self._active_at_ms, self._stored_activity_ms() or 0)",
        "max(record.began_ms, self._active_at_ms)",
        (
            "session/activity-in-another-tab-keeps-it",
            "session/load-just-before-idle",
        ),
    ),
    Fault(
        "activity is carried over to a new device",
        _PRESENCE,
        "if session_began or stored_ms is None",
        "if stored_ms is None",
        (
            "identity/anonymize-rotates",
            "storage/activity-is-not-carried-over",
        ),
    ),
    Fault(
        "activity is written at every event of a user",
        _PRESENCE,
        ">= self._config.activity_write_ms",
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
        _PRESENCE,
        "if not isinstance(found, Record) or self._bound(found):",
        "if not isinstance(found, Record):",
        (
            "session/restart-leaves-another-tabs-user",
            "session/restart-leaves-the-user",
        ),
    ),
    Fault(
        "a release leaves the activity",
        _PRESENCE,
        """            self._store.remove(RECORD)
            self._store.remove(ACTIVITY)
""",
        """            self._store.remove(RECORD)
""",
        (
            "session/a-stored-visitor-stays-before-start",
            "session/anonymize-before-start",
        ),
    ),
    Fault(
        "a minted device keeps the buckets",
        _PRESENCE,
        """        self.page_names = set()
        self.limits = Limits(self._config.rates, self._now_ms())
""",
        """        self.page_names = set()
""",
        (
            "limits/a-reidentify-starts-full-buckets",
            "limits/a-rotation-starts-full-buckets",
        ),
    ),
    Fault(
        "what was told of a user outlives the user",
        _PRESENCE,
        """        self.user_properties = {}
        self._active_at_ms = 0
""",
        """        self._active_at_ms = 0
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
        "(?:#([0-9a-f]{{16}}|[0-9a-f]{{8}}))?",
        "(?:#(?:[0-9a-f]{{8}}))?(?:#([0-9a-f]{{16}}))?",
        (
            "storage/anonymize-releases-a-fullstory-user",
            "storage/fullstory-record-is-continued",
        ),
    ),
    Fault(
        "an end opens a session",
        _RECORDER,
        'if op != "end":',
        'if op != "nothing":',
        (
            "session/a-late-anonymize-opens-no-session",
            "session/a-late-shutdown-opens-no-session",
        ),
    ),
    Fault(
        "a session begins without a page",
        _RECORDER,
        """            self.open_session()
            self.open_page()
""",
        """            self.open_session()
""",
        (
            "capture/leaving-after-an-anonymize-is-not-seen",
            "capture/navigation-after-an-anonymize",
        ),
    ),
    Fault(
        "every page has a referrer",
        _RECORDER,
        "page.referrer if referrer else None",
        "page.referrer",
        (
            "capture/navigation-within-the-page",
            "session/activity-opens-a-session",
        ),
    ),
    Fault(
        "the query makes another page",
        _RECORDER,
        're.compile("[?#]")',
        're.compile("#")',
        ("properties/the-first-page-name-wins",),
    ),
    Fault(
        "anonymize needs a token",
        _CALLS,
        """            case Anonymize(consent=consent):
                self._anonymize(asked, call)
""",
        """            case Anonymize(consent=consent):
                if not self._take("identity"):
                    return self.refuse(codes.RATE_LIMITED)
                self._anonymize(asked, call)
""",
        (
            "limits/a-refused-call-takes-no-token",
            "limits/anonymize-by-uid-false-is-never-dropped",
        ),
    ),
    Fault(
        "another user over the limit goes on as the first",
        _CALLS,
        """            if another:
                self._leave("anonymize", call)
            return False""",
        "            return False",
        ("limits/another-user-over-the-limit-releases-the-first",),
    ),
    Fault(
        "an anonymize of nobody rotates",
        _CALLS,
        "elif asked.force:",
        "elif True:",
        (
            "identity/anonymize-unbound-changes-nothing",
            "identity/anonymize-with-properties-ignores-them",
        ),
    ),
    Fault(
        "the second user is not bound in the record",
        _CALLS,
        'self._leave("reidentify", call, asked.uid)',
        'self._leave("reidentify", call)',
        (
            "identity/numbers-become-text",
            "session/no-split-for-another-user",
        ),
    ),
    Fault(
        "an identify is no activity",
        _CALLS,
        """            presence.touch()
            presence.bind(asked.uid)""",
        """            presence.bind(asked.uid)""",
        (
            "queue/a-retry-holds-everything",
            "session/identify-is-activity",
        ),
    ),
    Fault(
        "every identify splits",
        _CALLS,
        "split=self._config.split_on_identify and not bound",
        "split=self._config.split_on_identify",
        ("session/split-on-identify",),
    ),
    Fault(
        "the last name of a page wins",
        _CALLS,
        "if name == _PAGE_NAME and name in names:",
        "if name == _PAGE_NAME and name == 0:",
        (
            "properties/page-properties-end-with-the-user",
            "properties/page-properties-outlive-a-session",
        ),
    ),
    Fault(
        "leaving is seen on the new device",
        _CALLS,
        "if kind != _VISIBILITY or self._presence.n > 0:",
        "if True:",
        ("capture/leaving-after-an-anonymize-is-not-seen",),
    ),
    Fault(
        "an event is captured during a shutdown",
        _MACHINE,
        """        if self._capture == "on":
            return self._calls.perform(call)
""",
        """        if self._begun:
            return self._calls.perform(call)
""",
        (
            "session/a-released-user-does-not-return-at-restart",
            "session/anonymize-after-another-tab-while-shut-down",
        ),
    ),
    Fault(
        "a shutdown leaves its session to the next page",
        _MACHINE,
        'self._presence.begin_session("shutdown", pages=0)',
        "pass",
        (
            "capture/unknown-calls",
            "queue/operations-before-a-shutdown-are-delivered",
        ),
    ),
    Fault(
        "a logout during a shutdown is dropped",
        _MACHINE,
        "self._calls.release(asked) if isinstance(asked, Anonymize) else",
        "",
        (
            "session/a-stored-visitor-stays-before-start",
            "session/anonymize-before-start",
        ),
    ),
    Fault(
        "asking follows",
        _MACHINE,
        "record = presence.stored() if",
        "record = presence.record if",
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
