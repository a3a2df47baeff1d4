"""The text of a container whose content flows: its items in words, in order (PS3.3 C.18.8.1.1).

Pure.
"""

from __future__ import annotations

from orthanc_cohorts.flatten.node import Node

_MODIFIERS = frozenset({"HAS CONCEPT MOD", "HAS OBS CONTEXT", "HAS ACQ CONTEXT"})


def linearised(container: Node) -> str | None:
    """Return what a container with ContinuityOfContent CONTINUOUS says, None when it says nothing.

    Texts as they stand, codes by meaning, numbers with their unit, the parts joined by spaces. Modifiers
    and context are left out: they are not part of the flow.
    """
    words: list[str] = []
    waiting = list(reversed(container.children))
    while waiting:
        node = waiting.pop()
        if node.relationship in _MODIFIERS:
            continue
        word = _word(node)
        if word:
            words.append(word)
        waiting += reversed(node.children)
    return " ".join(words) or None


def _word(node: Node) -> str | None:
    if node.value_type == "CODE":
        return node.value_code.meaning
    if node.value_type == "NUM":
        unit = node.number.unit
        return " ".join(filter(None, (node.number.raw, None if unit.code == "1" else unit.code)))
    return node.text
