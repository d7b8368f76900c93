"""When a place is left: the calls and assignments that lead elsewhere, by routers, by platforms, by the address."""

from __future__ import annotations

import re

from passerby_audit import vocabulary
from passerby_audit.program.resolve import Program
from passerby_audit.program.signs import is_nothing, literal_text
from passerby_audit.program.units import Unit, dotted, last_name
from passerby_audit.syntax import (
    Assignment,
    Call,
    Literal,
    Record,
)

_REDIRECTING = {
    "logoutRedirect",
    "signoutRedirect",
    "loginWithRedirect",
    "signInWithRedirect",
    "acquireTokenRedirect",
    "signinRedirect",
}


_ROUTERS = re.compile(
    r"router|history|nav|route|\bscreen|coordinator|\bwouter|\binertia|\bcontext\b|\bget\b|\bmodular|\bapp "
    r"?delegate|\bwindow ?scene",
    re.IGNORECASE,
)


_NAVIGATES = {
    "push", "replace", "navigate", "navigateByUrl", "navigateTo", "goto", "redirect", "redirectTo", "go", "reset",
    "popToTop", "popToRoot", "pushNamed", "pushReplacement", "pushReplacementNamed", "pushNamedAndRemoveUntil",
    "pushAndRemoveUntil", "popUntil", "offAll", "offAllNamed", "offNamed", "toNamed", "goNamed", "popAndPushNamed",
    "replaceAll", "setRoot", "navigateRoot", "visit", "resetRoot", "dismissAll", "popToRootViewController",
    "setViewControllers", "restorablePushNamed", "dispatch",
}  # fmt: skip


_NAVIGATES_ALONE = {
    "navigate", "goto", "redirect", "redirectTo", "navigateTo", "useNavigate", "startActivity", "replaceRoute",
    "transitionTo", "navigateToUrl", "pushViewController", "setViewControllers", "popToRootViewController",
    "finishAffinity", "popBackStack", "push",
}  # fmt: skip


_NAVIGATE_WORDS = re.compile(
    r"^(navigate|redirect|go|route|return|take user|send user|move|back|switch|present|show|open|reset|launch) "
    r"?(user |back |away )?(to|root|navigation) (?!.*\b(modal|dialog|toast|error|message|string|json|list|top|"
    r"dashboard event)\b)\w+"
)


def navigation(node: Call | Assignment, unit: Unit, program: Program) -> tuple[str, str] | None:
    """('hard' or 'soft', where to) when a place is left: a hard one ends the page or the process, a soft one does
    not."""
    if isinstance(node, Assignment):
        path = dotted(node.target)
        if re.search(r"(^|\.)location(\.(href|pathname|hash|search))?$", path) and re.match(
            r"^(window|document|globalThis|self|top|parent|location|win|w|\$window|this\.(window|document|location|"
            r"win))\b",
            path,
        ):
            if path.startswith("location") and unit.lookup("location") is not None:
                return None
            where = literal_text(node.value, program, unit)
            return ("soft" if path.endswith(".hash") else "hard", where)
        if last_name(node.target) in ("rootViewController", "currentScreen") and not is_nothing(node.value):
            return ("soft", literal_text(node.value, program, unit))
        return None
    name = last_name(node.callee)
    path = dotted(node.callee)
    receiver = path[: -len(name) - 1] if name and "." in path else ""
    where = _destination(node, unit, program)
    if re.search(r"(^|\.)location\.(assign|replace|reload)$", path):
        return ("hard", where) if "router" not in path.lower() else None
    if name in _REDIRECTING:
        return ("hard", where)
    if name in ("exitProcess", "killProcess", "restartApp", "reloadAsync") or path in (
        "exit",
        "System.exit",
        "RNRestart.Restart",
        "RNRestart.restart",
        "DevSettings.reload",
        "Restart",
    ):
        return ("hard", where)
    if name in ("logout", "signOut") and not program.target(node.callee, unit).units:
        package = program.target(node.callee, unit).package
        if name == "logout" and re.search(r"auth0|keycloak|msal|kinde", package + path, re.IGNORECASE):
            return ("hard", "")
        if name == "signOut" and package.startswith("next-auth"):
            stays = any(
                isinstance(a.value, Record)
                and isinstance(a.value.get("redirect"), Literal)
                and getattr(a.value.get("redirect"), "value", "") == "false"
                for a in node.arguments
            )
            return None if stays else ("hard", "")
    if name in _NAVIGATES and receiver and _ROUTERS.search(vocabulary.words(receiver)):
        if name in ("dispatch", "get") and "nav" not in receiver.lower():
            return None
        if re.search(
            r"\b(params|query|search|state|stack|list|items|array|routes|history state)\b",
            vocabulary.words(receiver).split(" ")[-1],
        ):
            return None
        if vocabulary.words(receiver).split(" ")[-1] in ("context",) and name not in (
            "go",
            "goNamed",
            "push",
            "pushNamed",
            "replace",
            "pushReplacement",
            "pushReplacementNamed",
        ):
            return None
        return ("soft", where)
    target = None
    if name in _NAVIGATES_ALONE or _NAVIGATE_WORDS.match(vocabulary.words(name)):
        target = program.target(node.callee, unit)
        if target.units:
            return None
        if name == "push" and not (target.package and "nav" in target.package + path.lower()):
            return None
        return ("soft", where or name)
    return None


def _destination(node: Call, unit: Unit, program: Program) -> str:
    """Where a navigation goes, as far as it is written: an address, a route's name, a screen's class."""
    if not node.arguments:
        return ""
    first = node.arguments[0].value
    where = literal_text(first, program, unit)
    return where if where not in ("", "this", "context", "activity", "self") else unit.file.text_of(first)
