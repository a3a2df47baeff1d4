"""A content tree against its template: findings, never an exception for what a tree holds.

Knows how a broken rule reads; which rule an item takes is `grammar`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from orthanc_cohorts.templates.choice import choose
from orthanc_cohorts.templates.finding import SEVERITIES, Finding, listed, shown, term
from orthanc_cohorts.templates.grammar import Canonical, ContextGroup, Grammar, Level, Slot
from orthanc_cohorts.templates.item import Item
from orthanc_cohorts.templates.library import template
from orthanc_cohorts.templates.model import Rule, Template


def joined(scheme: str | None, code: str | None) -> str | None:
    """Return `SCHEME|code` as sent, None where either is missing."""
    return f"{scheme}|{code}" if scheme and code else None


def check(
    items: Iterable[Item], canonical: Canonical = joined, context_group: ContextGroup | None = None
) -> list[Finding]:
    """Return where one document breaks its template, in document order.

    items: the content items of one document, parents before children; no items give no findings.
    canonical: how codes are compared; pass one that makes SRT codes SCT, since templates name SCT codes only.
    context_group: the codes of a CID, so that value sets are checked too; None: they are not.
    The template is the stated one where we have it as a root template, else the one that the title names,
    else there is one `template-unknown`. An item that no row describes is left alone with all below it, but a
    container that some other row of the template includes is `misplaced` and checked.
    Conditions of MC and UC rows are not evaluated, except for rows of which one must be present.
    Takes time in proportion to the items.
    Source: PS3.16 section 6 and annex A.
    """
    return _Check(_grammar(canonical, context_group)).run(list(items))


_grammar = lru_cache(maxsize=8)(Grammar)


class _Check:
    """One run over one document."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._children: dict[str, list[Item]] = {}
        self._findings: list[Finding] = []
        self._adrift = Level({}, [], [], False, False, frozenset())

    def run(self, items: Sequence[Item]) -> list[Finding]:
        root = next((item for item in items if item.parent_path is None), None)
        if root is None:
            return []
        for item in items:
            if item.parent_path is not None:
                self._children.setdefault(item.parent_path, []).append(item)
        chosen, finding = choose(root, self._children.get(root.path, []), self._grammar)
        if finding is not None:
            self._findings.append(finding)
        if chosen is not None:
            self._walk(root, chosen)
        place = {item.path: number for number, item in reversed(list(enumerate(items)))}
        return sorted(self._findings, key=lambda one: place.get(one.path, 0))

    def _walk(self, root: Item, chosen: Template) -> None:
        first = chosen.rules[0]
        self._root(root, first)
        self._adrift = self._grammar.included(chosen)
        waiting = [(root, self._grammar.below(first, chosen), chosen)]
        visited = {root.path}
        while waiting:
            parent, level, owner = waiting.pop()
            for item, slot in self._below(parent, level, owner):
                below = template(slot.rule.tid)
                if item.path in visited or below is None:
                    continue
                visited.add(item.path)
                inner = self._grammar.below(slot.rule, below)
                if item.path in self._children or inner.required:
                    waiting.append((item, inner, below))

    def _add(self, item: Item, rule: Rule, kind: str, expected: str, found: str) -> None:
        self._findings.append(
            Finding(item.path, f"TID{rule.tid}", f"{rule.name}-{kind}", SEVERITIES[kind], expected, found)
        )

    def _root(self, root: Item, rule: Rule) -> None:
        if root.value_type not in rule.value_types:
            self._add(root, rule, "value-type", listed(rule.value_types), term(root.value_type))
        title = self._grammar.code(root.concept_scheme, root.concept_code)
        wanted = self._grammar.codes(rule.concepts) or self._grammar.group(rule.concept_cid)
        if wanted and title not in wanted:
            expected = listed(rule.concepts) if rule.concepts else f"CID {rule.concept_cid}"
            self._add(root, rule, "concept", expected, shown(title))

    def _below(self, parent: Item, level: Level, owner: Template) -> Iterator[tuple[Item, Slot]]:
        """Check the children of an item; yield those that a row describes, with it."""
        present: Counter[tuple[str, str, int]] = Counter()
        rows: set[str] = set()
        referred: set[str] = set()
        highest, in_order = -1, True
        for item in self._children.get(parent.path, []):
            if item.by_reference_path is not None:
                referred.add(item.relationship_type or "CONTAINS")
                continue
            slot = self._slot(item, level, owner)
            if slot is None:
                continue
            if slot.position < 0:
                yield item, slot
                continue
            key = _key(slot)
            present[key] += 1
            rows.add(slot.row)
            if present[key] == 2 and not slot.rule.many:
                self._add(item, slot.rule, "too-many", "1", "2 or more")
            if level.ordered and in_order and slot.position < highest:
                in_order = False
                self._add(item, slot.rule, "order", "rows in order", "after a later row")
            highest = max(highest, slot.position)
            if self._right_type(item, slot.rule):
                self._values(item, slot.rule)
                yield item, slot
        self._missing(parent, level, present.keys(), rows, referred)

    def _slot(self, item: Item, level: Level, owner: Template) -> Slot | None:
        """Return the row that describes an item; None, and perhaps a finding, where there is none."""
        children = self._children.get(item.path, [])
        slot = self._grammar.match(item, level, children)
        if slot is not None:
            return slot
        if level.closed and item.relationship_type not in level.open_relationships:
            concept = shown(self._grammar.code(item.concept_scheme, item.concept_code))
            tid, kind = f"TID{owner.tid}", "concept-unknown"
            found = f"{term(item.value_type)} {concept}"
            self._findings.append(
                Finding(item.path, tid, f"{tid}-{kind}", SEVERITIES[kind], "a row of the template", found)
            )
        slot = self._grammar.match(item, self._adrift, children) if item.value_type == "CONTAINER" else None
        if slot is not None:
            self._add(item, slot.rule, "misplaced", "below a row that includes it", f"below TID{owner.tid}")
        return slot

    def _missing(
        self,
        parent: Item,
        level: Level,
        present: Iterable[tuple[str, str, int]],
        rows: set[str],
        referred: set[str],
    ) -> None:
        for slot in level.required:
            rule = slot.rule
            if _key(slot) in present or rows.intersection(rule.unless) or rule.relationships & referred:
                continue
            what = listed(rule.concepts) or (f"CID {rule.concept_cid}" if rule.concept_cid else "any concept")
            expected = f"{listed(rule.value_types)} {what}"
            if rule.unless:
                expected += f", or row {', '.join(rule.unless)}"
            self._add(parent, rule, "missing", expected, "none")

    def _right_type(self, item: Item, rule: Rule) -> bool:
        """Check value type and relationship; False where the item's value and children make no sense."""
        relationship = item.relationship_type
        if rule.relationships and relationship not in rule.relationships:
            self._add(item, rule, "relationship", listed(rule.relationships), term(relationship))
        if item.value_type in rule.value_types:
            return True
        self._add(item, rule, "value-type", listed(rule.value_types), term(item.value_type))
        return False

    def _values(self, item: Item, rule: Rule) -> None:
        if item.value_type == "CODE":
            kind, cid, fixed = "value-set", rule.value_cid, rule.values
            code = self._grammar.code(item.value_code_scheme, item.value_code_code)
        elif item.value_type == "NUM" and (item.value is not None or item.unit_code):
            kind, cid, fixed = "unit", rule.unit_cid, rule.units
            code = self._grammar.code(item.unit_scheme, item.unit_code)
        else:
            return
        wanted = self._grammar.codes(fixed) or self._grammar.group(cid)
        if wanted and code not in wanted:
            self._add(item, rule, kind, listed(fixed) if fixed else f"CID {cid}", shown(code))


def _key(slot: Slot) -> tuple[str, str, int]:
    return slot.rule.tid, slot.rule.row, slot.position
