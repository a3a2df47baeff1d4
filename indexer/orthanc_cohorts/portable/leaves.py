"""The leaves of a definition as it was sent: where each stands, what its picks are made in, what it needs.

Knows how statements are composed of leaves; no policy and no dialect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orthanc_cohorts.cohort import together
from orthanc_cohorts.cohort.canonical import canonical_leaf
from orthanc_cohorts.cohort.clauses import LEAVES
from orthanc_cohorts.cohort.definition import Definition, NotLeaf, Same, Temporal, walk
from orthanc_cohorts.cohort.leaf import Leaf, properties
from orthanc_cohorts.cohort.plan import Query, Tree, appended, base_of, resolved
from orthanc_cohorts.cohort.properties import Condition
from orthanc_cohorts.cohort.scope import Source
from orthanc_cohorts.cohort.statement import rows_of
from orthanc_cohorts.portable.translation import of_lake
from orthanc_cohorts.portable.used import Needed, used

IN_TIME = ("first", "latest", "nearest")
"""Picks that depend on the order of rows."""
_PLACED = ("study_key", "scope", "part", "fits", "within")
_ORDER = ("v_time", "v_uid", "v_path", "v_index")


@dataclass(frozen=True, slots=True)
class Placed:
    """A leaf in canonical form. pointer: to it. scope: of its count and pick; None where days count."""

    pointer: str
    tree: Tree
    scope: str | None

    @property
    def is_in_time(self) -> bool:
        """Whether the order of its rows decides."""
        return self.tree.get("pick") in IN_TIME or "change" in self.tree

    def rows(self, source: Source) -> Query:
        """Return the statement that yields its rows, as the statement of the definition has it."""
        if self.scope is None:
            return together.days(self.tree, source)
        return rows_of(self.tree, self.scope, source)

    def needs(self, source: Source) -> Needed:
        """Return which columns the leaf needs as a whole."""
        wanted = (
            ["study_key", "day"] if self.scope is None else [*_PLACED, *(_ORDER if self.is_in_time else ())]
        )
        return used(of_lake(self.rows(source)), wanted)

    def fields(self) -> Iterator[tuple[str, bool, Needed]]:
        """Yield each field that is asked, whether it is asked for its lack, and which columns it needs."""
        name = f"cohort/placed/{base_of(self.tree)}"
        bare = used(of_lake(appended(name, [])), ())
        kinds = properties(LEAVES[self.tree["op"]])
        conditions: list[tuple[str, bool, Condition]] = [
            (field, False, kind.condition(field, resolved(kind, self.tree[field])))
            for field, kind in kinds.items()
            if field in self.tree
        ]
        conditions += [
            (field, True, Condition(kinds[field].absent())) for field in self.tree.get("missing", ())
        ]
        for field, lacks, condition in conditions:
            yield field, lacks, used(of_lake(appended(name, [condition])), ()) - bare


def leaves(definition: Definition) -> Iterator[Placed]:
    """Yield the leaves of a definition that has a canonical form, those of anchors too."""
    scopes: dict[str, str | None] = {}
    for pointer, clause in walk(definition.where):
        if isinstance(clause, Same):
            for place, arg in enumerate(clause.args):
                below = "/arg" if isinstance(arg, NotLeaf) else ""
                scopes[f"{pointer}/args/{place}{below}"] = clause.scope
        elif isinstance(clause, Temporal):
            scopes |= {f"{pointer}/first": None, f"{pointer}/second": None}
        elif isinstance(clause, Leaf):
            yield _placed(pointer, clause, scopes.get(pointer, definition.unit))
            anchor: Any = getattr(clause, "anchor", None)
            if anchor is not None:
                yield _placed(f"{pointer}/anchor/of", anchor.of, None)


def _placed(pointer: str, leaf: Leaf, scope: str | None) -> Placed:
    return Placed(pointer, canonical_leaf(leaf, pointer, []), scope)
