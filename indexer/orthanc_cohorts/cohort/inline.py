"""Saved cohorts as clauses: what one asks takes the place of its name, before anything is hashed.

Knows definitions and who is asked for saved ones; asks no index. A hash so never depends on who saved what.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from orthanc_cohorts.cohort.canonical import Canonical, canonical, nameless
from orthanc_cohorts.cohort.definition import (
    MAX_DEPTH,
    MAX_NODES,
    And,
    BadDefinition,
    Clause,
    Cohort,
    Definition,
    Detail,
    Inlined,
    Kind,
    Not,
    NotLeaf,
    Or,
    Same,
    Temporal,
    parse,
    walk,
)
from orthanc_cohorts.cohort.frozen import listed
from orthanc_cohorts.cohort.leaf import Leaf, properties
from orthanc_cohorts.cohort.properties import Text
from orthanc_cohorts.store.saved import Saved

EVERYTHING = {"op": "study"}
"""What a saved cohort without `where` stands for: true for every unit, since each has a study."""


class Library(Protocol):
    """Where saved cohorts are found."""

    def get(self, name: str, version: int | None = None) -> Saved | None:
        """Return a version, the newest one for None; None where there is none."""


def inline(definition: Kind, library: Library | None) -> Kind:
    """Return a definition in which every clause `cohort` has been found.

    library: None leaves them, for `canonical` to refuse.
    Raises BadDefinition: an unknown name or version, one of another unit, or one that breaks a cap.
    """
    sent = [(pointer, clause) for pointer, clause in walk(definition.where) if isinstance(clause, Cohort)]
    if library is None or not sent or definition.where is None:
        return definition
    found: dict[str, Inlined] = {}
    details: list[Detail] = []
    for pointer, clause in sent:
        try:
            found[pointer] = _found(clause, definition.unit, library)
        except BadDefinition as error:
            details += [Detail(pointer + one.pointer, one.message) for one in error.details]
    details = details or _beyond_caps(definition.where, found)
    if details:
        raise BadDefinition(details)
    return definition.model_copy(update={"where": _placed(definition.where, "/where", found)})


def written_out(sent: Any, definition: Definition) -> dict[str, Any]:
    """Return the JSON of a definition that needs no saved cohort.

    sent: its JSON, as a mapping. definition: the same, inlined. Keys that no definition has are left out.
    """
    value: dict[str, Any] = {"version": definition.version, "unit": definition.unit}
    if definition.where is None:
        return value
    return {**value, "where": _written(sent["where"], definition.where)}


def asked(saved: Saved) -> Canonical:
    """Return what the definition of a saved cohort asks; of a list, the one that it was frozen from.

    Raises BadDefinition: it means something else by now than when it was saved, or nothing.
    """
    cohort = canonical(parse(saved.definition))
    if saved.members is None and cohort.hash != saved.hash:
        message = f"{_title(saved)} was saved under another vocabulary; save it again to mean today's"
        raise BadDefinition([Detail("", message)])
    return cohort


def stands_for(saved: Saved) -> dict[str, Any]:
    """Return the definition, as JSON, whose `where` takes the place of a saved cohort."""
    where = saved.definition.get("where") if saved.members is None else listed(saved.members)
    return {"version": 1, "unit": saved.unit, "where": nameless(where or EVERYTHING)}


def identifies(definition: Definition) -> bool:
    """Whether a definition names texts that tell one study, series or person from others."""
    return any(
        isinstance(kind, Text) and not kind.listed and getattr(clause, name) is not None
        for _, clause in walk(definition.where)
        if isinstance(clause, Leaf)
        for name, kind in properties(type(clause)).items()
    )


def _found(clause: Cohort, unit: str, library: Library) -> Inlined:
    saved = library.get(clause.name, clause.version)
    if saved is None and (newest := library.get(clause.name)) is not None:
        message = f"{clause.name!r} has no such version; its newest is {newest.version}"
        raise BadDefinition([Detail("/version", message)])
    if saved is None:
        message = f"no cohort is saved as {clause.name!r}; GET /cohorts/api/v1/cohorts lists them"
        raise BadDefinition([Detail("/name", message)])
    if saved.unit != unit:
        message = f"{_title(saved)} counts units of {saved.unit}, this definition {unit}"
        raise BadDefinition([Detail("/name", message)])
    try:
        if saved.members is None:
            asked(saved)
        content = stands_for(saved)
        where: Clause | None = parse(content).where
    except BadDefinition as error:
        # Pointers into what was saved would point nowhere in what was sent.
        raise BadDefinition([Detail("", f"{_title(saved)} cannot be asked: {error}")]) from None
    assert where is not None
    return Inlined(op="cohort", name=saved.name, version=saved.version, where=where, content=content["where"])


def _beyond_caps(where: Clause, found: dict[str, Inlined]) -> list[Detail]:
    """Return which saved cohorts make the definition too large or too deep, in the order of the clauses."""
    details: list[Detail] = []
    nodes, _ = _extent(where)
    for pointer, clause in found.items():
        more, deep = _extent(clause.where)
        nodes += more - 1
        # Every level of a tree of and, or, not is one `args` or `arg` of the pointer.
        depth = pointer.count("/arg") + deep
        title = f"saved cohort {clause.name!r} (version {clause.version})"
        if nodes > MAX_NODES:
            message = f"{title} has {more} clauses; with it there are more than {MAX_NODES}"
            return [*details, Detail(pointer, message)]
        if depth > MAX_DEPTH:
            message = f"{title} nests {deep} deep; with it clauses are nested deeper than {MAX_DEPTH}"
            details.append(Detail(pointer, message))
    return details


def _extent(clause: Any) -> tuple[int, int]:
    """Return how many clauses a tree has, and how deep it nests."""
    below: Sequence[Any] = ()
    if isinstance(clause, And | Or | Same):
        below = clause.args
    elif isinstance(clause, Not | NotLeaf):
        below = (clause.arg,)
    elif isinstance(clause, Temporal):
        below = (clause.first, clause.second)
    extents = [_extent(one) for one in below]
    return 1 + sum(nodes for nodes, _ in extents), 1 + max((depth for _, depth in extents), default=0)


def _placed(clause: Clause, pointer: str, found: dict[str, Inlined]) -> Clause:
    if pointer in found:
        return found[pointer]
    if isinstance(clause, And | Or):
        args = [_placed(arg, f"{pointer}/args/{place}", found) for place, arg in enumerate(clause.args)]
        return clause.model_copy(update={"args": args})
    if isinstance(clause, Not):
        return clause.model_copy(update={"arg": _placed(clause.arg, f"{pointer}/arg", found)})
    return clause


def _written(sent: Any, clause: Clause) -> Any:
    if isinstance(clause, Inlined):
        return clause.content
    if isinstance(clause, And | Or):
        args = [_written(one, arg) for one, arg in zip(sent["args"], clause.args, strict=True)]
        return {**sent, "args": args}
    if isinstance(clause, Not):
        return {**sent, "arg": _written(sent["arg"], clause.arg)}
    return sent


def _title(saved: Saved) -> str:
    return f"saved cohort {saved.name!r} (version {saved.version})"
