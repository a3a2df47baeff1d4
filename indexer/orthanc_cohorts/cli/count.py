"""`count`: the answer about a cohort, in words.

Asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lines(answer: Mapping[str, Any]) -> list[str]:
    """Return what people want to see of an answer: number, unit, hash and how it came about."""
    unit, number = answer["unit"], answer["count"]
    plural = unit if number == 1 else {"patient": "patients", "study": "studies"}.get(unit, unit)
    return [
        f"{number} {plural}",
        f"hash {answer['hash']}",
        f"generation {answer['generation']}, {answer['elapsed_ms']:.1f} ms",
    ]


def warnings(answer: Mapping[str, Any]) -> list[str]:
    """Return the warnings of an answer: what could not take part in it."""
    return [f"warning: {one['message']}" for one in answer.get("warnings") or []]
