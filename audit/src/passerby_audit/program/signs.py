"""The signs by which code shows that a login session ends, that a place is left, or that someone is being
authenticated.

They are kinds of evidence, not verdicts: a rule asks for several of them, or for one that is strong.
"""

from __future__ import annotations

import re

from passerby_audit import vocabulary
from passerby_audit.program.resolve import Program
from passerby_audit.program.units import Unit, dotted, last_name
from passerby_audit.syntax import (
    Assignment,
    Call,
    Lambda,
    Literal,
    Member,
    Name,
    Node,
    Operation,
    Record,
    Sequence,
    Template,
    descend,
)

_VENDORS = re.compile(
    r"\brum\b|posthog|heap|logrocket|mixpanel|amplitude|intercom|onesignal|crisp|drift|zendesk|zopim|braze|appboy|"
    r"segment|"
    r"rudder|analytics|sentry|bugsnag|"
    r"datadog|\bdd\b|newrelic|userpilot|pendo|appcues|hotjar|\bhj\b|clarity|socket|chat|twilio|pusher|purchases|"
    r"revenuecat|adjust|appsflyer|branch|"
    r"clevertap|moengage|webengage|customerio|klaviyo|helpscout|beacon|tracker|tracking|fullstory|logger|console|"
    r"toast|audit|\blog\b|gtag|datalayer|"
    r"smartlook|mouseflow|luckyorange|\bstream\b|freshchat|gleap|statsig|launchdarkly|\bld\b|metrics|telemetry|"
    r"crashlytics|plausible|gainsight|\bfs\b|"
    r"repository test|mock|expect|jest|spy",
    re.IGNORECASE,
)


_PROVIDERS = re.compile(
    r"auth|firebase|supabase|amplify|cognito|keycloak|msal|oidc|user ?manager|magic|clerk|okta|google ?sign|"
    r"gidsignin|descope|stytch|passport|identity|"
    r"session|user|account|apollo|parse|realm|login|api|client|service|store|oauth|kinde|workos|appwrite|nhost|pb\b|"
    r"pocketbase|gapi|fb\b|login manager",
    re.IGNORECASE,
)


_HTTP = {
    "get", "post", "put", "delete", "patch", "fetch", "request", "axios", "ajax", "$fetch", "mutate", "query", "send",
    "json", "api", "apiFetch", "fetchAPI", "apiRequest", "apiCall", "callApi", "fetcher", "useFetch", "head", "http",
    "authFetch", "fetchWithAuth", "fetchJson", "apiClient", "invoke", "callFunction", "del", "newCall", "url",
    "dataTask", "customFetch", "fetchApi", "sendRequest", "makeRequest",
}  # fmt: skip


_ASKS = re.compile(
    r"http|axios|\bapi\b|client|fetch|request|\bky\b|\bgot\b|ajax|superagent|\$|backend|server|service|dio|retrofit|"
    r"session manager"
)


_REMOVERS = {
    "removeItem", "remove", "removeObject", "removeValue", "deleteItemAsync", "deleteItem", "delete", "deleteAll",
    "clear", "clearAll", "clearStore", "multiRemove", "removeCookie", "deleteCookie", "destroyCookie", "eraseCookie",
    "expireCookie", "resetGenericPassword", "removeAllObjects", "removeAll", "purge", "destroy", "unset",
    "removeAllKeys", "delete_cookie", "resetInternetCredentials", "removePersistentDomain", "erase", "flush",
    "removeMany", "removeSecure", "deleteSecure",
}  # fmt: skip


_KEEPERS = {"setItem", "set", "setValue", "putString", "setBool", "setString", "putBoolean"}


_STORES = re.compile(
    r"storage|cookies?|secure ?store|keychain|keyring|encrypted|mmkv|prefs|preferences|user ?defaults|persist|"
    r"session|jar|"
    r"\bbox\b|secure|\bls\b|hive|data ?store|token|"
    r"credential|\bcache\b|\bstore\b|\bedit\b|\bapc\b|settings|\bdefaults\b|standard|resetgeneric",
    re.IGNORECASE,
)


_AUTHENTICATES = re.compile(
    r"^(authenticate|log ?in|sign ?in|do ?log ?in|perform ?login|submit ?login|verify ?credentials|exchange "
    r"?credentials)(?! ?(success|succeeded|fail\w*|error|page|screen|button|url|form|view|modal|event|complete\w*|"
    r"state|status|redirect|route|path|attempt\w*|with redirect)\b)"
)


_STATE_SETTERS = {
    "set",
    "setState",
    "patchState",
    "update",
    "emit",
    "patch",
    "copyWith",
    "copy",
    "$patch",
    "assign",
    "setData",
    "produce",
    "setAuth",
    "setAuthState",
    "mutate",
    "setQueryData",
    "updateState",
    "merge",
}


def literal_text(node: Node | None, program: Program, unit: Unit, depth: int = 0) -> str:
    """The text of a string that can be read off, '' if none can."""
    if depth > 6:
        return ""
    value = program.constant(node, unit)
    if isinstance(value, Literal) and value.kind == "string":
        return value.value
    if isinstance(value, Template):
        pieces = (piece.value if isinstance(piece, Literal) else f"{{{last_name(piece)}}}" for piece in value.pieces)
        return "".join(pieces)
    if isinstance(value, Operation) and value.operator == "+":
        return "".join(literal_text(operand, program, unit, depth + 1) for operand in value.operands)
    if isinstance(value, (Name, Member)):
        return last_name(value)
    if isinstance(value, Call) and value.arguments:
        return literal_text(value.arguments[0].value, program, unit, depth + 1)
    return ""


def is_nothing(node: Node | None) -> bool:
    """null, undefined, '', false, {} or []."""
    if isinstance(node, Literal):
        return node.kind in ("null", "undefined") or node.value in ("", "false")
    if isinstance(node, Record):
        return not node.entries or all(entry.key is not None and is_nothing(entry.value) for entry in node.entries)
    if isinstance(node, Sequence):
        return not node.items
    return (
        (
            isinstance(node, Operation)
            and node.operator == "!"
            and isinstance(node.operands[0], Literal)
            and node.operands[0].value == "1"
        )
        or (
            isinstance(node, Member)
            and node.name
            in (
                "Unauthenticated",
                "LoggedOut",
                "loggedOut",
                "unauthenticated",
                "SignedOut",
                "signedOut",
                "empty",
                "None",
                "Anonymous",
                "guest",
                "Guest",
                "notAuthenticated",
            )
        )
        or (
            isinstance(node, Call)
            and last_name(node.callee)
            in ("Unauthenticated", "LoggedOut", "SignedOut", "AuthUnauthenticated", "Unauthorized", "AuthInitial")
        )
    )


def is_server(unit: Unit) -> bool:
    """Whether a function answers requests, rather than runs where the SDK does."""
    if unit.file.language == "python":
        return False
    path = f"/{unit.file.path}"
    if re.search(
        r"/(pages|app)/api/|/server/|/backend/|/functions/src/|/api/src/|\.server\.|/middleware\.(ts|js)$|"
        r"/controllers?/.*\.(ts|js)$|/lambda/|/edge-functions/|/supabase/functions/|route\.(ts|js)$|/prisma/",
        path,
    ):
        return True
    around: Unit | None = unit
    while around is not None:
        names = [p.name for p in around.function.parameters]
        if any(name in ("req", "request", "_req", "ctx") for name in names) and any(
            name in ("res", "response", "_res", "reply", "next", "h") for name in names
        ):
            return True
        if any(
            p.type
            in (
                "Request",
                "NextRequest",
                "NextApiRequest",
                "RequestEvent",
                "Response",
                "LoaderFunctionArgs",
                "ActionFunctionArgs",
                "HttpServletRequest",
            )
            for p in around.function.parameters
        ):
            return True
        around = around.parent
    for binding in unit.file.top.names.values():
        if binding.kind == "import" and binding.source in (
            "express",
            "koa",
            "fastify",
            "@nestjs/common",
            "next/server",
            "next/headers",
            "hono",
            "@hapi/hapi",
            "mongoose",
        ):
            return True
    return unit.file.text[:400].lstrip().startswith((b'"use server"', b"'use server'"))


def ends_session(node: Call | Assignment, unit: Unit, program: Program) -> str:
    """The sign that a call or assignment ends a login session, or ''.

    provider: an auth library or service is told; request: a logout endpoint is called; storage: what keeps someone
    logged in is deleted; state: the current user becomes nobody; helper: something not here to be read has a name
    that says so; dispatch: a message that says so is sent; delegated: it is somebody else's function, a prop.
    """
    if isinstance(node, Assignment):
        return "state" if _empties_state(node.target, node.value) else ""
    callee = node.callee
    name = last_name(callee)
    receiver = dotted(callee)[: -len(name)] if name else dotted(callee)
    if _VENDORS.search(vocabulary.words(receiver)):
        return ""
    target = program.target(callee, unit)
    if vocabulary.is_logout(name) and not (node.constructs):
        if target.units:
            return ""
        if target.package:
            return "provider"
        if target.delegated:
            return "delegated"
        return (
            "provider"
            if not receiver
            or _PROVIDERS.search(vocabulary.words(receiver))
            or vocabulary.words(name) in ("sign out", "log out", "logout", "signout")
            else ""
        )
    if name in (
        "dispatch",
        "commit",
        "emit",
        "$emit",
        "send",
        "next",
        "add",
        "trigger",
        "post",
        "put",
        "raise",
        "publish",
        "fire",
    ):
        sign = _dispatched(node, unit, program)
        if sign:
            return sign
    if _is_logout_request(node, name, unit, program):
        return "request"
    if name in _REMOVERS and not node.constructs and _removes_login(node, name, receiver, unit, program):
        return "storage"
    if name in _KEEPERS and len(node.arguments) == 2 and _STORES.search(vocabulary.words(receiver)):
        by_key = node.arguments[1].label == "forKey"
        key, kept = (node.arguments[1], node.arguments[0]) if by_key else (node.arguments[0], node.arguments[1])
        said = literal_text(key.value, program, unit)
        if is_nothing(kept.value) and (vocabulary.is_session_key(said) or vocabulary.is_auth_flag(said)):
            return "storage"
    if name.startswith("set") and len(name) > 3 and node.arguments:
        subject = name[3:]
        value = node.arguments[-1].value
        if (
            (vocabulary.is_user_state(subject) or vocabulary.is_auth_flag(subject))
            and is_nothing(value)
            and not target.package
        ):
            return "state"
    if name in _STATE_SETTERS:
        for argument in node.arguments:
            if (
                argument.label
                and is_nothing(argument.value)
                and (vocabulary.is_user_state(argument.label) or vocabulary.is_auth_flag(argument.label))
            ):
                return "state"
            for inner in _records(argument.value):
                if any(
                    e.key
                    and is_nothing(e.value)
                    and (vocabulary.is_user_state(e.key) or vocabulary.is_auth_flag(e.key))
                    for e in inner.entries
                ):
                    return "state"
            if isinstance(argument.value, (Member, Call)) and is_nothing(argument.value):
                return "state"
    if (
        not target.units
        and vocabulary.clears_session(name)
        and not target.package
        and not vocabulary.is_analytics(receiver)
    ):
        strong = vocabulary.clears_strongly(name)
        if target.delegated and not strong:
            return ""
        return "helper" if strong or (not receiver or receiver.startswith(("this.", "self."))) else ""
    return ""


def _records(value: Node) -> list[Record]:
    if isinstance(value, Record):
        return [value]
    if isinstance(value, Lambda):
        return [n for n in descend(value.function) if isinstance(n, Record)][:2]
    return []


def _empties_state(target: Node, value: Node) -> bool:
    if not is_nothing(value):
        return False
    name = last_name(target)
    if name in ("value", "current", "state") and isinstance(target, Member):
        name = last_name(target.base)
    if isinstance(value, Record) and value.entries and name in ("state", "auth"):
        return any(e.key and (vocabulary.is_user_state(e.key) or vocabulary.is_auth_flag(e.key)) for e in value.entries)
    is_flag = isinstance(value, Literal) and value.value == "false"
    if is_flag:
        return vocabulary.is_auth_flag(name)
    return (vocabulary.is_user_state(name) and not isinstance(target, Name)) or (
        isinstance(target, Name) and vocabulary.is_user_state(name) and "user" in name.lower()
    )


def _dispatched(node: Call, unit: Unit, program: Program) -> str:
    for argument in node.arguments[:1]:
        value = program.constant(argument.value, unit)
        if isinstance(value, Record):
            kind = value.get("type")
            if kind is not None and vocabulary.means_logout(literal_text(kind, program, unit) or dotted(kind)):
                return "dispatch"
        text = literal_text(value, program, unit) if isinstance(value, (Literal, Template)) else ""
        if text and not text.startswith(("/", "http")) and vocabulary.means_logout(text.split("/")[-1]):
            return "dispatch"
        if isinstance(value, (Name, Member)) and vocabulary.means_logout(last_name(value)):
            return "dispatch"
        if isinstance(value, Call) and vocabulary.is_logout(
            re.sub(r"(Event|Requested|Request|Action|Success)$", "", last_name(value.callee))
        ):
            inner = program.target(value.callee, unit)
            return "" if inner.units and not value.constructs else "dispatch"
        if (
            text
            and len(node.arguments) > 1
            and is_nothing(node.arguments[1].value)
            and re.search(r"set_?(current_?)?(user|token|auth)", text, re.IGNORECASE)
        ):
            return "state"
    return ""


def _is_logout_request(node: Call, name: str, unit: Unit, program: Program) -> bool:
    if name not in _HTTP or not node.arguments:
        return False
    last = node.arguments[-1].value
    defines = isinstance(last, Lambda) and len(last.function.parameters) > 1
    if defines or re.match(r"(app|router|server|routes?|fastify)\.", dotted(node.callee)):
        return False
    deleting = name in ("delete", "del") or _method_of(node) == "DELETE"
    asking = _ASKS.search(vocabulary.words(dotted(node.callee))) is not None
    return any(_is_logout_address(argument.value, deleting, asking, unit, program) for argument in node.arguments[:2])


def _is_logout_address(value: Node, deleting: bool, asking: bool, unit: Unit, program: Program) -> bool:
    text = literal_text(value, program, unit)
    if isinstance(value, Record):
        text = literal_text(value.get("url"), program, unit) or literal_text(value.get("path"), program, unit) or text
        mutation = value.get("mutation")
        if mutation is not None and vocabulary.is_logout(dotted(mutation)):
            return True
    if not text or not ("/" in text or (asking and not isinstance(value, Call))):
        return False
    if (
        not deleting
        and re.search(r"session", text, re.IGNORECASE)
        and not re.search(r"log|sign|destroy|end", text, re.IGNORECASE)
    ):
        return False
    if not deleting and re.search(r"tokens?/current|/tokens?/?$", text):
        return False
    if vocabulary.is_logout_url(text):
        return "revoke" not in text or "token" in text
    return deleting and vocabulary.is_account_url(text)


def _method_of(node: Call) -> str:
    for argument in node.arguments:
        if isinstance(argument.value, Record):
            method = argument.value.get("method")
            if isinstance(method, Literal):
                return method.value.upper()
    return ""


def _removes_login(node: Call, name: str, receiver: str, unit: Unit, program: Program) -> bool:
    said = vocabulary.words(receiver + " " + name)
    if not _STORES.search(said):
        return False
    if re.search(
        r"\b(query|cache|form|cart|draft|filter|search|timeout|interval|log|map|set|list|params?|token source|media|"
        r"class ?list|headers?)\b",
        vocabulary.words(receiver),
    ) and not re.search(r"storage|cookie|secure|keychain|prefs|defaults", said):
        return False
    if not node.arguments:
        return name in (
            "clear",
            "clearAll",
            "deleteAll",
            "purge",
            "resetGenericPassword",
            "removeAll",
            "removeAllObjects",
            "clearStore",
            "flush",
            "erase",
            "destroy",
            "delete",
        ) and bool(
            re.search(
                r"storage|prefs|preferences|\bedit\b|keychain|secure|cookie|persist|session|user ?defaults|\bbox\b|"
                r"credential|token|data ?store",
                said,
            )
        )
    if "keychain" in said and name.startswith("reset"):
        return True
    keys: list[str] = []
    for argument in node.arguments:
        value = program.constant(argument.value, unit)
        if isinstance(value, Sequence):
            keys.extend(literal_text(item, program, unit) for item in value.items)
        else:
            keys.append(literal_text(value, program, unit) or dotted(argument.value))
    return any(vocabulary.is_session_key(key) for key in keys[:6])


def stores_login(node: Call | Assignment, unit: Unit, program: Program) -> bool:
    """Whether a call or assignment keeps a login: the opposite of `ends_session`."""
    if isinstance(node, Assignment):
        return (
            vocabulary.is_user_state(last_name(node.target)) or vocabulary.is_auth_flag(last_name(node.target))
        ) and not is_nothing(node.value)
    name = last_name(node.callee)
    if name in ("setItem", "setItemAsync", "setGenericPassword") or (
        name in ("set", "setCookie", "save", "putString", "setString", "write", "put")
        and _STORES.search(vocabulary.words(dotted(node.callee)))
    ):
        return any(
            vocabulary.is_session_key(literal_text(a.value, program, unit)) for a in node.arguments[:1]
        ) and not (len(node.arguments) > 1 and is_nothing(node.arguments[1].value))
    if name.startswith("set") and len(name) > 3 and node.arguments and not is_nothing(node.arguments[0].value):
        return vocabulary.is_user_state(name[3:]) or (vocabulary.is_auth_flag(name[3:]))
    return False


def authenticates(node: Call) -> bool:
    """Whether a call asks who someone is: the moment before which nobody is known."""
    name = last_name(node.callee)
    return (
        bool(node.arguments)
        and _AUTHENTICATES.match(vocabulary.words(name)) is not None
        and not _VENDORS.search(vocabulary.words(dotted(node.callee)[: -len(name)]))
    )
