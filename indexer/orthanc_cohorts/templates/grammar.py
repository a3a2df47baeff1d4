"""Rules put together: what may and must stand below one item, included templates in place.

Knows how an item finds its rule; not what a finding is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from orthanc_cohorts.templates.item import Item
from orthanc_cohorts.templates.library import template
from orthanc_cohorts.templates.model import Requirement, Rule, Template

Canonical = Callable[[str | None, str | None], str | None]
"""(scheme, code) to `SCHEME|code` in which twins of one concept are equal; None where there is no code."""

ContextGroup = Callable[[int], frozenset[str] | None]
"""CID to the canonical codes in it; None where it is unknown, or where codes outside it are allowed."""

_STRENGTH: dict[Requirement, int] = {"M": 2, "MC": 1, "U": 0, "UC": 0}
_MAY_BE_UNNAMED = frozenset({"IMAGE", "COMPOSITE", "WAVEFORM", "SCOORD", "SCOORD3D", "TCOORD", "CONTAINER"})
"""Value types whose concept name is optional (PS3.3 C.17.3.2.1)."""


class Slot(NamedTuple):
    """A rule at its place below a parent.

    rule: with what an including row adds. position: of its row, or of the including row, among the parent's
    rows. row: the name of that row. signs: of the template it comes from.
    """

    rule: Rule
    position: int
    row: str
    signs: dict[str, int]


@dataclass(frozen=True, slots=True)
class Level:
    """What stands below one item.

    named: canonical concept to slots. unnamed: slots that take any concept. required: slots whose absence may
    be a finding. closed: items that no slot takes are a finding, unless related in one of the open ways.
    """

    named: dict[str, list[Slot]]
    unnamed: list[Slot]
    required: list[Slot]
    ordered: bool
    closed: bool
    open_relationships: frozenset[str]


class Grammar:
    """Levels by rule, built when first asked for; one per way of comparing codes."""

    def __init__(self, canonical: Canonical, context_group: ContextGroup | None) -> None:
        self._canonical = canonical
        self._context_group = context_group
        self._groups: dict[int, frozenset[str] | None] = {}
        self._levels: dict[tuple[str, int], Level] = {}
        self._included: dict[str, Level] = {}

    def code(self, scheme: str | None, code: str | None) -> str | None:
        """Return the canonical code, None where there is none."""
        return self._canonical(scheme, code) if code else None

    def codes(self, texts: frozenset[str]) -> frozenset[str]:
        """Return `SCHEME|code` texts in canonical form."""
        return frozenset(self.code(*text.split("|", 1)) or text for text in texts)

    def group(self, cid: int | None) -> frozenset[str] | None:
        """Return the canonical codes of a context group; None: not to be checked."""
        if cid is None or self._context_group is None:
            return None
        if cid not in self._groups:
            self._groups[cid] = self._context_group(cid)
        return self._groups[cid]

    def below(self, rule: Rule, owner: Template) -> Level:
        """Return what stands below an item of that rule; owner: the template of the rule."""
        # Merged rules share the children of the row they come from, and templates live as long as we do.
        key = (owner.tid, id(rule.children))
        if key not in self._levels:
            self._levels[key] = self._level(rule.children, owner)
        return self._levels[key]

    def _level(self, rules: tuple[Rule, ...], owner: Template) -> Level:
        named: dict[str, list[Slot]] = {}
        unnamed: list[Slot] = []
        slots = [slot for number, rule in enumerate(rules) for slot in _slots(rule, number)]
        for slot in slots:
            for concept in self.codes(slot.rule.concepts):
                named.setdefault(concept, []).append(slot)
            if not slot.rule.concepts:
                unnamed.append(slot)
        return Level(
            named,
            unnamed,
            [s for s in slots if s.rule.requirement == "M" or (s.rule.requirement == "MC" and s.rule.unless)],
            owner.ordered,
            not owner.extensible and owner.complete,
            frozenset(relationship for rule in rules for relationship in _open(rule)),
        )

    def included(self, root: Template) -> Level:
        """Return a level of the containers that rows of a template include, at any depth."""
        if root.tid not in self._included:
            named: dict[str, list[Slot]] = {}
            for one in _reached(root):
                rule = one.rules[0]
                for concept in self.codes(rule.concepts) if "CONTAINER" in rule.value_types else ():
                    named.setdefault(concept, []).append(Slot(rule, -1, rule.row, dict(one.signs)))
            self._included[root.tid] = Level(named, [], [], False, False, frozenset())
        return self._included[root.tid]

    def match(self, item: Item, level: Level, children: list[Item]) -> Slot | None:
        """Return the slot that an item takes on a level, None where no row describes it.

        A concept decides; between rows of one concept value type, signs and relationship do. A row that takes
        any concept needs the right value type and relationship.
        """
        concept = self.code(item.concept_scheme, item.concept_code)
        slots = level.named.get(concept, []) if concept else []
        if len(slots) == 1:
            return slots[0]
        if slots:
            return max(slots, key=lambda slot: self._likeness(item, slot, children))
        return next((slot for slot in level.unnamed if self._takes(item, slot.rule, concept)), None)

    def has_sign(self, signs: dict[str, int], children: list[Item]) -> bool:
        """Say whether one of the signs is among the children, by concept name."""
        for sign, least in signs.items():
            wanted = self.codes(frozenset((sign,)))
            if sum(self.code(c.concept_scheme, c.concept_code) in wanted for c in children) >= least:
                return True
        return False

    def _likeness(self, item: Item, slot: Slot, children: list[Item]) -> tuple[bool, int, bool]:
        sign = 0 if not slot.signs else 1 if self.has_sign(slot.signs, children) else -1
        return (
            item.value_type in slot.rule.value_types,
            sign,
            item.relationship_type in slot.rule.relationships,
        )

    def _takes(self, item: Item, rule: Rule, concept: str | None) -> bool:
        if item.value_type not in rule.value_types:
            return False
        if rule.relationships and (item.relationship_type or "CONTAINS") not in rule.relationships:
            return False
        if concept is None:
            return item.value_type in _MAY_BE_UNNAMED
        group = self.group(rule.concept_cid)
        return group is None or concept in group


def _slots(rule: Rule, position: int, row: str | None = None, depth: int = 0) -> Iterator[Slot]:
    """Yield the slots of a row, those of the included template for an inclusion.

    Templates that include each other at the same level do not occur; depth makes sure of it.
    """
    row = row or rule.row
    if rule.include is None:
        yield Slot(rule, position, row, {})
        return
    included = template(rule.include)
    if included is None or depth > 8:
        return
    for inner in included.rules:
        weaker = min(rule.requirement, inner.requirement, key=_STRENGTH.__getitem__)
        merged = replace(
            inner,
            requirement=weaker,
            many=rule.many or inner.many,
            relationships=inner.relationships or rule.relationships,
            concepts=rule.concepts or inner.concepts,
            unless=rule.unless or inner.unless,
        )
        for slot in _slots(merged, position, row, depth + 1):
            yield slot._replace(signs=dict(included.signs) or slot.signs)


def _reached(root: Template) -> list[Template]:
    """Return the templates that a template includes, directly or not."""
    found: dict[str, Template] = {}
    waiting = list(root.rules)
    while waiting:
        rule = waiting.pop()
        waiting += rule.children
        one = template(rule.include)
        if one is not None and one.tid not in found:
            found[one.tid] = one
            waiting += one.rules
    return list(found.values())


def _open(rule: Rule, depth: int = 0) -> Iterator[str]:
    """Yield the relationships in which an included template may hold rows that we do not have."""
    included = template(rule.include)
    if rule.include is None or depth > 8:
        return
    if included is None or not included.complete:
        yield from rule.relationships
    if included is not None:
        for inner in included.rules:
            yield from _open(
                replace(inner, relationships=inner.relationships or rule.relationships), depth + 1
            )
