"""Links and forms by which people log out: `<a href="/logout">`, `<form action="/users/sign_out">`.

No function is called there, and the page that is left takes its scripts with it. The server ends the session; the
identity stays, unless code somewhere in the app releases it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from passerby_audit.program import signs
from passerby_audit.program.resolve import Program
from passerby_audit.program.units import Unit
from passerby_audit.syntax import Element, Entry, Record

_KEYS = {"href", "to", "routerLink", "action", "formAction", "formaction"}
_REDIRECTING = {"Redirect", "Navigate", "Route", "link", "base"}
_PRESSED = {"onClick", "onclick", "@click", "v-on:click", "on:click", "onPress", "onSubmit", "@submit", "(click)"}
_ENDS = re.compile(r"(^|/)(log|sign)[-_]?(out|off)(\.\w{2,5})?/?$|(^|/)end[-_]?session/?$", re.IGNORECASE)
_ROUTE = re.compile(r"^\{[{%][^'\"]*['\"]([\w.:-]*[.:_-])?(log|sign)[-_]?(out|off)['\"]", re.IGNORECASE)
"""A route that a server's template names: `{% url 'logout' %}`, `{{ route('logout') }}`."""


@dataclass(slots=True, frozen=True)
class LogoutLink:
    """One link or form: where it is, its attribute, the address as far as it is written, whether it has a handler."""

    unit: Unit
    attribute: Entry
    address: str
    handled: bool


def logout_links(program: Program, elements: list[tuple[Unit, Element]], skipped: set[Unit]) -> list[LogoutLink]:
    """Those of an app's elements that log people out, one per address."""
    found: dict[str, LogoutLink] = {}
    for unit, element in elements:
        if unit in skipped or element.name in _REDIRECTING:
            continue
        link = _link(unit, element, program)
        if link is not None:
            found.setdefault(link.address, link)
    return list(found.values())


def _link(unit: Unit, element: Element, program: Program) -> LogoutLink | None:
    for attribute in element.attributes:
        if attribute.key not in _KEYS or isinstance(attribute.value, Record):
            continue
        if attribute.key == "action" and "form" not in element.name.lower():
            continue
        address = re.split(r"[?#]", signs.literal_text(attribute.value, program, unit))[0]
        if (_ENDS.search(address) or _ROUTE.search(address)) and "://" not in address:
            handled = any(a.key in _PRESSED for a in element.attributes)
            return LogoutLink(unit, attribute, address.rstrip("/").lower(), handled)
    return None
