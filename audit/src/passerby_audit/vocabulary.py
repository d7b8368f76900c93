"""The words by which people name things around identity; every guess from a name is made here and nowhere else.

Names are compared as words: `handleLogOut`, `handle_log_out` and `HANDLE-LOG-OUT` are all "handle log out".
"""

from __future__ import annotations

import re
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


@lru_cache(maxsize=65536)
def words(name: str) -> str:
    """The words of a name, in lower case, parted by one space."""
    return " ".join(part for part in _CAMEL.split(name) if part).lower()


_LOGOUT = re.compile(
    r"\b(log ?(me |user )?(out|off)|logged ?out|logouts?|sign ?(me |user )?(out|off)|signed ?out|"
    r"(end|kill|destroy|terminate|invalidate) (user |current |auth |login |shared |kiosk )?session|"
    r"session (expired?|timed? ?out|timeout|expiry|expiration|ended)|(token|jwt|auth) (expired?|expiry|expiration)|"
    r"idle timeout|inactivity timeout|deauth\w*|unauthenticate|force ?log|"
    r"(delete|close|remove|deactivate|terminate|erase) (my |user |the |current |own )?(account|profile)|account "
    r"(deleted|deletion|closed)|"
    r"(handle|on|clear|when) (un ?auth\w*|401|expired \w+)|log ?me ?out|disconnect ?user|revoke ?session|kick ?(out|"
    r"user))\b"
)
_DELETION = re.compile(
    r"\b(delete|close|remove|deactivate|terminate|erase)\b.*\b(account|profile)\b|\baccount (deleted|deletion)\b"
)
_EXPIRY = re.compile(r"\b(token|jwt|expir\w*|401|unauthori[sz]ed|unauthenticated|un ?auth\w*|interceptor|refresh)\b")
_TIMEOUT = re.compile(r"\b(timeout|timed|idle|inactiv\w*|session (expired?|ended))\b")
_FORCED = re.compile(r"\b(force\w*|kick\w*|ban\w*|suspend\w*|revoke\w*|blocked|disabled)\b")
_LOGIN = re.compile(
    r"\b(log ?in|sign ?(in|up)|logged ?in|signed ?in|register|sign ?up|authenticate|authorize|create session|verify|"
    r"on ?board\w*|callback|restore|hydrate|bootstrap|init\w*|set ?up|start|load \w+|fetch \w+|refresh \w+)\b"
)
_SWITCH = re.compile(
    r"\b(switch|change|swap|select) ?(to )?(\w+ )?(account|user|profile|identity)\b|\bimpersonat\w*|\b(log|sign) "
    r"?in ?as\b|\bact(ing)? as\b|\bbecome user\b"
)
_PERSONAL = re.compile(
    r"\b(e ?mail( address| addr)?|phone( number| no)?|mobile( number| phone)?|msisdn|ssn|social security( number)?|"
    r"national id|"
    r"tax id|passport( number)?|full ?name|first ?name|last ?name|display ?name|surname|given ?name|family ?name|"
    r"card number|date of birth|dob)$"
)
_UNPERSONAL = re.compile(
    r"\b(hash\w*|sha\d*|md5|hmac|digest|encrypt\w*|id|uuid|key|token|verified|verification|confirm\w*)$"
)
_HASHES = re.compile(
    r"\b(hash\w*|sha ?\d*|md5|hmac|digest|encrypt\w*|pseudonym\w*|uuid ?v?\d*|fingerprint|anonymi[sz]e\w*|to id)\b"
)
_CREDENTIAL = re.compile(
    r"\b(credentials?|form|form data|input|field|values|username (field|input|controller)|text ?field|controller|"
    r"edit ?text|login form|request form)\b"
)
_SESSION_KEY = re.compile(
    r"token|jwt|auth|session|credential|\buser\b|current ?user|access|refresh|bearer|login|logged|account|\bsid\b|"
    r"id ?token|persist",
    re.IGNORECASE,
)
_NO_SESSION_KEY = re.compile(
    r"redirect|return|path|url|attempt|remember|theme|lang|oauth (state|result|verifier|provider)|nonce|verifier|"
    r"impersonat|flow|step|draft|cart|"
    r"preference|setting|banner|tour|welcome|onboarding|last |recent|search|filter|device|push|fcm|invite|referr|reset"
)
_CLEARS = re.compile(
    r"^(clear|remove|delete|destroy|wipe|purge|reset|forget|drop|erase|flush|invalidate|revoke|unset|logout|empty) "
    r"(all |the |my |local |stored |saved |current |secure |client )*"
    r"(auth\w*|tokens?|sessions?|credentials?|user|users|account|cookies?|storage|jwt|keychain|access|refresh|login|"
    r"identity state|local storage|store|state|data|cache|everything)\b"
)
_CLEARS_STRONGLY = re.compile(r"\b(auth\w*|tokens?|sessions?|credentials?|user|jwt|keychain|login|identity state)\b")
_USER_STATE = re.compile(
    r"\b((current |logged in |auth |active |my )?user( data| info| profile| state)?|account|profile|me|session|"
    r"token|access token|auth token|"
    r"auth( state| status)?|jwt|identity|principal|viewer|credentials?|id token)$"
)
_AUTH_FLAG = re.compile(r"\b(authenticated|logged ?in|signed ?in|is ?auth\w*|has session|authorized)$")
_GUARD = re.compile(
    r"\b(fs|full ?story|window|enabled?|enable|initiali[sz]ed|inited|prod\w*|production|env\w*|config\w*|consent\w*|"
    r"track\w*|analytics|"
    r"loaded|ready|platform|debug|dev\w*|staging|available|supported|browser|typeof|org id|feature|flag|sdk|"
    r"recording|active|client|instance)\b",
    re.IGNORECASE,
)
_FREQUENT = re.compile(
    r"^(handle |on |did |view did )?(scroll|mouse ?move|mouse ?over|mouse ?enter|pointer ?move|touch ?move|key "
    r"?(down|up|press)|key|input|change|resize|"
    r"drag|wheel|hover|frame|tick|animation frame|selection ?change|time ?update|progress|device ?motion|scroll \w+|"
    r"\w+ scroll|form field change|text changed)( event| update| changed)?$"
)
_INTERACTION = re.compile(
    r"^(handle|on) ?(button |item |card |row |tab |menu |link )?(click|press|tap|touch|scroll\w*|hover|change|input|"
    r"key\w*|select|focus|blur)(ed)?$"
)
_ERROR = re.compile(
    r"^(handle |on |log |report |catch |did |process |global |api |async |component did )?(\w+ )?(errors?|"
    r"exceptions?|fail\w*|crash\w*|catch|rejections?|error handler|exception handler|unhandled \w+)( handler| \w+)?$"
)
_AUTH_TEST = re.compile(
    r"401|403|un ?auth|expired?|forbidden|invalid.?token|token|session|not.?logged|logged.?out|jwt|credential|"
    r"is.?auth|deactivated|suspended|revoked",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(consent\w*|opt ?(in|out)\w*|opted|gdpr|ccpa|cookie|cookies|privacy|decline\w*|do ?not ?track|cmp|tracking "
    r"(permission|preference))\b"
)
_STAFF = re.compile(
    r"\b(staff|employees?|internal|admins?|superuser|impersonat\w*|bots?|test user|demo|support agent)\b"
)
_LOGIN_PLACE = re.compile(
    r"log-?_?in|sign-?_?in|sign-?_?out|log-?_?out|auth|welcome|goodbye|landing|onboarding|timeout|expired|^/$|"
    r"^/?home$|^/?$|root|start|session",
    re.IGNORECASE,
)
_LOGOUT_URL = re.compile(
    r"log-?_?(out|off)|sign-?_?(out|off)|/sessions?/?($|\?|/(current|me|destroy))|/tokens?/(revoke|current)|revoke|"
    r"/end[-_]?session",
    re.IGNORECASE,
)
_ACCOUNT_URL = re.compile(r"/(account|me|users?/me|profile)s?/?($|\?|/delete)|delete[-_]?account", re.IGNORECASE)
_ANALYTICS = re.compile(
    r"analytic|track|telemetry|fullstory|full story|\bfs\b|metrics|insight|observ|monitor|recorder|replay|"
    r"instrument|\bevents?\b",
    re.IGNORECASE,
)


def is_logout(name: str) -> bool:
    """Whether something of this name ends a login session, rather than asks, tells or shows something about it."""
    said = words(name)
    found = _LOGOUT.search(said)
    if found is None:
        return False
    before = said[: found.start()]
    if re.match(
        r"(use|add|remove|subscribe|unsubscribe|listen|register|unregister|observe|with|before|prevent) ", said
    ):
        return False
    if re.search(
        r"\b(is|has|was|should|can|get|show|open|toggle|render|hide|confirm|track|schedule|reset|stop|cancel|use|"
        r"mock|test|log|after|set|start|check|watch|monitor|ask|prompt|display|build|register|present|will|did) $",
        before,
    ):
        return False
    after = said[found.end() :].strip()
    return not re.match(
        r"(events?|button|link|modal|dialog|confirm\w*|screen|page|view|icon|text|label|message|url|uri|path|route|"
        r"reason|type|timer|ms|schema|dto|response|request|"
        r"params?|props?|options?|test|spec|mock|count|time|at|tile|item|menu|popup|alert|prompt|warning|banner|"
        r"section|widget|duration|interval|minutes|seconds|redirect url|success|failed|failure|error|api)\b",
        after,
    )


def means_logout(text: str) -> bool:
    """Whether a text (an action type, an event name) speaks of a logout in any way."""
    return _LOGOUT.search(words(text)) is not None


def path_kind(text: str) -> str:
    """manual, timeout, expiry, deletion or forced."""
    said = words(text)
    for kind, pattern in (("deletion", _DELETION), ("timeout", _TIMEOUT), ("expiry", _EXPIRY), ("forced", _FORCED)):
        if pattern.search(said):
            return kind
    return "manual"


def is_login(name: str) -> bool:
    return _LOGIN.search(words(name)) is not None


def switches_account(name: str) -> bool:
    return _SWITCH.search(words(name)) is not None


def is_personal(name: str) -> bool:
    said = words(name)
    return _PERSONAL.search(said) is not None and _UNPERSONAL.search(said) is None


def hashes(name: str) -> bool:
    return _HASHES.search(words(name)) is not None


def is_credential(name: str) -> bool:
    return _CREDENTIAL.search(words(name)) is not None


def is_session_key(key: str) -> bool:
    said = words(key)
    return _SESSION_KEY.search(said) is not None and _NO_SESSION_KEY.search(said) is None


def clears_session(name: str) -> bool:
    """clearAuthTokens, resetUserState, destroySession…"""
    return _CLEARS.match(words(name)) is not None


def clears_strongly(name: str) -> bool:
    return clears_session(name) and _CLEARS_STRONGLY.search(words(name)) is not None


def is_user_state(name: str) -> bool:
    return _USER_STATE.search(words(name)) is not None


def is_auth_flag(name: str) -> bool:
    return _AUTH_FLAG.search(words(name)) is not None


def is_guard(text: str) -> bool:
    """Whether a condition asks whether the SDK is there, loaded, wanted, or the build the right one."""
    return _GUARD.search(words(text)) is not None or "window" in text


def is_frequent(name: str) -> bool:
    return _FREQUENT.match(words(name)) is not None


def is_interaction(name: str) -> bool:
    return _INTERACTION.match(words(name)) is not None


def is_error_handler(name: str) -> bool:
    return _ERROR.match(words(name)) is not None


def tests_auth(text: str) -> bool:
    """Whether a condition asks whether someone's login still holds."""
    return _AUTH_TEST.search(text) is not None


def is_consent(text: str) -> bool:
    return _CONSENT.search(words(text)) is not None


def is_staff(text: str) -> bool:
    return _STAFF.search(words(text)) is not None


def is_login_place(place: str) -> bool:
    return _LOGIN_PLACE.search(place) is not None


def is_logout_url(url: str) -> bool:
    return _LOGOUT_URL.search(url) is not None


def is_account_url(url: str) -> bool:
    return _ACCOUNT_URL.search(url) is not None


def is_analytics(text: str) -> bool:
    return _ANALYTICS.search(words(text)) is not None
