"""Made-up people and goods. Any likeness to somebody is chance."""

from __future__ import annotations

import random
from typing import Any, Final

import msgspec

_FIRST: Final = (  # noqa: SIM905 (sixty names are read more easily so)
    "Ada Aiko Amara Anouk Arjun Astrid Beatriz Ben Camille Chidi Clara Dalia Daniel Elif Emeka Esther Farid Fatima "
    "Freya Gustav Hana Hugo Ines Ivan Jamal Jonas Kaia Kenji Layla Leo Lena Lucia Malik Mara Mateo Mei Mira Nadia Noah "
    "Nora Olga Omar Paulo Priya Quinn Rania Ravi Rosa Samir Sofia Stefan Tala Theo Uma Vera Wei Xenia Yara Yusuf Zoe"
).split()
_LAST: Final = (  # noqa: SIM905
    "Abara Almeida Andersen Bauer Becker Castro Chen Costa Dahl Diaz Dubois Eriksen Farah Fischer Garcia Goto Haddad "
    "Hoang Ibrahim Ito Jansen Kaya Keller Khan Kim Kovacs Larsen Lopez Maier Mensah Meyer Moreau Nakamura Nguyen "
    "Novak Okafor Olsen Osei Park Patel Petrov Quist Ramos Reyes Rossi Sato Schmidt Silva Singh Sousa Tanaka Torres "
    "Vargas Virtanen Wagner Weber Yilmaz Zhang"
).split()
PLANS: Final = ("free", "free", "free", "plus", "plus", "premium")
GOODS: Final = (
    ("walnut-tray", "Walnut tray", 38.0),
    ("linen-throw", "Linen throw", 64.5),
    ("stone-mug", "Stoneware mug", 18.0),
    ("brass-lamp", "Brass lamp", 129.0),
    ("oak-stool", "Oak stool", 89.0),
    ("wool-socks", "Wool socks", 14.0),
    ("clay-vase", "Clay vase", 42.0),
    ("field-notes", "Notebook set", 12.5),
)
SHOP: Final = "https://shop.example"


class MadeUp(msgspec.Struct, frozen=True):
    """A customer of the made-up shop."""

    uid: str
    properties: dict[str, Any]


def make_up(rng: random.Random, number: int) -> MadeUp:
    """Customer `number`; the same number is somebody else under another seed."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    properties = {
        "displayName": f"{first} {last}",
        "email": f"{first}.{last}{number}@mail.example".lower(),
        "plan": rng.choice(PLANS),
        "newsletter": rng.random() < 0.4,
        "orders": rng.randrange(0, 30),
        "city": rng.choice(
            ("Accra", "Berlin", "Bogotá", "Hanoi", "Izmir", "Lisbon", "Mumbai", "Oslo", "Osaka", "Quito")
        ),
    }
    return MadeUp(f"cust-{number:06d}", properties)
