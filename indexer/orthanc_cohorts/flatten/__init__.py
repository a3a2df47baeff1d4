"""Element tree to rows: everything an object says, as the tables of `model.schema`.

Pure but for `flatten_file`, which reads one file; standard library only, since it runs inside Orthanc.
"""

from __future__ import annotations

from orthanc_cohorts.dicom import values
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.dicom.json_adapter import read_json
from orthanc_cohorts.dicom.scan import scan_bytes, scan_file
from orthanc_cohorts.dicom.tree import DataSet, ParsedFile
from orthanc_cohorts.flatten import header, roles
from orthanc_cohorts.flatten.attributes import attribute_rows, item_attribute_rows
from orthanc_cohorts.flatten.codes import CodeReader
from orthanc_cohorts.flatten.content import (
    CONTENT_SEQUENCE,
    ContentReader,
    TooManyItems,
    content_edges,
)
from orthanc_cohorts.flatten.document import document_row, is_document
from orthanc_cohorts.flatten.findings import Findings
from orthanc_cohorts.flatten.header import ParentsUnknown, Stored
from orthanc_cohorts.flatten.participants import OBSERVER_CODES, content_participants, header_participants
from orthanc_cohorts.flatten.references import content_references, header_references
from orthanc_cohorts.flatten.roi import GROUP_SEQUENCE, STRUCTURE_SEQUENCE, roi_rows
from orthanc_cohorts.flatten.segment import SEGMENT_SEQUENCE, segment_rows
from orthanc_cohorts.flatten.statements import add_statements
from orthanc_cohorts.flatten.subjects import Subjects
from orthanc_cohorts.flatten.waveform import (
    ANNOTATION_SEQUENCE,
    WAVEFORM_SEQUENCE,
    annotation_rows,
    waveform_rows,
)
from orthanc_cohorts.model.rows import Rows

__all__ = [
    "ParentsUnknown",
    "Stored",
    "TooManyItems",
    "flatten",
    "flatten_bytes",
    "flatten_file",
    "flatten_json",
]


_DESCRIBING = roles.CODES | OBSERVER_CODES
"""Codes of concepts that describe what is around them: most items of a report have none of these."""


def flatten_file(path: str, stored: Stored, max_items: int | None = None) -> Rows:
    """Return the rows of a DICOM file; its bulk data is never read.

    Raises what `flatten` and `scan_file` raise.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 (no Path: hot path inside Orthanc)
        return flatten(scan_file(file), stored, max_items)


def flatten_bytes(data: bytes, stored: Stored, max_items: int | None = None) -> Rows:
    """Return the rows of a DICOM object held in memory.

    Raises what `flatten` and `scan_bytes` raise.
    """
    return flatten(scan_bytes(data), stored, max_items)


def flatten_json(data: bytes | str, stored: Stored, max_items: int | None = None) -> Rows:
    """Return the rows of an object in DICOM JSON: those of its file, but for transfer syntax and reader.

    Raises what `flatten` and `read_json` raise.
    """
    return flatten(read_json(data), stored, max_items)


def flatten(parsed: ParsedFile, stored: Stored, max_items: int | None = None) -> Rows:
    """Return everything a parsed object says, as rows.

    stored: what Orthanc says of it. max_items: refuse larger content trees, None for no limit.
    Raises TooManyItems; ParentsUnknown: see `header.with_parents`.
    """
    ds = parsed.dataset
    findings = Findings()
    for flaw in parsed.flaws:
        findings.add(flaw.rule, flaw.action, tag=flaw.tag)
    decoder = Decoder(values.word(ds, 0x00080005))
    if decoder.unknown is not None:
        findings.add("character-set-unknown", "Latin-1 is assumed", tag=0x00080005, raw_value=decoder.unknown)
    codes = CodeReader(decoder)
    rows = Rows()
    stored = header.with_parents(ds, stored, decoder)
    rows["instance"].append(header.instance_row(parsed, stored, findings))
    rows["instance_header"].append(header.header_row(ds, decoder, codes, findings))
    if CONTENT_SEQUENCE in ds or is_document(ds):
        _add_content(ds, decoder, codes, findings, max_items, rows)
    else:
        rows["reference"].extend(header_references(ds, codes, has_content=False))
    if SEGMENT_SEQUENCE in ds:
        rows["segment"].extend(segment_rows(ds, decoder, codes))
        rows["subject"].extend(Subjects().rows())
    if WAVEFORM_SEQUENCE in ds:
        groups, channels = waveform_rows(ds, decoder, codes)
        rows["waveform"].extend(groups)
        rows["waveform_channel"].extend(channels)
    if ANNOTATION_SEQUENCE in ds:
        rows["waveform_annotation"].extend(annotation_rows(ds, decoder, codes))
    if STRUCTURE_SEQUENCE in ds or GROUP_SEQUENCE in ds:
        rows["roi"].extend(roi_rows(ds, decoder, codes))
    rows["attribute"].extend(attribute_rows(ds, decoder, findings))
    if decoder.failed:
        findings.add("text-not-in-character-set", "decoded as UTF-8 or Latin-1", tag=0x00080005)
    rows["problem"].extend(findings.rows())
    return rows


def _add_content(
    ds: DataSet, decoder: Decoder, codes: CodeReader, findings: Findings, max_items: int | None, rows: Rows
) -> None:
    reader = ContentReader(codes, findings, max_items)
    nodes, items = reader.read(ds)
    rows["content_item"].extend(items)
    rows["code_alternative"].extend(reader.alternatives)
    rows["content_edge"].extend(content_edges(reader.edges, nodes))
    subjects = Subjects()
    rows["reference"].extend(content_references(nodes, subjects, codes))
    rows["reference"].extend(header_references(ds, codes, has_content=is_document(ds)))
    describing = [node for node in nodes if node.concept.code in _DESCRIBING]
    observers = content_participants(describing)
    rows["participant"].extend(observers)
    add_statements(nodes, describing, subjects, {path for path, *_ in observers}, rows)
    rows["subject"].extend(subjects.rows())
    rows["attribute"].extend(item_attribute_rows(nodes))
    if is_document(ds):
        rows["participant"].extend(header_participants(ds, decoder, codes, findings))
        rows["document"].append(document_row(ds, nodes, reader.deepest))
    for node in reader.parents:
        # Parents and children hold each other: cut, the whole tree is freed now, not by a later collection.
        node.children.clear()
