"""Measured figures, the numbers to hold, and the page that shows them.

Knows no measurement: what is printed here was measured elsewhere.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("duckdb", "pydicom", "fastapi", "uvicorn", "orjson")
_MARK = "<!-- part: "
_HEAD = """# Performance

Written by `make bench`; do not edit. Every ratio compares what was measured in turns in one run; each part
says when and on what it was measured.
"""


class Hold(NamedTuple):
    """A bound that a figure must keep."""

    at_least: float | None = None
    at_most: float | None = None

    def kept(self, value: float) -> bool:
        """Whether a value keeps the bound; a value that is no number keeps none."""
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most) and value == value

    def __str__(self) -> str:
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"


class Figure(NamedTuple):
    """One measured number; hold is None for one that is shown for information."""

    name: str
    value: float
    unit: str
    hold: Hold | None = None
    note: str = ""

    @property
    def broken(self) -> bool:
        """Whether the number to hold is not held."""
        return self.hold is not None and not self.hold.kept(self.value)


class Part(NamedTuple):
    """One measurement with a heading, how it was done, and its figures."""

    title: str
    how: str
    figures: Sequence[Figure]


def lines(part: Part) -> str:
    """Return a part for the terminal."""
    width = max(len(figure.name) for figure in part.figures)
    rows = [
        f"  {figure.name:<{width}}  {_number(figure.value):>9} {figure.unit:<14}  {_verdict(figure)}".rstrip()
        for figure in part.figures
    ]
    return "\n".join([f"{part.title}", *rows])


def section(name: str, part: Part, orthanc: str) -> str:
    """Return a part in Markdown, as a section of the page.

    name: by which the page finds it again. orthanc: its version and its plugins'.
    """
    rows = [
        f"| {figure.name}{f' ({figure.note})' if figure.note else ''} "
        f"| {_number(figure.value)} {figure.unit} | {_verdict(figure)} |"
        for figure in part.figures
    ]
    measured = f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine()}; {orthanc}; {versions()}."
    head = [f"{_MARK}{name} -->", "", f"## {part.title}", "", part.how, "", measured]
    return "\n".join([*head, "", "| what | measured | hold |", "|---|---:|---|", *rows, ""])


def page(sections: Mapping[str, str], before: str = "") -> str:
    """Return the whole page in Markdown: these sections by name, and the others of the page before.

    One that the page before has stays in its place; others follow in their order.
    """
    kept = [f"{_MARK}{text.rstrip()}\n" for text in before.split(_MARK)[1:]]
    found = {text[len(_MARK) :].split(" ", 1)[0]: text for text in kept} | dict(sections)
    return "\n".join([_HEAD, *found.values()])


def machine() -> str:
    """Return processor, cores, memory and system."""
    model = next(
        (line.partition(":")[2].strip() for line in _read("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    kib = next((int(line.split()[1]) for line in _read("/proc/meminfo") if line.startswith("MemTotal")), 0)
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return f"{model}, {os.cpu_count()} cores, {kib / 2**20:.0f} GiB, {system}"


def versions() -> str:
    """Return the versions of Python and of the packages that matter here, and the commit."""
    found = [f"Python {platform.python_version()}"]
    found += [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return ", ".join([*found, f"commit {commit}"] if commit else found)


def paragraphs(text: str) -> str:
    """Return a text whose lines may break anywhere as paragraphs of one line each."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that this share of the values does not exceed; the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * int(percent) // 100) - 1))]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def _verdict(figure: Figure) -> str:
    if figure.hold is None:
        return ""
    return f"{figure.hold} {'**not held**' if figure.broken else 'held'}"


def _read(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
