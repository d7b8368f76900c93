"""Mending: for every code that an app may meet, what went wrong and the call that would have been right.

The API-errors page shows these beside what was refused (PR-4).
"""

from __future__ import annotations

from typing import Final

import msgspec


class Remedy(msgspec.Struct, frozen=True):
    """What a code means to the app's developer, and how to call correctly."""

    title: str
    advice: str
    correct: str
    rule: str


_IDENTIFY: Final = "FS('setIdentity', {\n  uid: user.id,\n  properties: { displayName: user.name }\n});"
_SIGNED: Final = "FS('setIdentity', {\n  uid: user.id,\n  signature: user.signature // made by your server\n});"
_ANONYMIZE: Final = "FS('setIdentity', { anonymous: true });"
_LOG_OUT: Final = (
    "FS('trackEvent', { name: 'Logged Out', properties: {} });\n"
    "await FS('setIdentityAsync', { anonymous: true });\nlocation.assign('/login');"
)
_TYPED: Final = (
    "FS('trackEvent', {\n  name: 'Product Added',\n  properties: { price: 49.99 },\n"
    "  schema: { properties: { price: 'real' } }\n});"
)

REMEDIES: Final = {
    "bleed": Remedy(
        "Made after its user had left",
        "A page went on reporting under a device that an anonymize had released. Passerby kept it for nobody. It"
        " happens when a logout navigates before it anonymizes, or a client keeps the identity in memory.",
        _LOG_OUT, "AT-3",
    ),
    "conflict": Remedy(
        "Somebody else was identified on a user's device",
        "The app identified a second user without releasing the first, through a client that does not mint a new"
        " device; or one device is in two browsers: a copied profile, a golden image, one stored state for many tests."
        " Passerby kept the two apart, page by page. Anonymize on every way out, and clone no profile with its data.",
        _LOG_OUT, "AT-4",
    ),
    "apart": Remedy(
        "With another key than its device's",
        "Whoever sent it knew a device's id, and not its key. Passerby kept it for nobody. A client of your own sends"
        " the key of the record with every bundle; a server that ends a device sends that of the cookie.",
        '{"device": "…", "key": "…", "ops": […]}', "AT-9",
    ),
    "invalid_uid": Remedy(
        "Not a uid",
        "A uid is a non-empty string of at most 256 characters. null, undefined and {} do not log anybody out.",
        f"{_IDENTIFY}\n\n// to log out\n{_ANONYMIZE}", "ID-9",
    ),
    "placeholder_uid": Remedy(
        "A placeholder instead of a uid",
        "What prints when there is nobody, such as undefined, None, [object Object] or {{ user.id }}, was passed as a"
        " uid, which would make one user of many strangers. Identify once the user is loaded.",
        f"if (user) {_IDENTIFY}\n\n// to log out\n{_ANONYMIZE}", "ID-9",
    ),
    "unsigned_uid": Remedy(
        "An identify without a signature",
        "This org takes an identify only with a signature of its server. The page that sent it is nobody's until it is"
        " identified with one.",
        _SIGNED, "AT-10",
    ),
    "bad_signature": Remedy(
        "A signature that proves nothing",
        "It was made for another uid, org or expiry, or with a secret that is not valid. Sign the uid as it is"
        " identified, character for character. If your server is right, somebody tries to be somebody else.",
        _SIGNED, "AT-10",
    ),
    "expired_signature": Remedy(
        "A signature that came too late",
        "Its expiry had passed when it arrived. Let the server sign anew for each page, for longer than pages stay"
        " offline.",
        _SIGNED, "AT-10",
    ),
    "invalid_event_name": Remedy(
        "Not an event name",
        "An event's name is a string of 1 to 250 characters.",
        "FS('trackEvent', { name: 'Order Completed', properties: { value: 38 } });", "PR-3",
    ),
    "invalid_properties": Remedy(
        "Not properties",
        "Properties are an object, not nested too deep, of at most 512 KiB as a whole.",
        "FS('setProperties', { type: 'user', properties: { plan: 'plus' } });", "PR-1",
    ),
    "invalid_name": Remedy(
        "Not a property's name",
        "A name starts with a letter and goes on with letters, digits, _ and -; at most 512 characters. The property"
        " was left out.",
        "FS('setProperties', { type: 'user', properties: { second_address: '…' } });", "PR-1",
    ),
    "scrubbed_name": Remedy(
        "A property's name was changed",
        "Characters other than letters, digits, _ and - became _. Use names that need no change.",
        "FS('setProperties', { type: 'user', properties: { colour_of_cart: 'blue' } });", "PR-1",
    ),
    "invalid_value": Remedy(
        "Not a property's value",
        "A value is a string, a number, a bool, or an array of one of these; arrays of objects are not kept. It"
        " was left out.",
        "FS('trackEvent', { name: 'Searched', properties: { words: ['oak', 'lamp'] } });", "PR-1",
    ),
    "type_mismatch": Remedy(
        "A value that does not fit its type",
        "The schema names one type and the value has another: '$49.99' is no real, 'yes' no bool, 'today' no date. It"
        " was left out.",
        _TYPED, "PR-1.2",
    ),
    "invalid_type": Remedy(
        "Not a type",
        "A type is one of str, int, real, bool, date, or a plural of them. The value was kept as if it had none.",
        _TYPED, "PR-1.2",
    ),
    "value_too_big": Remedy(
        "A value too big",
        "A string has at most 8192 bytes; an array's strings together have. It was left out.",
        "FS('setProperties', { type: 'user', properties: { note: note.slice(0, 2000) } });", "PR-1",
    ),
    "too_many_properties": Remedy(
        "Too many properties",
        "A call has at most 500 properties, a page 50. The rest was left out.",
        "FS('setProperties', { type: 'page', properties: { pageName: 'Checkout' } });", "PR-1",
    ),
    "invalid_operation": Remedy(
        "Not an operation",
        "What arrived has not the shape of any operation. The SDKs write it; a client of your own must keep to the"
        " wire format.",
        '{"op": "event", "n": 3, "t": 1750000000000, "name": "Order Completed"}', "WI-4",
    ),
    "unknown_operation": Remedy(
        "An operation nobody knows",
        "There are seven: page, event, identify, properties, consent, log and end.",
        '{"op": "event", "n": 3, "t": 1750000000000, "name": "Order Completed"}', "WI-4",
    ),
    "time_in_future": Remedy(
        "From the future",
        "The time of the call lies more than 5 minutes after the time of sending, and counts as that. A device's clock"
        " was put right in between; or a client of your own does not pass what the device's clock says at both.",
        '{"op": "event", "n": 3, "t": Date.now(), …}', "AT-7",
    ),
    "time_too_old": Remedy(
        "Too old",
        "The operation was made over 30 days before it was sent.",
        "// nothing to mend: a device that was offline for a month", "AT-7",
    ),
    "erased": Remedy(
        "Of somebody erased",
        "The device or uid was erased, and what arrives late for it is turned away.",
        "// nothing to mend", "PV-2",
    ),
}  # fmt: skip

UNKNOWN: Final = Remedy("Refused", "The reply said why.", "", "AT-6")
