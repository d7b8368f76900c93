"""Members: who may look, as what, and how they get in. Part of the page of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from passerby.access.strength import password_weakness
from passerby.faces.dashboard.desk import Asked, Desk
from passerby.faces.dashboard.rendering import redirect
from passerby.model.member import MEMBER_ROLES, NAME_CHARS_MAX, Role

_NAME_AND_ROLE: Final = "A name has 1 to 64 characters and is nobody else's here, and a role is chosen."


class Show(Protocol):
    """Shows the page of settings, with something told and a secret shown once."""

    def __call__(self, asked: Asked, status: int = 200, told: str = "", secret: str = "") -> Response: ...


def members_routes(desk: Desk, show: Show) -> list[Route]:
    """The routes of the forms about members."""
    pages = _Members(desk, show)
    forms = {
        "invite": pages.invite,
        "uninvite": pages.uninvite,
        "add-member": pages.add,
        "remove-member": pages.remove,
        "change-role": pages.change_role,
        "reset-two-step": pages.reset_two_step,
    }
    return [
        Route("/ui/{org}/settings/password", desk.form(pages.password, "look"), methods=["POST"]),
        *[Route(f"/ui/{{org}}/settings/{name}", desk.form(form), methods=["POST"]) for name, form in forms.items()],
    ]


class _Members:
    """The forms about members."""

    def __init__(self, desk: Desk, show: Show) -> None:
        self._desk = desk
        self._show = show

    def add(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        name, role = fields.get("name", "").strip(), role_of(fields)
        if role is None or not is_name(name) or asked.reader.member(asked.org.id, name):
            return self._show(asked, 400, _NAME_AND_ROLE)
        made = self._desk.office.new_password()
        self._desk.door.put_member(asked.org.id, name, role, made)
        with self._desk.store.read() as reader:
            told = f"{name} may sign in with this password, which is shown once:"
            return self._show(msgspec.structs.replace(asked, reader=reader), 200, told, made)

    def invite(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        role, label = role_of(fields), fields.get("label", "").strip()
        if role is None or not is_name(label):
            return self._show(asked, 400, "Say in 1 to 64 characters whom the invitation is for, and choose a role.")
        token = self._desk.door.invite(asked.org.id, asked.admission.member, role, label)
        link = f"{self._desk.origin(asked.request)}{asked.base}/join/{token}"
        told = f"Whoever holds this link may join as {role}, once, within a week. It is shown once:"
        with self._desk.store.read() as reader:
            return self._show(msgspec.structs.replace(asked, reader=reader), 200, told, link)

    def uninvite(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        self._desk.door.take_invitation_back(asked.org.id, fields.get("invitation", ""))
        return redirect(f"{asked.base}/settings")

    def remove(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        return self._changed(asked, fields, lambda name: self._desk.door.remove_member(asked.org.id, name))

    def change_role(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        role = role_of(fields)
        if role is None:
            return self._show(asked, 400, "Choose a role.")
        return self._changed(asked, fields, lambda name: self._desk.door.change_role(asked.org.id, name, role))

    def reset_two_step(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        return self._changed(asked, fields, lambda name: self._desk.door.turn_second_step_off(asked.org.id, name, None))

    def _changed(self, asked: Asked, fields: Mapping[str, str], change: Callable[[str], None]) -> Response:
        name = fields.get("name", "")
        if name == asked.admission.member:
            return self._show(asked, 400, "Somebody else has to do that to you.")
        change(name)
        return redirect(f"{asked.base}/settings")

    def password(self, asked: Asked, fields: Mapping[str, str]) -> Response:
        chosen = fields.get("password", "")
        if weakness := password_weakness(chosen, asked.admission.member, asked.org.id):
            return self._show(asked, 400, f"That password cannot be taken: {weakness}.")
        self._desk.door.change_password(asked.org.id, asked.admission.member, chosen)
        return redirect(f"{asked.base}/sign-in")


def is_name(name: str) -> bool:
    """Whether a member may be called so."""
    return 1 <= len(name) <= NAME_CHARS_MAX and name.isprintable()


def role_of(fields: Mapping[str, str]) -> Role | None:
    """The role that a form chose, if it is one of members."""
    return next((role for role in MEMBER_ROLES if role == fields.get("role")), None)
