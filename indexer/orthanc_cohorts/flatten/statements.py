"""What a content tree states: observation groups, measurements, evaluations and texts (PS3.3 C.17.5).

Pure; works on the nodes of `content`, never on bytes. Groups are found by shape; template ids only help.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from orthanc_cohorts.dicom.times import Moment
from orthanc_cohorts.flatten import roles
from orthanc_cohorts.flatten.codes import NO_CODE, Code
from orthanc_cohorts.flatten.content import COORDINATES
from orthanc_cohorts.flatten.node import Node
from orthanc_cohorts.flatten.region import region_row
from orthanc_cohorts.flatten.subjects import WHOLE, Subjects
from orthanc_cohorts.flatten.wording import linearised
from orthanc_cohorts.model.rows import Row, Rows

_NOTHING: dict[str, Any] = {}
_NO_TIME: Row = (None, None, None)
Context = tuple[Row, list[str] | None]
"""The codes of some roles, three values each, and the names of those that are inherited, None for none."""

_MEASURED_IN = (roles.METHOD, roles.SITE, roles.LATERALITY)
_EVALUATED_IN = (roles.SITE, roles.LATERALITY)
_CONTEXT_CODES = frozenset(code for _, code in roles.CONTEXT)


class Scope:
    """What holds below one place of the tree: the innermost group, inherited context, time and subject.

    inherited: site, laterality, method and procedure in force; observer: path of the item that names the
    observers in force; measurement: path of the NUM item that is qualified here; contexts: what follows for a
    statement that states nothing of its own.
    """

    __slots__ = ("contexts", "group", "inherited", "measurement", "observer", "subject", "time")

    def __init__(
        self,
        group: str | None,
        inherited: dict[str, Code],
        time: Moment | None,
        subject: int,
        observer: str | None,
        measurement: str | None,
    ) -> None:
        self.group = group
        self.inherited = inherited
        self.time = time
        self.subject = subject
        self.observer = observer
        self.measurement = measurement
        self.contexts: dict[tuple[str, ...], Context] = {}


def add_statements(nodes: list[Node], subjects: Subjects, observers: Container[str], rows: Rows) -> None:
    """Append the group, measurement, evaluation and text rows of one content tree.

    nodes: in document order, the root first. observers: paths of the items that name observers; those of the
    innermost item hold (PS3.3 C.17.5).
    """
    stated = _children_roles(nodes)
    measurements, evaluations, texts = rows["measurement"], rows["evaluation"], rows["text_item"]
    scopes: dict[Node | None, Scope] = {None: Scope(None, _NOTHING, None, WHOLE, None, None)}
    numbers = subjects.numbers
    for node in nodes:
        above = scopes[node.parent]
        value_type = node.value_type
        own = stated.get(node, _NOTHING)
        subject = numbers.get(node, above.subject)
        if node.children:
            observer = node.path if node.path in observers else above.observer
            scopes[node] = _enter(node, above, own, subject, observer, rows)
        if value_type == "NUM":
            measurements += _measurements(node, above, own, subject)
        elif value_type == "CODE":
            if node.value_code is not NO_CODE and not _is_context(node.concept):
                evaluations.append(_evaluation(node, above, own, subject))
        elif value_type == "TEXT":
            if node.text is not None and node.concept.key not in roles.LABELS:
                texts.append(_text(node, above, subject, None))
        elif value_type in COORDINATES:
            rows["region"].append(region_row(node, above.group))
        elif node.continuous and (text := linearised(node)):
            texts.append(_text(node, above, subject, text))


def _is_context(concept: Code) -> bool:
    # By the code alone first: a key for each would mostly be made for nothing.
    return concept.code in _CONTEXT_CODES and concept.key in roles.CONTEXT


def _children_roles(nodes: list[Node]) -> dict[Node, dict[str, Any]]:
    """Return, by item, the roles that its children fill; all children count, in any scheme."""
    found: dict[Node, dict[str, Any]] = {}
    codes = roles.CODES
    for node in [node for node in nodes if node.concept.code in codes]:
        role = roles.ROLES.get(node.concept.key)
        if role is None or node.parent is None:
            continue
        value = node.value_code if node.value_type == "CODE" else node.text
        if value is None or value is NO_CODE:
            continue
        found.setdefault(node.parent, {}).setdefault(role, value)
        if role == roles.LATERALITY and node.parent.parent is not None:
            # The side of a site or target region often stands below it (CP-1676), and speaks of its parent.
            around = roles.ROLES.get(node.parent.concept.key)
            if around in (roles.SITE, roles.TARGET_REGION):
                found.setdefault(node.parent.parent, {}).setdefault(role, value)
    return found


def _enter(
    node: Node, above: Scope, own: dict[str, Any], subject: int, observer: str | None, rows: Rows
) -> Scope:
    """Return the scope below an item that has children; write its group row if it is a group."""
    inherited = above.inherited
    if own and node.value_type in ("CONTAINER", None):
        stated = {role: own[role] for role in roles.INHERITED if role in own}
        inherited = {**inherited, **stated} if stated else inherited
    time = node.observation_time or above.time
    group = above.group
    if node.parent is not None and _is_group(node, own):
        rows["observation_group"].append(_group(node, above, own, inherited, subject, time, observer))
        group = node.path
    measurement = node.path if node.value_type == "NUM" else _qualified(node, above)
    return Scope(group, inherited, time, subject, observer, measurement)


def _qualified(node: Node, above: Scope) -> str | None:
    """Return the path of the NUM item that an item says more of; a source of its number does not."""
    return above.measurement if node.relationship != "INFERRED FROM" else None


def _is_group(node: Node, own: dict[str, Any]) -> bool:
    if node.value_type != "CONTAINER":
        return False
    if node.has_numbers or node.template in roles.GROUP_TEMPLATES:
        return True
    return node.concept.key in roles.GROUP_CONCEPTS or not roles.GROUP_SIGNS.isdisjoint(own)


def _group(
    node: Node,
    above: Scope,
    own: dict[str, Any],
    inherited: dict[str, Code],
    subject: int,
    time: Moment | None,
    observer: str | None,
) -> Row:
    return (
        node.path,
        above.group,
        _as_text(own.get(roles.TRACKING_IDENTIFIER)),
        _as_text(own.get(roles.TRACKING_UID)),
        *_as_code(own.get(roles.FINDING)),
        *_as_code(own.get(roles.FINDING_CATEGORY)),
        *_as_code(inherited.get(roles.SITE)),
        *_as_code(inherited.get(roles.LATERALITY)),
        *_as_code(inherited.get(roles.METHOD)),
        _as_text(own.get(roles.SESSION)),
        _as_text(own.get(roles.TIME_POINT)),
        _as_text(own.get(roles.ALGORITHM_NAME)),
        _as_text(own.get(roles.ALGORITHM_VERSION)),
        node.template,
        subject,
        *((time.time, "group", time.precision) if time else _NO_TIME),
        *_as_code(inherited.get(roles.PROCEDURE)),
        observer,
    )


def _measurements(node: Node, above: Scope, own: dict[str, Any], subject: int) -> list[Row]:
    number = node.number
    codes, inherited = _context(own, above, _MEASURED_IN)
    tail = (
        *number.unit,
        *number.qualifier,
        *_as_code(own.get(roles.DERIVATION)),
        *codes,
        inherited,
        subject,
        *_time(node, above),
        _qualified(node, above),
    )
    parts = number.parts or ((None, number.raw),)
    if len(parts) == 1:
        return [(node.path, above.group, 1, *node.concept, *parts[0], *tail)]
    return [
        (node.path, above.group, index, *node.concept, value, raw, *tail)
        for index, (value, raw) in enumerate(parts, 1)
    ]


def _evaluation(node: Node, above: Scope, own: dict[str, Any], subject: int) -> Row:
    codes, inherited = _context(own, above, _EVALUATED_IN)
    return (
        node.path,
        above.group,
        node.relationship,
        *node.concept,
        *node.value_code,
        *codes,
        inherited,
        subject,
        *_time(node, above),
        _qualified(node, above),
    )


def _text(node: Node, above: Scope, subject: int, linear: str | None) -> Row:
    section = node.parent
    while section is not None and section.concept is NO_CODE:
        section = section.parent
    return (
        node.path,
        above.group,
        *node.concept,
        node.text if linear is None else linear,
        linear is not None,
        *(section.concept if section is not None else NO_CODE),
        subject,
        *_time(node, above),
    )


def _context(own: dict[str, Any], above: Scope, wanted: tuple[str, ...]) -> Context:
    """Return the codes of the wanted roles, own before inherited, and the names of those inherited."""
    if not own:
        known = above.contexts.get(wanted)
        if known is not None:
            return known
    codes: list[str | None] = []
    inherited = []
    for role in wanted:
        code = own.get(role)
        if code is None and role in above.inherited:
            code = above.inherited[role]
            inherited.append(role)
        codes += _as_code(code)
    context = tuple(codes), sorted(inherited) or None
    if not own:
        above.contexts[wanted] = context
    return context


def _time(node: Node, above: Scope) -> Row:
    if node.observation_time is not None:
        return node.observation_time.time, "item", node.observation_time.precision
    if above.time is not None:
        return above.time.time, "group", above.time.precision
    return _NO_TIME


def _as_code(value: Any) -> Code:
    return value if type(value) is Code else NO_CODE


def _as_text(value: Any) -> str | None:
    return value.meaning if type(value) is Code else value
