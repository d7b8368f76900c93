"""Settings: who may look, what is shared, and what the org has chosen about capture."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from passerby.access.identities import provider_of
from passerby.access.invitations import invitations
from passerby.access.second import has_second_step
from passerby.base.token import digest
from passerby.base.units import HOUR_MS, MINUTE_MS
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.members import members_routes
from passerby.faces.dashboard.provider import provider_routes
from passerby.faces.dashboard.rendering import redirect
from passerby.ingest.choosing import choose, latest_versions
from passerby.model.member import GUEST, MEMBER_ROLES, Admission
from passerby.model.org import Auto, Block
from passerby.store.contract import Key, Transaction

_SCOPES: Final = ("capture", "read", "capture read", "admin")
_LABEL_CHARS_MAX: Final = 64
_IDLE_MIN: Final = (1, 24 * 60)
_VERSIONS_SHOWN: Final = 8
_AGE_H: Final = (1, 24 * 7)
_AUTO: Final = {
    "navigate": "Changes of the page's address",
    "click": "Clicks",
    "change": "Changed fields, never what was typed",
    "exception": "Uncaught errors",
    "visibility": "Being hidden and shown again",
}
_CHANGED: Final = {
    "capture": "whether operations are taken in",
    "idle_ms": "idle minutes",
    "age_ms": "hours of a session",
    "split_on_identify": "whether a first identify begins a session",
    "identify": "whether an identify needs a signature",
    "auto": "what pages report by themselves",
    "blocks": "what is hidden",
}
_BLOCK: Final = re.compile(r"(exclude|mask|unmask)\s+(\S.*)")
_BLOCKS_MAX: Final = 200
_SELECTOR_CHARS_MAX: Final = 500
_BLOCKS_FORM: Final = (
    f"What is hidden is one rule a line, at most {_BLOCKS_MAX}: exclude, mask or unmask, and a CSS selector of at most "
    f"{_SELECTOR_CHARS_MAX} characters, as in: mask .card-number"
)


def settings_routes(desk: Desk) -> list[Route]:
    """The routes of the page and of its forms."""
    pages = _Settings(desk)
    forms = {
        "add-key": pages.add_key,
        "revoke-key": pages.revoke_key,
        "capture": pages.capture,
    }
    return [
        Route("/ui/{org}/settings", desk.page(pages.settings)),
        Route("/ui/{org}/settings/unshare", desk.form(pages.unshare, "share"), methods=["POST"]),
        *members_routes(desk, pages.show),
        *provider_routes(desk, pages.show),
        *[Route(f"/ui/{{org}}/settings/{name}", desk.form(form), methods=["POST"]) for name, form in forms.items()],
    ]


class _Settings:
    """The page of settings, and its own forms."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(
        self, asked: Asked, status: int = 200, told: str = "", secret: str = "", rules: str | None = None
    ) -> Response:
        shares = [one for one in asked.reader.admissions(asked.org.id) if _may_see(asked, one)]
        members = asked.reader.members(asked.org.id) if asked.is_admin else []
        values: dict[str, Any] = {
            "origin": self._desk.origin(asked.request),
            "settings": asked.org.settings,
            "rules": _rules(asked.org.settings.blocks) if rules is None else rules,
            "versions": latest_versions(asked.reader, asked.org.id, _VERSIONS_SHOWN),
            "changed": _CHANGED,
            "auto": {kind: (label, getattr(asked.org.settings.auto, kind)) for kind, label in _AUTO.items()},
            "members": members,
            "shares": [(one, asked.reader.session(asked.org.id, one.session)) for one in shares if one.session],
            "keys": asked.reader.keys(asked.org.id) if asked.is_admin else [],
            "provider": provider_of(asked.reader, asked.org.id),
            "invitations": invitations(asked.reader, asked.org.id, asked.now_ms) if asked.is_admin else [],
            "with_code": {one.name for one in members if has_second_step(asked.reader, asked.org.id, one.name)},
            "is_asked": has_second_step(asked.reader, asked.org.id, asked.admission.member),
            "roles": MEMBER_ROLES,
            "scopes": _SCOPES,
            "told": told,
            "secret": secret,
        }
        return self._desk.show(asked, "settings.html", status, **values)

    def settings(self, asked: Asked) -> Response:
        return self.show(asked)

    def capture(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        idle_min, age_h = _number(fields, "idle_min", _IDLE_MIN), _number(fields, "age_h", _AGE_H)
        if idle_min is None or age_h is None:
            told = "Idle minutes are a whole number from 1 to 1440, and hours one from 1 to 168."
            return self.show(asked, 400, told, rules=fields.get("blocks", ""))
        blocks = _blocks(fields.get("blocks", ""))
        if blocks is None:
            return self.show(asked, 400, _BLOCKS_FORM, rules=fields["blocks"])
        change = functools.partial(
            msgspec.structs.replace,
            capture="capture" in fields,
            idle_ms=idle_min * MINUTE_MS,
            age_ms=age_h * HOUR_MS,
            split_on_identify="split_on_identify" in fields,
            auto=Auto(**{kind: f"auto_{kind}" in fields for kind in _AUTO}),
            blocks=blocks,
        )
        given = (asked.org.id, change, asked.admission.member, asked.now_ms)
        self._desk.store.submit(lambda transaction: choose(transaction, *given)).result()
        return redirect(f"{asked.base}/settings")

    def unshare(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        wanted = fields.get("share", "")
        for one in asked.reader.admissions(asked.org.id):
            if _may_see(asked, one) and one.digest.hex() == wanted:
                self._desk.door.dismiss(one.digest)
        return redirect(f"{asked.base}/settings")

    def add_key(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        scope, label = fields.get("scope", ""), fields.get("label", "").strip()[:_LABEL_CHARS_MAX]
        if scope not in _SCOPES:
            return self.show(asked, 400, "Choose what the key is for.")
        key = self._desk.office.new_key()
        kept = Key(digest(key), asked.org.id, scope, label, asked.now_ms)
        self._desk.store.submit(lambda transaction: transaction.add_key(kept)).result()
        with self._desk.store.read() as reader:
            now = msgspec.structs.replace(asked, reader=reader)
            return self.show(now, 200, "The new key, which is shown once:", key)

    def revoke_key(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        for key in asked.reader.keys(asked.org.id):
            if key.digest.hex() == fields.get("key"):
                self._desk.store.submit(functools.partial(_revoke, key=key)).result()
        return redirect(f"{asked.base}/settings")


def _may_see(asked: Asked, admission: Admission) -> bool:
    """Whether that is a share link that still admits, and the member's own unless they are an admin."""
    is_live = admission.role == GUEST and admission.expires_at_ms > asked.now_ms
    return is_live and (asked.is_admin or admission.member == asked.admission.member)


def _revoke(transaction: Transaction, key: Key) -> None:
    transaction.remove_key(key.digest)


def _rules(blocks: Iterable[Block]) -> str:
    return "".join(f"{one.block} {one.selector}\n" for one in blocks)


def _blocks(text: str) -> tuple[Block, ...] | None:
    """The rules in `text`, one a line; None if a line is none."""
    found = [_BLOCK.fullmatch(line.strip()) for line in text.splitlines() if line.strip()]
    if len(found) > _BLOCKS_MAX or any(one is None or len(one[2]) > _SELECTOR_CHARS_MAX for one in found):
        return None
    return tuple(msgspec.convert({"block": one[1], "selector": one[2]}, Block) for one in found if one)


def _number(fields: Mapping[str, str], name: str, bounds: tuple[int, int]) -> int | None:
    text = fields.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        return None
    return int(text) if bounds[0] <= int(text) <= bounds[1] else None
