"""Lines over two logarithmic axes as SVG, written by hand.

Knows points and names, nothing of what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

WIDTH, HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 150, 20, 50
_COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#7a4ea3", "#8a6d1d", "#444444")


class Line(NamedTuple):
    """A named line; points: (x, y), both greater than 0."""

    name: str
    points: Sequence[tuple[float, float]]


def plot(lines: Sequence[Line], across: str, up: str) -> str:
    """Return an SVG of the lines; across, up: what the axes mean. Raises ValueError: there is no point."""
    points = [point for line in lines for point in line.points]
    if not points:
        raise ValueError("a plot needs at least one point")
    axes = _Axes(
        *_decades([x for x, _ in points]),
        *_decades([y for _, y in points]),
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_grid(axes),
        f'<text x="{(_LEFT + WIDTH - _RIGHT) / 2:g}" y="{HEIGHT - 10}" text-anchor="middle">'
        f"{escape(across)}</text>",
        f'<text transform="translate(16 {(_TOP + HEIGHT - _BOTTOM) / 2:g}) rotate(-90)" '
        f'text-anchor="middle">{escape(up)}</text>',
    ]
    for number, line in enumerate(lines):
        parts += _line(axes, line, _COLOURS[number % len(_COLOURS)])
    parts += _names(axes, lines)
    return "\n".join([*parts, "</svg>"]) + "\n"


class _Axes(NamedTuple):
    """Powers of ten at which the axes begin and end."""

    left: int
    right: int
    bottom: int
    top: int

    def x(self, value: float) -> float:
        """Return where a value stands from the left."""
        share = (log10(value) - self.left) / (self.right - self.left)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        """Return where a value stands from the top."""
        share = (log10(value) - self.bottom) / (self.top - self.bottom)
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _grid(axes: _Axes) -> list[str]:
    parts = []
    for power in range(axes.left, axes.right + 1):
        x = axes.x(10.0**power)
        parts.append(f'<path d="M{x} {_TOP}V{HEIGHT - _BOTTOM}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - _BOTTOM + 18}" text-anchor="middle">{10.0**power:g}</text>')
    for power in range(axes.bottom, axes.top + 1):
        y = axes.y(10.0**power)
        parts.append(f'<path d="M{_LEFT} {y}H{WIDTH - _RIGHT}" stroke="#dddddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>')
    return parts


def _line(axes: _Axes, line: Line, colour: str) -> list[str]:
    places = [(axes.x(x), axes.y(y)) for x, y in line.points]
    path = " ".join(f"{x},{y}" for x, y in places)
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for (x, y), (across, up) in zip(places, line.points, strict=True):
        title = escape(f"{line.name}: {across:g}, {up:.3g}")
        parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"><title>{title}</title></circle>')
    return parts


def _names(axes: _Axes, lines: Sequence[Line]) -> list[str]:
    """Write each line's name beside its end, in the order of the ends and never on top of each other."""
    ends = sorted((axes.y(line.points[-1][1]), number) for number, line in enumerate(lines))
    parts, lowest = [], 0.0
    for y, number in ends:
        lowest = max(y + 4, lowest + 16)
        colour = _COLOURS[number % len(_COLOURS)]
        x = axes.x(lines[number].points[-1][0]) + 10
        parts.append(f'<text x="{x}" y="{lowest:g}" fill="{colour}">{escape(lines[number].name)}</text>')
    return parts
