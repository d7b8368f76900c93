"""The doors: for every method of every route, who is let in. Whatever is not said here, nobody is.

A line holds a method, a path, who is let in, and a body with which a stranger would do harm if let in. `test_doors.py`
walks all routes that the composed service has, and fails for one without a line here and for a line without a route.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

ANYBODY: Final = "anybody"
MARK: Final = "zebra-4711"
"""Stands in everything that the org which is attacked has, and in nothing else."""

CAPTURE: Final = frozenset({"key capture", "key admin"})
READ: Final = frozenset({"key read", "key admin"})
KEY_ADMIN: Final = frozenset({"key admin"})
MEMBERS: Final = frozenset({"viewer", "support", "privacy", "admin"})
SHARERS: Final = frozenset({"support", "admin"})
ANNOTATORS: Final = SHARERS
ERASERS: Final = frozenset({"privacy", "admin"})
ADMINS: Final = frozenset({"admin"})
NOBODY: Final[frozenset[str]] = frozenset()


class Door(msgspec.Struct, frozen=True):
    """Who is let in. `body` is JSON, `form` a form, to which its sender adds a mark; `query` asks for what is there."""

    admits: frozenset[str]
    body: object = None
    form: Mapping[str, str] | None = None
    query: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has to show anything."""
        return ANYBODY in self.admits

    def content(self, mark: str) -> tuple[str, bytes]:
        """The type and bytes of the body."""
        if self.form is not None:
            return "application/x-www-form-urlencoded", urlencode({**self.form, "mark": mark}).encode()
        return "application/json", b"" if self.body is None else json.dumps(self.body).encode()


OPEN: Final = Door(frozenset({ANYBODY}))
_USER: Final = {"uid": "intruder", "display_name": "changed", "properties": {"changed": True}}
_EVENT: Final = {"name": "intruded", "user": {"uid": MARK}}
_EXPORT: Final = {"segmentId": "everyone", "timeRange": {"start": "2025-01-01"}, "fields": ["EventId"]}
_HOOK: Final = {"url": "https://intruder.example/", "eventTypes": [{"eventName": "session.ended"}]}

_API: Final[Mapping[str, Door]] = {
    "GET /v2/openapi.json": OPEN,
    "GET /v2/docs": OPEN,
    "POST /v2/users/batch": Door(CAPTURE, {"requests": [_USER]}),
    "GET /v2/users/batch/{job}": Door(CAPTURE),
    "GET /v2/users/batch/{job}/imports": Door(READ),
    "GET /v2/users/batch/{job}/errors": Door(CAPTURE),
    "POST /v2/events/batch": Door(CAPTURE, {"requests": [_EVENT]}),
    "GET /v2/events/batch/{job}": Door(CAPTURE),
    "GET /v2/events/batch/{job}/imports": Door(READ),
    "GET /v2/events/batch/{job}/errors": Door(CAPTURE),
    "GET /v2/batch/{job}": Door(CAPTURE),
    "GET /v2/batch/{job}/errors": Door(CAPTURE),
    "POST /v2/users": Door(CAPTURE, _USER),
    "GET /v2/users": Door(READ),
    "DELETE /v2/users": Door(KEY_ADMIN, query=f"?uid={MARK}"),
    "GET /v2/users/{user}": Door(READ),
    "POST /v2/users/{user}": Door(CAPTURE, {"properties": {"changed": True}}),
    "PATCH /v2/users/{user}": Door(CAPTURE, {"properties": {"changed": True}}),
    "DELETE /v2/users/{user}": Door(KEY_ADMIN),
    "GET /v2/users/{user}/events": Door(READ),
    "GET /v2/users/{user}/export": Door(READ),
    "POST /v2/events": Door(CAPTURE, _EVENT),
    "GET /sessions/v2": Door(READ, query=f"?uid={MARK}"),
    "GET /v2/sessions/{session:path}/events": Door(READ),
    "GET /v2/sessions/{session:path}/why": Door(READ),
    "GET /segments/v1": Door(READ),
    "POST /segments/v1/exports": Door(READ, _EXPORT),
    "GET /segments/v1/exports/{export}": Door(READ),
    "GET /operations/v1": Door(READ),
    "GET /operations/v1/{operation}": Door(READ),
    "GET /search/v1/exports/{export}/results": Door(READ),
    # Its address has a signature of its own; without that nobody is let in.
    "GET /search/v1/exports/{export}/download": Door(
        NOBODY, query="?org=attacked&expires=99999999999999&signature=" + "0" * 64
    ),
    "POST /users/v1/individual/{uid:path}/customvars": Door(CAPTURE, {"changed_bool": True}),
    "POST /users/v1/individual/{uid:path}/customevent": Door(CAPTURE, {"event": {"event_name": "intruded"}}),
    "GET /users/v1/individual/{uid:path}/events": Door(READ),
    "GET /users/v1/individual/{uid:path}/pages": Door(READ),
    "GET /users/v1/individual/{uid:path}": Door(READ),
    "DELETE /users/v1/individual/{uid:path}": Door(KEY_ADMIN),
    "POST /webhooks/v1/endpoints": Door(KEY_ADMIN, _HOOK),
    "GET /webhooks/v1/endpoints": Door(KEY_ADMIN),
    "GET /webhooks/v1/endpoints/{webhook}": Door(KEY_ADMIN),
    "POST /webhooks/v1/endpoints/{webhook}": Door(KEY_ADMIN, {"enabled": False, "url": "https://intruder.example/"}),
    "DELETE /webhooks/v1/endpoints/{webhook}": Door(KEY_ADMIN),
    "GET /webhooks/v1/endpoints/{webhook}/deliveries": Door(KEY_ADMIN),
    "GET /webhooks/v1/event-types": Door(READ),
    "POST /v2/annotations": Door(CAPTURE, {"text": "intruded"}),
    "GET /v2/annotations": Door(READ),
    "GET /v2/annotations/{annotation}": Door(READ),
    "DELETE /v2/annotations/{annotation}": Door(KEY_ADMIN),
    **{
        f"GET /settings/recording/v1/{part}{history}": Door(READ)
        for part in ("features", "privacy", "blocking", "domain", "geo", "targeting")
        for history in ("", "/history")
    },
    "GET /v2/erasures": Door(KEY_ADMIN),
    "GET /v2/erasures/{erasure}": Door(KEY_ADMIN),
}
_DASHBOARD: Final[Mapping[str, Door]] = {
    "GET /ui/style.css": OPEN,
    "GET /ui/app.js": OPEN,
    "GET /ui/icon.svg": OPEN,
    "GET /": OPEN,
    "GET /ui": OPEN,
    "GET /ui/{org}": OPEN,
    "GET /ui/{org}/sign-in": OPEN,
    "POST /ui/{org}/sign-in": Door(frozenset({ANYBODY}), form={"name": "admin", "password": "a guess"}),
    "POST /ui/{org}/sign-in/code": Door(frozenset({ANYBODY}), form={"code": "123456"}),
    "GET /ui/{org}/sign-in/provider": OPEN,
    "GET /ui/{org}/sign-in/provider/back": OPEN,
    # Whoever has the token of an invitation in the path; the walk's is none.
    "GET /ui/{org}/join/{token}": Door(NOBODY),
    "POST /ui/{org}/join/{token}": Door(NOBODY, form={"name": "intruder", "password": "chosen by an intruder"}),
    "GET /ui/{org}/two-step": Door(MEMBERS),
    "POST /ui/{org}/two-step/begin": Door(MEMBERS, form={}),
    "POST /ui/{org}/two-step/on": Door(MEMBERS, form={"code": "123456"}),
    "POST /ui/{org}/two-step/off": Door(MEMBERS, form={"code": "123456"}),
    "POST /ui/{org}/sign-out": Door(MEMBERS, form={}),
    "GET /ui/{org}/": Door(MEMBERS),
    "GET /ui/{org}/numbers": Door(MEMBERS),
    "POST /ui/{org}/annotate": Door(ANNOTATORS, form={"text": "intruded", "ago": "0"}),
    "POST /ui/{org}/unannotate": Door(ANNOTATORS, form={"annotation": "{annotation}"}),
    "POST /ui/{org}/user/{user}/erase": Door(ERASERS, form={"confirm": MARK}),
    "POST /ui/{org}/user/{user}/export": Door(ERASERS, form={}),
    "GET /ui/{org}/users": Door(MEMBERS),
    "GET /ui/{org}/user/{user}": Door(MEMBERS),
    "GET /ui/{org}/user/{user}/lanes": Door(MEMBERS),
    "GET /ui/{org}/session/{session}": Door(MEMBERS),
    "POST /ui/{org}/session/{session}/share": Door(SHARERS, form={"hours": "1"}),
    # Whoever has the token in the path; the walk's is another session's.
    "GET /ui/{org}/shared/{token}": Door(NOBODY),
    "GET /ui/{org}/live": Door(MEMBERS),
    "GET /ui/{org}/live/stream": Door(MEMBERS),
    "GET /ui/{org}/errors": Door(MEMBERS),
    "GET /ui/{org}/settings": Door(MEMBERS),
    "POST /ui/{org}/settings/password": Door(MEMBERS, form={"password": "chosen by an intruder"}),
    "POST /ui/{org}/settings/add-key": Door(ADMINS, form={"scope": "admin", "label": "intruder"}),
    "POST /ui/{org}/settings/revoke-key": Door(ADMINS, form={"key": "{digest}"}),
    "POST /ui/{org}/settings/capture": Door(ADMINS, form={"idle_min": "5", "age_h": "5", "blocks": ""}),
    "POST /ui/{org}/settings/add-member": Door(ADMINS, form={"name": "intruder", "role": "admin"}),
    "POST /ui/{org}/settings/change-role": Door(ADMINS, form={"name": "second", "role": "admin"}),
    "POST /ui/{org}/settings/reset-two-step": Door(ADMINS, form={"name": "second"}),
    "POST /ui/{org}/settings/invite": Door(ADMINS, form={"role": "admin", "email": "intruder@example.com"}),
    "POST /ui/{org}/settings/uninvite": Door(ADMINS, form={"invitation": "{digest}"}),
    "POST /ui/{org}/settings/connect": Door(MEMBERS, form={}),
    "POST /ui/{org}/settings/provider": Door(ADMINS, form={"issuer": "https://intruder.example", "client_id": "x"}),
    "POST /ui/{org}/settings/remove-provider": Door(ADMINS, form={}),
    "POST /ui/{org}/settings/remove-member": Door(ADMINS, form={"name": "second"}),
    "GET /ui/{org}/signed-identify": Door(MEMBERS),
    "POST /ui/{org}/signed-identify/new": Door(ADMINS, form={}),
    "POST /ui/{org}/signed-identify/retire": Door(ADMINS, form={"secret": "first"}),
    "POST /ui/{org}/signed-identify/demand": Door(ADMINS, form={"signed": "on"}),
    "POST /ui/{org}/settings/unshare": Door(SHARERS, form={"share": "{share}"}),
}
_REST: Final[Mapping[str, Door]] = {
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": Door(KEY_ADMIN),
}
COLLECTOR: Final[Mapping[str, Door]] = {
    "POST /rec/bundle": OPEN,
    "POST /rec/bundle/v2": OPEN,
    "GET /s/fs.js": OPEN,
    "GET /s/settings/{org}/v1/web": OPEN,
}
"""Not routes: the collector answers these itself."""


def _aliased(doors: Mapping[str, Door]) -> dict[str, Door]:
    """With the `/v2beta` form of every `/v2` path."""
    return {**doors, **{line.replace(" /v2/", " /v2beta/"): door for line, door in doors.items() if " /v2/" in line}}


DOORS: Final[Mapping[str, Door]] = {**_aliased(_API), **_DASHBOARD, **_REST}
