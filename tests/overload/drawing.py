"""Draws how long answers took while the load changed."""

from __future__ import annotations

from collections.abc import Sequence

_WIDTH, _HEIGHT, _LEFT, _TOP = 760, 260, 60, 30
_COLOURS = ("#1668b8", "#c2410c", "#15803d", "#7e22ce")


def drawn(lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], begin: float, end: float, limit_s: float) -> str:
    """An SVG of named lines of (instant, s); the time from `begin` to `end` is shaded, the limit dashed."""
    last = max((at for _, seen in lines for at, _ in seen), default=1.0)
    most = max(limit_s * 1.2, max((took for _, seen in lines for _, took in seen), default=0.0))

    def x(at: float) -> float:
        return round(_LEFT + at / last * _WIDTH, 1)

    def y(took: float) -> float:
        return round(_TOP + _HEIGHT - took / most * _HEIGHT, 1)

    size = f'width="{_WIDTH + _LEFT + 20}" height="{_HEIGHT + _TOP + 60}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<rect x="{x(begin)}" y="{_TOP}" width="{x(end) - x(begin):.1f}" height="{_HEIGHT}" fill="#fee2e2"/>',
        f'<text x="{x(begin) + 6}" y="{_TOP + 16}" fill="#991b1b">overload</text>',
        f'<line x1="{_LEFT}" x2="{x(last)}" y1="{y(limit_s)}" y2="{y(limit_s)}" stroke="#555" stroke-dasharray="4"/>',
        f'<text x="4" y="{y(limit_s) + 4}">{limit_s:g} s</text>',
        f'<text x="4" y="{y(0) + 4}">0 s</text>',
        f'<line x1="{_LEFT}" x2="{x(last)}" y1="{y(0)}" y2="{y(0)}" stroke="#333"/>',
    ]  # fmt: skip
    for number, (name, seen) in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{x(at)},{y(took)}" for at, took in seen)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
        parts.append(f'<text x="{_LEFT + number * 220}" y="{_TOP + _HEIGHT + 30}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
