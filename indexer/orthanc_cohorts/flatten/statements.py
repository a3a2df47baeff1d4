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
_INHERITED = frozenset(roles.INHERITED)
_NAMES = frozenset(role for key, role in roles.ROLES.items() if key in roles.LABELS)
_EVALUATED_IN = (roles.SITE, roles.LATERALITY)
_SILENT = frozenset({"IMAGE", "WAVEFORM", "COMPOSITE", "UIDREF", "PNAME", "DATETIME", "DATE", "TIME"})
"""Value types that are no statement by themselves."""
_CONTEXT_CODES = frozenset(code for _, code in roles.CONTEXT)


class Scope:
    """What holds below one place of the tree: the innermost group, inherited context, time and subject.

    inherited: site, laterality, method and procedure in force; observer: path of the item that names the
    observers in force; measurement: path of the NUM item that is qualified here; contexts: what follows from
    `inherited` for a statement that states nothing of its own.
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
        contexts: dict[tuple[str, ...], Context],
    ) -> None:
        self.group = group
        self.inherited = inherited
        self.time = time
        self.subject = subject
        self.observer = observer
        self.measurement = measurement
        self.contexts = contexts


def add_statements(
    nodes: list[Node], describing: list[Node], subjects: Subjects, observers: Container[str], rows: Rows
) -> None:
    """Append the group, measurement, evaluation and text rows of one content tree.

    nodes: in document order, the root first. describing: of these at least the items whose concept has one of
    `roles.CODES`. observers: paths of the items that name observers; those of the innermost item hold
    (PS3.3 C.17.5).
    """
    stated = _children_roles(describing)
    measurements, evaluations, texts = rows["measurement"], rows["evaluation"], rows["text_item"]
    regions = rows["region"]
    scopes: dict[Node | None, Scope] = {None: Scope(None, _NOTHING, None, WHOLE, None, None, {})}
    numbers = subjects.numbers
    for node in nodes:
        value_type = node.value_type
        if value_type in _SILENT and not node.children:
            continue
        above = scopes[node.parent]
        own = stated.get(node, _NOTHING)
        subject = numbers.get(node, above.subject)
        children = node.children
        if children and not (value_type in COORDINATES and _only_selects(children)):
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
            regions.append(region_row(node, above.group))
        elif node.continuous and (text := linearised(node)):
            texts.append(_text(node, above, subject, text))


def _only_selects(children: list[Node]) -> bool:
    """Tell whether coordinates have nothing below them but the one object that they were drawn in."""
    return len(children) == 1 and children[0].value_type in _SILENT and not children[0].children


def _is_context(concept: Code) -> bool:
    # By the code alone first: a key for each would mostly be made for nothing.
    return concept.code in _CONTEXT_CODES and concept.key in roles.CONTEXT


def _children_roles(describing: list[Node]) -> dict[Node, dict[str, Any]]:
    """Return, by item, the roles that its children fill; all children count, in any scheme.

    What names something is text, all else a code: NO_CODE where it is stated as text.
    """
    found: dict[Node, dict[str, Any]] = {}
    for node in describing:
        role = roles.ROLES.get(node.concept.key)
        if role is None or node.parent is None:
            continue
        value = node.value_code if node.value_type == "CODE" else node.text
        if value is None or value is NO_CODE:
            continue
        if role in _NAMES:
            value = value.meaning if type(value) is Code else value
        elif type(value) is not Code:
            value = NO_CODE
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
    inherited, contexts = above.inherited, above.contexts
    if own and node.value_type in ("CONTAINER", None) and not _INHERITED.isdisjoint(own):
        stated = {role: own[role] for role in own.keys() & _INHERITED}
        inherited, contexts = {**inherited, **stated}, {}
    time = node.observation_time or above.time
    if node.value_type == "NUM":
        return Scope(above.group, inherited, time, subject, observer, node.path, contexts)
    group = above.group
    if node.parent is not None and _is_group(node, own):
        rows["observation_group"].append(_group(node, above, own, inherited, subject, time, observer))
        group = node.path
    return Scope(group, inherited, time, subject, observer, _qualified(node, above), contexts)


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
        own.get(roles.TRACKING_IDENTIFIER),
        own.get(roles.TRACKING_UID),
        *own.get(roles.FINDING, NO_CODE),
        *own.get(roles.FINDING_CATEGORY, NO_CODE),
        *inherited.get(roles.SITE, NO_CODE),
        *inherited.get(roles.LATERALITY, NO_CODE),
        *inherited.get(roles.METHOD, NO_CODE),
        own.get(roles.SESSION),
        own.get(roles.TIME_POINT),
        own.get(roles.ALGORITHM_NAME),
        own.get(roles.ALGORITHM_VERSION),
        node.template,
        subject,
        *((time.time, "group", time.precision) if time else _NO_TIME),
        *inherited.get(roles.PROCEDURE, NO_CODE),
        observer,
    )


def _measurements(node: Node, above: Scope, own: dict[str, Any], subject: int) -> list[Row]:
    number = node.number
    codes, inherited = _context(own, above, _MEASURED_IN)
    tail = number.unit + number.qualifier + own.get(roles.DERIVATION, NO_CODE) + codes
    tail += (inherited, subject, *_time(node, above), _qualified(node, above))
    parts = number.parts or ((None, number.raw),)
    if len(parts) == 1:
        return [(node.path, above.group, 1) + node.concept + parts[0] + tail]
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
        if code is None:
            code = above.inherited.get(role)
            if code is None:
                code = NO_CODE
            else:
                inherited.append(role)
        codes += code
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
