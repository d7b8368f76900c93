"""Scenes: what visitors of the made-up shop do, well and badly.

The well-behaved ones are the ways in which people share, switch and leave; the mistakes are those that the published
guidance on anonymizing users lists as causes of trouble. Each scene takes a visitor whose clock stands at
its beginning and lets it act.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from passerby.demo.people import GOODS, SHOP, MadeUp
from passerby.demo.visitor import Visitor

NewPerson: TypeAlias = Callable[[], MadeUp]
Scene: TypeAlias = Callable[[random.Random, Visitor, NewPerson], None]

_ORDER_SCHEMA: Final = {"properties": {"value": "real", "items": "int"}}


def _browse(rng: random.Random, visitor: Visitor, pages: int) -> None:
    for step in range(pages):
        slug, name, price = rng.choice(GOODS)
        if step == 0:
            visitor.visit(f"{SHOP}/", "Home goods")
        else:
            visitor.visit(f"{SHOP}/goods/{slug}", name)
            visitor.wait(1, 8)
            visitor.do("event", name="Product Viewed", properties={"sku": slug, "price": price})
        if rng.random() < 0.3:
            visitor.wait(1, 20)
            visitor.do("event", name="Searched", properties={"words": rng.choice(("lamp", "gift", "mug", "wool"))})
        visitor.wait(4, 70)


def _buy(rng: random.Random, visitor: Visitor) -> None:
    slug, name, price = rng.choice(GOODS)
    visitor.do("event", name="Product Added", properties={"sku": slug, "price": price})
    visitor.wait(5, 40)
    visitor.visit(f"{SHOP}/checkout", "Checkout")
    visitor.wait(10, 90)
    order = {"value": price, "items": 1, "products": [{"sku": slug, "name": name, "price": price}]}
    visitor.do("event", name="Order Completed", properties=order, schema=_ORDER_SCHEMA)
    visitor.wait(2, 20)


def _identify(visitor: Visitor, person: MadeUp, **more: Any) -> None:
    visitor.do("identify", uid=person.uid, properties={**person.properties, **more})
    visitor.wait(1, 5)


def _log_in(visitor: Visitor, person: MadeUp, **more: Any) -> None:
    visitor.visit(f"{SHOP}/login", "Log in")
    visitor.wait(5, 30)
    _identify(visitor, person, **more)


def _log_out(visitor: Visitor) -> None:
    visitor.do("event", name="Logged Out", properties={"by": "button"})
    _leave(visitor, "anonymize")


def _leave(visitor: Visitor, why: str) -> None:
    visitor.do("end", why=why)
    visitor.at_ms += 3
    visitor.renew()


def passing_by(rng: random.Random, visitor: Visitor, _new: NewPerson) -> None:
    """Somebody looks around and leaves, unknown."""
    _browse(rng, visitor, rng.randrange(1, 5))


def browser_of_old(rng: random.Random, visitor: Visitor, _new: NewPerson) -> None:
    """Somebody unknown comes back on later days, on the same device."""
    for _ in range(rng.randrange(2, 4)):
        _browse(rng, visitor, rng.randrange(1, 4))
        visitor.wait(5 * 3600, 60 * 3600)
        visitor.begin_session()


def customer(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Looks around, logs in, buys, and closes the lid; the session ends by idleness (ID-2, SE-6)."""
    person = new()
    _browse(rng, visitor, rng.randrange(1, 4))
    _log_in(visitor, person)
    _browse(rng, visitor, rng.randrange(1, 3))
    if rng.random() < 0.6:
        _buy(rng, visitor)


def customer_who_logs_out(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Logs in, buys, logs out; what follows is nobody's (ID-6)."""
    person = new()
    _browse(rng, visitor, rng.randrange(1, 3))
    _log_in(visitor, person)
    _buy(rng, visitor)
    _log_out(visitor)
    if rng.random() < 0.5:
        _browse(rng, visitor, rng.randrange(1, 3))


def regular(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Comes by on several days and on several devices (ID-3)."""
    person = new()
    _log_in(visitor, person)
    for _ in range(rng.randrange(2, 6)):
        _browse(rng, visitor, rng.randrange(1, 4))
        if rng.random() < 0.3:
            _buy(rng, visitor)
        visitor.wait(4 * 3600, 40 * 3600)
        if rng.random() < 0.3:
            visitor.sdk = rng.choice(("android/0.1.0", "ios/0.1.0", "browser/0.1.0"))
            visitor.renew()
            _log_in(visitor, person)
        else:
            visitor.begin_session()


def shared_device(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """A household's tablet: one logs out, the next logs in (ID-6)."""
    for _ in range(rng.randrange(2, 4)):
        _log_in(visitor, new())
        _browse(rng, visitor, rng.randrange(1, 4))
        _log_out(visitor)
        visitor.wait(60, 5400)
        visitor.begin_session()


def account_switch(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """One browser, two people, no logout between them (ID-5)."""
    first, second = new(), new()
    _log_in(visitor, first)
    _browse(rng, visitor, 2)
    visitor.do("event", name="Account Switched", properties={})
    _leave(visitor, "reidentify")
    _identify(visitor, second)
    _browse(rng, visitor, 2)


def workspace_switch(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """The same person in another workspace: anonymize, then identify again with what is true there."""
    person = new()
    _log_in(visitor, person, workspace="home")
    _browse(rng, visitor, 2)
    visitor.do("event", name="Workspace Switched", properties={"to": "studio"})
    _leave(visitor, "anonymize")
    visitor.wait(1, 3)
    _identify(visitor, person, workspace="studio")
    _browse(rng, visitor, 2)


def kiosk(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """A terminal in a store: whoever walks away is released when the time is up."""
    for _ in range(rng.randrange(3, 7)):
        visitor.visit(f"{SHOP}/kiosk", "Welcome")
        visitor.wait(3, 20)
        _identify(visitor, new(), channel="kiosk")
        _browse(rng, visitor, rng.randrange(1, 3))
        visitor.wait(60, 60)
        visitor.do("event", name="Kiosk Timed Out", properties={"after_s": 60})
        _leave(visitor, "anonymize")
        visitor.wait(30, 1200)
        visitor.begin_session()


def incognito(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Goes unseen for a while, then is back; what was done meanwhile stays nobody's, being let go of first (ID-7)."""
    person = new()
    _log_in(visitor, person)
    _browse(rng, visitor, 2)
    _leave(visitor, "anonymize")
    _browse(rng, visitor, 2)
    _leave(visitor, "forget")
    _identify(visitor, person)
    _browse(rng, visitor, 1)


def pauses_capture(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Shuts capture down for a while; the restart begins unknown (SE-3)."""
    person = new()
    _log_in(visitor, person)
    _browse(rng, visitor, 1)
    visitor.do("end", why="shutdown")
    visitor.wait(60, 600)
    visitor.renew()
    _browse(rng, visitor, 1)


def consents(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Gives consent, and a few take it back and ask to be forgotten (ID-7)."""
    visitor.visit(f"{SHOP}/", "Home goods")
    visitor.do("consent", granted=True)
    _browse(rng, visitor, 2)
    if rng.random() < 0.3:
        visitor.do("consent", granted=False)
        _leave(visitor, "forget")
        _browse(rng, visitor, 1)
    else:
        _log_in(visitor, new())


def mistake_never_anonymized(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """The app forgets to anonymize at logout, and a client that does not rotate identifies the next (AT-4)."""
    visitor.sdk = "browser/0.0.9"
    _log_in(visitor, new())
    _browse(rng, visitor, 2)
    visitor.wait(60, 600)
    _log_in(visitor, new())
    _browse(rng, visitor, 2)


def mistake_anonymized_after_navigation(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """The old page still reports after the anonymize that overtook it: a bleed (AT-3)."""
    visitor.sdk = "browser/0.0.9"
    _log_in(visitor, new())
    _browse(rng, visitor, 2)
    stale = (visitor.device, visitor.session, visitor.mint(), visitor.started_at_ms)
    _leave(visitor, "anonymize")
    fresh = (visitor.device, visitor.session, visitor.page, visitor.started_at_ms)
    visitor.wait(1, 4)
    visitor.device, visitor.session, visitor.page, visitor.started_at_ms = stale
    visitor.n = 0
    visitor.do("page", url=f"{SHOP}/goodbye", title="Goodbye")
    visitor.wait(1, 3)
    visitor.do("event", name="Product Viewed", properties={"sku": "oak-stool", "price": 89.0})
    visitor.flush()
    visitor.device, visitor.session, visitor.page, visitor.started_at_ms = fresh
    visitor.n = 0
    _browse(rng, visitor, 1)


def mistake_wrong_syntax(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """`uid: null` to log out, `undefined` to log in: refused, and the user goes on as before (ID-9)."""
    visitor.sdk = "custom/1"
    _log_in(visitor, new())
    _browse(rng, visitor, 1)
    visitor.do("identify", uid=rng.choice((None, "", "undefined", "[object Object]")))
    visitor.wait(2, 9)
    visitor.do("identify", uid="undefined")
    _browse(rng, visitor, 1)


def mistake_anonymize_on_every_screen(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Every screen load rotates by force: many short sessions, none of them anybody's."""
    for _ in range(rng.randrange(4, 9)):
        slug, name, _ = rng.choice(GOODS)
        visitor.visit(f"{SHOP}/goods/{slug}", name)
        visitor.wait(2, 15)
        _leave(visitor, "forget")
    _log_in(visitor, new())


def mistake_anonymize_on_errors(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """An error handler anonymizes, and the app identifies again: splits where nobody left."""
    person = new()
    _log_in(visitor, person)
    for _ in range(rng.randrange(2, 5)):
        _browse(rng, visitor, 1)
        visitor.do("event", name="TypeError", type="exception", properties={"message": "cart is undefined"})
        visitor.do("log", level="error", message="cart is undefined")
        _leave(visitor, "anonymize")
        visitor.wait(0.2, 1)
        _identify(visitor, person)


def mistake_anonymized_twice(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Every part of a logout flow anonymizes for itself, with force."""
    _log_in(visitor, new())
    _browse(rng, visitor, 1)
    _leave(visitor, "anonymize")
    for _ in range(2):
        visitor.at_ms += 20
        visitor.visit(f"{SHOP}/login", "Log in")
        _leave(visitor, "forget")
    _browse(rng, visitor, 1)


def mistake_identified_at_once_again(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """The app identifies the old user again right after the anonymize: their identity never clears."""
    person = new()
    _log_in(visitor, person)
    _browse(rng, visitor, 1)
    _leave(visitor, "anonymize")
    visitor.at_ms += 8
    _identify(visitor, person)
    _browse(rng, visitor, 2)


def mistake_cached_properties(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """The app sets the old user's cached properties after the anonymize."""
    person = new()
    _log_in(visitor, person)
    _browse(rng, visitor, 1)
    _leave(visitor, "anonymize")
    visitor.visit(f"{SHOP}/", "Home goods")
    visitor.do("properties", type="user", properties={"plan": person.properties["plan"], "cached": True})
    _browse(rng, visitor, 1)


def mistake_in_properties(rng: random.Random, visitor: Visitor, new: NewPerson) -> None:
    """Values that do not fit their types, names that are none, events without a name (PR-1, PR-3)."""
    _log_in(visitor, new())
    bad = {"price": "$49.99", "2nd": 1, "list": [{"a": 1}], "colour of": "blue"}
    visitor.do("event", name="Product Added", properties=bad, schema={"price": "real"})
    visitor.wait(1, 4)
    visitor.do("event", name="", properties={})
    visitor.do("identify", uid="x" * 300)
    visitor.do("track", name="Old call")
    _browse(rng, visitor, 1)


WELL: Final[dict[Scene, float]] = {
    passing_by: 38, browser_of_old: 8, customer: 16, customer_who_logs_out: 12, regular: 7, shared_device: 3,
    account_switch: 3, workspace_switch: 2, kiosk: 1, incognito: 2, pauses_capture: 1, consents: 3,
}  # fmt: skip
"""How often each scene is played, beside one another."""
MISTAKES: Final[dict[Scene, float]] = {
    mistake_never_anonymized: 1, mistake_anonymized_after_navigation: 1, mistake_wrong_syntax: 1,
    mistake_anonymize_on_every_screen: 0.4, mistake_anonymize_on_errors: 0.5, mistake_anonymized_twice: 0.5,
    mistake_identified_at_once_again: 0.5, mistake_cached_properties: 0.5, mistake_in_properties: 0.6,
}  # fmt: skip
