"""The content tree: nested items to nodes in document order, and their `content_item` rows (PS3.3 C.17.3).

Pure; knows what an item says, not what it means for a patient (see `statements`).
"""

from __future__ import annotations

from sys import maxsize

from orthanc_cohorts.dicom import times, values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.tree import DataSet, Value
from orthanc_cohorts.errors import CohortsError
from orthanc_cohorts.flatten.codes import NO_CODE, Code, CodeReader, is_shared
from orthanc_cohorts.flatten.findings import Findings
from orthanc_cohorts.flatten.node import NO_GRAPHIC, Graphic, Node
from orthanc_cohorts.flatten.numeric import measured_value
from orthanc_cohorts.model.rows import Row

CONTENT_SEQUENCE = 0x0040A730
VALUE_TYPE = 0x0040A040
MAX_DEPTH = 2_500
"""Items below this depth are not followed: their paths alone would fill the memory."""

_RELATIONSHIP = 0x0040A010
_CONCEPT_NAME = 0x0040A043
_CONCEPT_CODE = 0x0040A168
_TEXT_VALUE = 0x0040A160
_BY_REFERENCE = 0x0040DB73
_EQUIVALENT = 0x00080121
_OBSERVATION_TIME = 0x0040A032
_OBSERVATION_UID = 0x0040A171
_PLAIN_CODE = 3
"""Elements of a code item without version, equivalents or context: value, scheme, meaning."""

_VALUE_TYPES = frozenset(
    {"TEXT", "NUM", "CODE", "DATETIME", "DATE", "TIME", "UIDREF", "PNAME", "COMPOSITE", "IMAGE", "WAVEFORM"}
    | {"SCOORD", "SCOORD3D", "TCOORD", "CONTAINER", "TABLE"}
)
_VALUE_TYPE_ALIASES = {"PERSON NAME": "PNAME", "NUMERIC": "NUM", "UID": "UIDREF", "DATE TIME": "DATETIME"}
_SIGNS = (
    (0x0040A300, "NUM"),
    (_CONCEPT_CODE, "CODE"),
    (_TEXT_VALUE, "TEXT"),
    (0x0040A120, "DATETIME"),
    (0x0040A121, "DATE"),
    (0x0040A122, "TIME"),
    (0x0040A123, "PNAME"),
    (0x0040A124, "UIDREF"),
    (0x00700022, "SCOORD"),
    (CONTENT_SEQUENCE, "CONTAINER"),
)
"""Which attribute tells the value type where none is stated."""

_TERMS: dict[object, str] = {
    (term + padding).encode(): term
    for term in (
        *_VALUE_TYPES,
        *("CONTAINS", "HAS PROPERTIES", "HAS OBS CONTEXT", "HAS ACQ CONTEXT", "INFERRED FROM"),
        *("SELECTED FROM", "HAS CONCEPT MOD"),
    )
    for padding in ("", " ")
}
"""Value types and relationship types as encoded, so that the usual ones need no decoding."""

_UID_CHARACTERS, _UID_LENGTH = "0123456789.", 64
_KNOWN_TYPES = {term: name for term, name in _TERMS.items() if name in _VALUE_TYPES}
COORDINATES = frozenset({"SCOORD", "SCOORD3D", "TCOORD"})
_REFERRING = COORDINATES | {"IMAGE", "WAVEFORM", "COMPOSITE"}
_TEXT_TAGS = {
    "UIDREF": 0x0040A124,
    "PNAME": 0x0040A123,
    "DATETIME": 0x0040A120,
    "DATE": 0x0040A121,
    "TIME": 0x0040A122,
}
ITEM_TAGS = frozenset(
    {
        *(0x00080005, 0x00081199, 0x0040A010, 0x0040A032, 0x0040A040, 0x0040A043, 0x0040A050, 0x0040A171),
        *(0x0040A120, 0x0040A121, 0x0040A122, 0x0040A123, 0x0040A124, 0x0040A160, 0x0040A168),
        *(0x0040A300, 0x0040A301, 0x0040A504, 0x0040A730, 0x0040DB73),
        *(0x00700022, 0x00700023, 0x0070031A, 0x0040A130, 0x0040A132, 0x0040A138, 0x0040A13A),
        *(0x30060024, 0x00480301),
    }
)
"""What a content item is made of; anything else in it is kept as an attribute."""
_GRAPHIC_DATA = ((0x00700022, b"FL"), (0x0040A132, b"UL"), (0x0040A138, b""), (0x0040A13A, b""))
_NO_TIME: Row = (None, None, None)
_NO_CONTAINER: Row = (None, None, None)
_NO_MEASURED: Row = (None,) * 10
_NO_ANSWER: Row = (*NO_CODE, *_NO_CONTAINER)
_TEXT_ONLY: Row = (*_NO_TIME, *_NO_MEASURED, *_NO_ANSWER)
_NOTHING_SAID: Row = (None, *_TEXT_ONLY)
_SEPARATE: Row = ("SEPARATE", None, None)
_ONLY_SEPARATE: Row = (None, *_NO_TIME, *_NO_MEASURED, *NO_CODE, *_SEPARATE)
"""What a container of the usual kind says."""


Kind = tuple[Code, str | None, str | None, Row, Value]
"""What items of a kind share: concept name, relationship, value type, the columns from `relationship` to
`concept_version`, and the sequence that names the concept."""
_MOST_KINDS = 4_096
_KINDS: dict[tuple[object, ...], Kind] = {}
"""By value type and relationship as encoded and the identity of the name: `dicom.scan` hands out one list for
equal bytes. The kind keeps it, so that no other list takes its identity."""


class TooManyItems(CohortsError):
    """The object has more content items than the caller wants to handle here."""


def content_edges(edges: list[Node], nodes: list[Node]) -> list[Row]:
    """Return the `content_edge` rows of by-reference items; cycles are edges too (PS3.3 C.17.3.2.5)."""
    paths = {node.path for node in nodes} if edges else set()
    return [
        (node.path, node.parent.path, node.relationship, node.target, node.target in paths)
        for node in edges
        if node.parent is not None
    ]


class ContentReader:
    """Walks one content tree; holds what its items share: codes under each character set, and problems.

    alternatives: `code_alternative` rows met. edges: nodes of by-reference items. parents: nodes that
    have children. deepest: largest depth met.
    """

    def __init__(self, codes: CodeReader, findings: Findings, max_items: int | None) -> None:
        self._codes = codes
        self._findings = findings
        self._max_items = max_items
        self.alternatives: list[Row] = []
        self.edges: list[Node] = []
        self.parents: list[Node] = []
        self.deepest = 0

    def read(self, root: DataSet) -> tuple[list[Node], list[Row]]:
        """Return the nodes in document order and their `content_item` rows, the root first.

        Raises TooManyItems: more than max_items.
        """
        nodes: list[Node] = []
        rows: list[Row] = []
        most = maxsize if self._max_items is None else self._max_items
        # Last in, first out: children are pushed in reverse, so that they come out in document order.
        waiting = [Node(root, None, "1", 1, 0, self._codes)]
        while waiting:
            node = waiting.pop()
            if len(nodes) >= most:
                raise TooManyItems(
                    f"more than {self._max_items} content items; read this object in the sidecar"
                )
            nodes.append(node)
            rows.append(self._row(node))
            children = node.item.get(CONTENT_SEQUENCE)
            if type(children) is list and children:
                if node.depth >= MAX_DEPTH:
                    self._note(node, "too-deep", "items below are not followed")
                    continue
                path, depth, codes = node.path, node.depth + 1, node.codes
                if depth > self.deepest:
                    self.deepest = depth
                node.children = [
                    Node(child, node, f"{path}.{number}", number, depth, codes)
                    if 0x00080005 not in child
                    else Node(child, node, f"{path}.{number}", number, depth, _language(child))
                    for number, child in enumerate(children, 1)
                ]
                waiting += reversed(node.children)
                self.parents.append(node)
        return nodes, rows

    def _note(self, node: Node, rule: str, action: str, raw_value: str | None = None) -> None:
        self._findings.add(rule, action, path=node.path, raw_value=raw_value)

    def _row(self, node: Node) -> Row:
        item, parent = node.item, node.parent
        names = item.get(_CONCEPT_NAME)
        try:
            kind = _KINDS.get((item.get(VALUE_TYPE), item.get(_RELATIONSHIP), id(names)))
        except TypeError:  # a sequence where a term belongs
            kind = None
        if kind is None or parent is None or _BY_REFERENCE in item:
            kind = self._kind(node, names)
        node.concept, node.relationship, value_type, stated, _ = kind
        node.value_type = value_type
        observation = observation_uid = None
        if _OBSERVATION_TIME in item:
            node.observation_time = moment = self._moment(node, _OBSERVATION_TIME)
            observation = moment.time if moment is not None else None
        if _OBSERVATION_UID in item:
            observation_uid = values.word(item, _OBSERVATION_UID)
        graphic_type, data, frame_of_reference = NO_GRAPHIC
        if value_type not in _REFERRING or _TEXT_VALUE in item:
            said = self._said(node, value_type)
        else:
            said = _NOTHING_SAID
        if value_type in COORDINATES:
            node.graphic = graphic_type, data, frame_of_reference = _graphic(item)
        return (
            (node.path, parent.path if parent is not None else None, node.ordinal, node.depth)
            + stated
            + said
            + (observation, observation_uid, graphic_type, data, frame_of_reference, node.target)
        )

    def _kind(self, node: Node, names: Value) -> Kind:
        """Return what kind of item this is; remembered where its bytes mean the same in every object."""
        item, parent = node.item, node.parent
        by_reference = self._by_reference(node) if _BY_REFERENCE in item else None
        sent_type, sent_relationship = item.get(VALUE_TYPE), item.get(_RELATIONSHIP)
        try:
            value_type, relationship = _KNOWN_TYPES.get(sent_type), _TERMS.get(sent_relationship)
        except TypeError:  # a sequence where a term belongs
            value_type = relationship = None
        usual = value_type is not None and relationship is not None and parent is not None
        raw_type = None
        if value_type is None:
            value_type, raw_type = self._value_type(node, by_reference)
        if parent is None:
            relationship = None
        elif relationship is None:
            relationship = self._relationship(node)
        concept, version = NO_CODE, None
        if type(names) is list and names:
            concept = node.codes.of(names)
            if len(names) > 1 or len(names[0]) > _PLAIN_CODE:
                version, usual = self._version(node, names), False
            usual = usual and is_shared(names)
        kind = (
            concept,
            relationship,
            value_type,
            (relationship, value_type, raw_type, *concept, version),
            names,
        )
        if usual:
            if len(_KINDS) >= _MOST_KINDS:
                _KINDS.clear()
            _KINDS[sent_type, sent_relationship, id(names)] = kind
        return kind

    def _relationship(self, node: Node) -> str | None:
        stated = values.word(node.item, _RELATIONSHIP)
        if stated is None:
            self._note(node, "relationship-missing", "taken as CONTAINS")
        return stated

    def _version(self, node: Node, names: list[DataSet]) -> str | None:
        """Return the coding scheme version of a concept name; keep what else its sequence says."""
        if len(names) > 1 or _EQUIVALENT in names[0]:
            self._add_alternatives(node, "concept", names)
        return values.word(names[0], 0x00080103)

    def _said(self, node: Node, value_type: str | None) -> Row:
        """Set the value of an item; return the columns from `text_value` to `mapping_resource`."""
        item = node.item
        moment, container = _NO_TIME, _NO_CONTAINER
        if value_type == "NUM":
            if node.parent is not None:
                node.parent.has_numbers = True
            measured = node.number = measured_value(item, node.codes, node.path, self._findings)
            value, raw, _, numerator, denominator, unit, qualifier = measured
            text = values.long_text(item, _TEXT_VALUE, node.codes.decoder) if _TEXT_VALUE in item else None
            number = (text, None, None, None, value, raw, numerator, denominator)
            return number + unit + qualifier + _NO_ANSWER
        if value_type == "TEXT":
            node.text = values.long_text(item, _TEXT_VALUE, node.codes.decoder)
            return (node.text,) + _TEXT_ONLY
        if value_type == "CODE":
            self._answered(node)
        elif value_type == "CONTAINER" or value_type is None:
            container = self._container(node)
            if container is _SEPARATE and _TEXT_VALUE not in item:
                return _ONLY_SEPARATE
        elif value_type in _TEXT_TAGS:
            moment = self._text_and_time(node, value_type)
            if moment is _NO_TIME and node.text is not None:
                return (node.text,) + _TEXT_ONLY
        text = node.text
        if text is None and _TEXT_VALUE in item:
            text = values.long_text(item, _TEXT_VALUE, node.codes.decoder)
        return (text,) + moment + _NO_MEASURED + node.value_code + container

    def _answered(self, node: Node) -> None:
        """Set the value of a CODE item, the first where several are sent."""
        answers = node.item.get(_CONCEPT_CODE)
        node.value_code = node.codes.of(answers)
        if type(answers) is list and answers and (len(answers) > 1 or _EQUIVALENT in answers[0]):
            self._add_alternatives(node, "value_code", answers)
            if len(answers) > 1:
                self._note(node, "code-several-values", "the first is used; the others are alternatives")

    def _add_alternatives(self, node: Node, role: str, stated: list[DataSet]) -> None:
        """Keep the codes beside the first of a sequence, and those that are said to mean the same."""
        further = [("further", item) for item in stated[1:]]
        equivalent = [("equivalent", other) for item in stated for other in values.items(item, _EQUIVALENT)]
        for number, (kind, item) in enumerate((*further, *equivalent), 1):
            self.alternatives.append((node.path, role, kind, number, *node.codes.read(item)))

    def _container(self, node: Node) -> Row:
        """Set the template of a container; return (continuity, template, mapping resource)."""
        item = node.item
        continuity = values.word(item, 0x0040A050)
        if continuity == "CONTINUOUS":
            node.continuous = True
        if 0x0040A504 not in item:
            return _SEPARATE if continuity == "SEPARATE" else (continuity, None, None)
        template = values.first_item(item, 0x0040A504)
        node.template = values.word(template, 0x0040DB00)
        return continuity, node.template, values.word(template, 0x00080105)

    def _value_type(self, node: Node, by_reference: str | None) -> tuple[str | None, str | None]:
        """Return (normalised, as sent where that differs)."""
        stated = values.word(node.item, VALUE_TYPE)
        if stated in _VALUE_TYPES or (by_reference is not None and stated is None):
            return stated, None
        alias = _VALUE_TYPE_ALIASES.get(stated or "")
        if alias is None:
            alias = next((name for tag, name in _SIGNS if tag in node.item), None)
        if node.parent is not None or stated is not None:
            rule = "value-type-missing" if stated is None else "value-type-unknown"
            self._note(node, rule, f"taken as {alias}" if alias else "kept without value", stated)
        return alias or stated, stated

    def _by_reference(self, node: Node) -> str | None:
        target = values.integers(node.item, _BY_REFERENCE, b"UL")
        if not target:
            self._note(node, "by-reference-empty", "kept without target")
            return None
        node.target = ".".join(map(str, target))
        self.edges.append(node)
        return node.target

    def _moment(self, node: Node, tag: int) -> times.Moment | None:
        stated = values.word(node.item, tag)
        moment = times.parse_datetime(stated)
        if stated and moment is None:
            self._findings.add("time-unreadable", "kept as text", path=node.path, tag=tag)
        return moment

    def _text_and_time(self, node: Node, value_type: str) -> Row:
        """Set the text of a UIDREF, PNAME or date and time item; return its (time, precision, offset)."""
        tag = _TEXT_TAGS[value_type]
        node.text = values.text(node.item, tag, node.codes.decoder)
        if value_type == "UIDREF" and node.text and not _is_uid(node.text):
            self._findings.add("uid-malformed", "kept as text", path=node.path, tag=tag)
        if value_type == "DATETIME":
            return self._moment(node, tag) or _NO_TIME
        if value_type == "DATE":
            day = times.parse_date(node.text)
            return (f"{day} 00:00:00", "day", None) if day else _NO_TIME
        if value_type == "TIME":
            clock = times.parse_time(node.text)
            return (f"{times.EPOCH_DAY} {clock[0]}", clock[1], None) if clock else _NO_TIME
        return _NO_TIME


def _language(item: DataSet) -> CodeReader:
    """Return how the texts and codes of an item with a character set of its own are read."""
    return CodeReader(Decoder(values.word(item, 0x00080005)))


def _is_uid(text: str) -> bool:
    # No regular expression: this takes a third of its time.
    return len(text) <= _UID_LENGTH and not text.strip(_UID_CHARACTERS)


def _graphic(item: DataSet) -> Graphic:
    """Return what SCOORD, SCOORD3D or TCOORD draw (PS3.3 C.18.6, C.18.7, C.18.9)."""
    kind = values.word(item, 0x00700023) or values.word(item, 0x0040A130)
    frame_of_reference = values.word(item, 0x30060024)
    for tag, vr in _GRAPHIC_DATA:
        if tag in item:
            found = values.numbers(item, tag, vr)
            if not found or type(found[0]) is not float:  # where the first is a float, all are, or None
                found = [n if n is None else float(n) for n in found]
            return kind, found, frame_of_reference
    return kind, None, frame_of_reference
