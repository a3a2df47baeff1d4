"""What the sidecar counts about itself, in the text format of Prometheus (exposition format 0.0.4).

Knows numbers and names of routes; nothing of what was asked or answered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from threading import Lock
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram of request times, seconds."""
_PREFIX = "orthanc_cohorts_"
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass(frozen=True, slots=True)
class Sample:
    """One number. suffix: what a histogram adds to the name of its family."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Numbers of one name, which here has no prefix. help: one line, without backslashes."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Iterable[Sample]


def text(families: Iterable[Family]) -> bytes:
    """Return the page that Prometheus reads; families without samples are left out."""
    return "".join(line + "\n" for family in families for line in _lines(family)).encode()


def gauge(name: str, help: str, value: float | None) -> Family:
    """Return a family of one number; None: it is not known."""
    return Family(name, "gauge", help, () if value is None else (Sample(value),))


class Requests:
    """How many requests each route answered, with which status and how fast. Safe among threads."""

    def __init__(self) -> None:
        self._answered: dict[tuple[str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._lock = Lock()

    def took(self, route: str, status: int, seconds: float) -> None:
        """Count one request. route: a row of the table of routes, never the path that was sent."""
        with self._lock:
            self._answered[route, status] = self._answered.get((route, status), 0) + 1
            self._buckets.setdefault(route, [0] * (len(BUCKETS) + 1))[bisect_left(BUCKETS, seconds)] += 1
            self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def families(self) -> list[Family]:
        """Return what was counted so far."""
        with self._lock:
            answered = sorted(self._answered.items())
            buckets = {route: list(counts) for route, counts in sorted(self._buckets.items())}
            seconds = dict(self._seconds)
        return [
            Family(
                "requests_total",
                "counter",
                "Requests by route and status; status 499: the caller hung up.",
                [Sample(n, {"route": route, "status": str(status)}) for (route, status), n in answered],
            ),
            Family(
                "request_seconds",
                "histogram",
                "Seconds from the head of a request to the head of its answer.",
                [
                    sample
                    for route, counts in buckets.items()
                    for sample in _histogram(route, counts, seconds[route])
                ],
            ),
        ]


def _histogram(route: str, counts: list[int], seconds: float) -> Iterator[Sample]:
    labels = {"route": route}
    *below, all_of_them = accumulate(counts)
    for bound, count in zip((*map(_number, BUCKETS), "+Inf"), (*below, all_of_them), strict=True):
        yield Sample(count, {**labels, "le": bound}, "_bucket")
    yield Sample(seconds, labels, "_sum")
    yield Sample(all_of_them, labels, "_count")


def _lines(family: Family) -> Iterator[str]:
    name = _PREFIX + family.name
    samples = list(family.samples)
    if samples:
        yield f"# HELP {name} {family.help}"
        yield f"# TYPE {name} {family.kind}"
    for sample in samples:
        labels = ",".join(f'{key}="{value.translate(_ESCAPES)}"' for key, value in sample.labels.items())
        yield f"{name}{sample.suffix}{'{' + labels + '}' if labels else ''} {_number(sample.value)}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
