"""The known attacks, each with what it may cost everybody else at most; told as a table.

script/soak attacks [NAME...]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tests.attacks.known import bodies, complaints, dear, exports, guesses, heads, hooks, seals, slow
from tests.attacks.outside import Figure

ATTACKS: Final[Mapping[str, Callable[[], Iterator[Figure]]]] = {
    "bodies": bodies.attack,
    "heads": heads.attack,
    "slow": slow.attack,
    "dear": dear.attack,
    "complaints": complaints.attack,
    "seals": seals.attack,
    "exports": exports.attack,
    "guesses": guesses.attack,
    "hooks": hooks.attack,
}


def main(names: list[str]) -> int:
    """0 if every figure of these attacks holds; 2 for a name that is none."""
    unknown = [name for name in names if name not in ATTACKS]
    if unknown:
        print(f"no such attack: {', '.join(unknown)}; there are {', '.join(ATTACKS)}", file=sys.stderr)
        return 2
    broken: list[str] = []
    for name in names or ATTACKS:
        print(f"\n{name}: {(sys.modules[ATTACKS[name].__module__].__doc__ or '').splitlines()[0]}", flush=True)
        for figure in ATTACKS[name]():
            print(figure, flush=True)
            broken += [] if figure.holds else [f"{name}: {figure.name}"]
    print(f"\n{len(broken)} figures over their limits" + "".join(f"\n  {line}" for line in broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
