"""A cohort definition: a tree of clauses over one kind of unit, checked before anything is asked.

Knows the shape only; codes and units are settled by `canonical`, columns by `clauses`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, ValidationError

from orthanc_cohorts.cohort.bounds import DaysApart, Positive
from orthanc_cohorts.cohort.clauses import (
    LEAVES,
    Attribute,
    Document,
    Evaluation,
    Measurement,
    Patient,
    Roi,
    Segment,
    Series,
    Study,
    TextItem,
    Waveform,
)
from orthanc_cohorts.cohort.leaf import MAX_VALUES, Leaf
from orthanc_cohorts.errors import DefinitionError

MAX_DEPTH = 32
MAX_NODES = 256
MAX_IN_SAME = 16
SCOPES = {
    "group": ("measurement", "evaluation", "text"),
    "document": ("document", "measurement", "evaluation", "text"),
    "tracking": ("measurement", "evaluation", "text", "segment"),
    "series": ("series", "waveform", "segment", "roi", "document", "measurement", "evaluation", "text"),
    "study": tuple(op for op in LEAVES if op != "attribute"),
}
"""Which leaves lie in a scope of `same`."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing that is wrong: a JSON pointer (RFC 6901) to it, and what to do."""

    pointer: str
    message: str


class BadDefinition(DefinitionError):
    """A definition that cannot be answered; `details` lists everything that was found wrong."""

    def __init__(self, details: Sequence[Detail]) -> None:
        super().__init__(details[0].message, details[0].pointer)
        self.details = tuple(details)


class MalformedJson(DefinitionError):
    """A body that is no JSON at all; the message never repeats what was sent."""


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class And(_Node):
    """True where all of `args` are."""

    op: Literal["and"]
    args: Annotated[list[Clause], Field(min_length=1, max_length=MAX_VALUES)]


class Or(_Node):
    """True where one of `args` is."""

    op: Literal["or"]
    args: Annotated[list[Clause], Field(min_length=1, max_length=MAX_VALUES)]


class Not(_Node):
    """True where `arg` is not: the complement over all units, so it includes the unknown."""

    op: Literal["not"]
    arg: Clause


class NotLeaf(_Node):
    """Inside `same`: the scope holds no match of `arg`."""

    op: Literal["not"]
    arg: AnyLeaf


class Same(_Node):
    """True where all of `args` hold inside one and the same group, document, tracked lesion, series or study.

    A `not` takes away the scopes that hold a match of its leaf.
    """

    op: Literal["same"]
    scope: Literal["group", "document", "tracking", "series", "study"]
    args: Annotated[
        list[Annotated[_Leaves | NotLeaf, Discriminator("op")]], Field(min_length=1, max_length=MAX_IN_SAME)
    ]


class Temporal(_Node):
    """True where matches of `first` and `second` lie `days` apart, second minus first, in one patient.

    With unit study it is the study of the second. Days are local calendar days.
    """

    op: Literal["temporal"]
    first: AnyLeaf
    second: AnyLeaf
    days: DaysApart


Slug = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class Cohort(_Node):
    """A saved cohort by name, the newest version unless one is named; what it asks takes the place of this.

    Before anything is hashed (see `inline`), so that a definition means the same where nobody saved anything.
    """

    op: Literal["cohort"]
    name: Slug
    version: Positive | None = None


_Leaves: TypeAlias = (
    Patient | Study | Series | Waveform | Segment | Roi | Document | Measurement | Evaluation | TextItem
)
AnyLeaf: TypeAlias = Annotated[_Leaves, Discriminator("op")]
RowLeaf: TypeAlias = Annotated[_Leaves | Attribute, Discriminator("op")]
Clause: TypeAlias = Annotated[
    And | Or | Not | Same | Temporal | Cohort | _Leaves | Attribute, Discriminator("op")
]


class Definition(_Node):
    """A cohort. unit: what is counted. where: which of them; everything when left out."""

    version: Literal[1]
    unit: Literal["patient", "study"]
    where: Clause | None = None


class Inlined(Cohort):
    """A saved cohort that has been found; never part of what is sent.

    where: what it asks, without names of its own. content: the same as JSON.
    """

    where: Clause
    content: dict[str, Any]


for _model in (And, Or, Not, NotLeaf, Same, Temporal, Definition, Inlined):
    _model.model_rebuild()

Kind = TypeVar("Kind", bound=Definition)
Model = TypeVar("Model", bound=BaseModel)


def loads(body: bytes) -> Any:
    """Return the JSON value of a request body.

    Raises MalformedJson: no JSON (RFC 8259), or nested beyond what the reader follows.
    """
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise MalformedJson("the body is no JSON that can be read; send one JSON object") from error


# mypy cannot give a type variable a default (python/mypy#3737).
def parse(value: Any, kind: type[Kind] = Definition) -> Kind:  # type: ignore[assignment]
    """Return the definition that a JSON value states.

    kind: Definition, or a model that adds keys to it, such as paging.
    Raises BadDefinition: every fault that was found, each with a JSON pointer.
    """
    if not isinstance(value, Mapping):
        raise BadDefinition([Detail("", "a definition is a JSON object with version, unit and where")])
    check_shape(value.get("where"))
    definition = validated(value, kind)
    check_clauses(definition.where)
    return definition


def validated(value: Any, kind: type[Model]) -> Model:
    """Return a model of a JSON value. Raises BadDefinition: every fault, each with a JSON pointer."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise BadDefinition([_detail(value, item) for item in error.errors(include_input=False)]) from None


def check_clauses(where: Clause | None, pointer: str = "/where") -> None:
    """Refuse names given twice, and what cannot be told inside one scope or of a pair of days.

    pointer: to the tree. Raises BadDefinition.
    """
    _check_names(where, pointer)
    _check_placed(where, pointer)


def walk(clause: Clause | None, pointer: str = "/where") -> Iterator[tuple[str, Clause]]:
    """Yield every clause of a tree with its JSON pointer, parents first."""
    if clause is None:
        return
    yield pointer, clause
    if isinstance(clause, And | Or):
        for number, arg in enumerate(clause.args):
            yield from walk(arg, f"{pointer}/args/{number}")
    elif isinstance(clause, Not):
        yield from walk(clause.arg, f"{pointer}/arg")
    elif isinstance(clause, Same):
        for number, placed in enumerate(clause.args):
            below = f"{pointer}/args/{number}"
            yield from (
                walk(placed.arg, f"{below}/arg") if isinstance(placed, NotLeaf) else walk(placed, below)
            )
    elif isinstance(clause, Temporal):
        yield from walk(clause.first, f"{pointer}/first")
        yield from walk(clause.second, f"{pointer}/second")


def check_shape(where: Any, pointer: str = "/where") -> None:
    """Refuse, before pydantic recurses, trees too deep or too large, and saved cohorts among leaves.

    pointer: to the tree. Raises BadDefinition.
    """
    nodes = 0
    root = pointer
    todo: list[tuple[Any, str, int, bool]] = [(where, root, 1, False)]
    while todo:
        node, pointer, depth, leaves_only = todo.pop()
        if not isinstance(node, Mapping):
            continue
        nodes += 1
        if depth > MAX_DEPTH:
            raise BadDefinition([Detail(root, f"clauses are nested deeper than {MAX_DEPTH}; flatten them")])
        if nodes > MAX_NODES:
            raise BadDefinition([Detail(root, f"more than {MAX_NODES} clauses; use lists of values instead")])
        op = node.get("op")
        if op == "cohort" and leaves_only:
            message = "same and temporal take leaves; a saved cohort stands beside them, in and, or, not"
            raise BadDefinition([Detail(f"{pointer}/op", message)])
        leaves_only = leaves_only or op in ("same", "temporal")
        args = node.get("args")
        below = list(enumerate(args)) if isinstance(args, list) else []
        todo += [(arg, f"{pointer}/args/{number}", depth + 1, leaves_only) for number, arg in below]
        todo += [
            (node.get(name), f"{pointer}/{name}", depth + 1, leaves_only)
            for name in ("arg", "first", "second")
        ]


KNOWN = ("and", "or", "not", "same", "temporal", "cohort", *LEAVES)


def _check_names(where: Clause | None, root: str) -> None:
    seen: set[str] = set()
    for pointer, clause in walk(where, root):
        if isinstance(clause, Leaf) and clause.as_ is not None:
            if clause.as_ in seen:
                raise BadDefinition([Detail(f"{pointer}/as", f"the name {clause.as_!r} is given twice")])
            seen.add(clause.as_)


def _check_placed(where: Clause | None, root: str) -> None:
    details: list[Detail] = []
    followed: set[str] = set()
    for pointer, clause in walk(where, root):
        if isinstance(clause, Same):
            if all(isinstance(arg, NotLeaf) for arg in clause.args):
                details.append(Detail(f"{pointer}/args", "same needs a clause that is not negated"))
            for number, arg in enumerate(clause.args):
                leaf, below = (arg.arg, "/arg") if isinstance(arg, NotLeaf) else (arg, "")
                place = f"{pointer}/args/{number}{below}"
                details += _misplaced(clause.scope, leaf, place)
                if clause.scope == "tracking":
                    followed.add(place)
        elif isinstance(clause, Measurement) and clause.change is not None and pointer not in followed:
            details.append(
                Detail(f"{pointer}/change", "change is told of one lesion: same with scope tracking")
            )
        elif isinstance(clause, Temporal):
            for name, leaf in (("first", clause.first), ("second", clause.second)):
                if leaf.count is not None:
                    details.append(
                        Detail(f"{pointer}/{name}/count", "temporal takes single matches, no count")
                    )
                if isinstance(leaf, Measurement) and leaf.pick != "any":
                    details.append(Detail(f"{pointer}/{name}/pick", "temporal takes every match, no pick"))
    if details:
        raise BadDefinition(details)


def _misplaced(scope: str, leaf: Leaf, pointer: str) -> list[Detail]:
    details = []
    if leaf.op not in SCOPES[scope]:
        message = f"`{leaf.op}` lies in no {scope}; scope {scope} takes {', '.join(SCOPES[scope])}"
        details.append(Detail(f"{pointer}/op", message))
    if isinstance(leaf, Measurement) and leaf.pick == "nearest":
        details.append(Detail(f"{pointer}/pick", "nearest is told per unit; inside same use first or latest"))
    if leaf.count is not None and leaf.count.admits_none:
        details.append(Detail(f"{pointer}/count", "inside same a count starts at 1; use not for none"))
    return details


def _detail(value: Any, error: Any) -> Detail:
    """Translate a pydantic error: its location names union tags too, which are no part of the document."""
    tokens: list[str] = []
    here = value
    for part in error["loc"]:
        in_list = isinstance(here, list) and isinstance(part, int) and part < len(here)
        if in_list or (isinstance(here, Mapping) and part in here):
            here = here[part]
            tokens.append(str(part))
    if error["type"] == "missing" and isinstance(here, Mapping):
        tokens.append(str(error["loc"][-1]))
    pointer = "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)
    return Detail(pointer, _MESSAGES.get(error["type"], error["msg"]).removeprefix("Value error, "))


_MESSAGES = {
    "union_tag_not_found": f"a clause needs an op: one of {', '.join(KNOWN)}",
    "union_tag_invalid": f"unknown op; this version knows {', '.join(KNOWN)}",
    "extra_forbidden": "unknown key; see GET /cohorts/api/v1/fields for what can be asked",
}
