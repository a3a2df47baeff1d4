"""The columnar schema as data: which tables an object flattens to, and what each column means.

One definition serves the flattener (order of values in a row), the index (`sql/schema`, held equal by a
test) and the documentation. Values only: no DuckDB, no pydicom.

Null rule: NULL always means "not stated"; empty text is never stored.
A coded value takes three columns, as sent: `<name>_scheme`, `<name>_code`, `<name>_meaning`. The canonical
column `<name>` (`SCHEME|code`, SRT made SCT) is added by the index, beside them and never instead.
"""

from __future__ import annotations

from orthanc_cohorts.model import contents, objects
from orthanc_cohorts.model.column import Column, Table

__all__ = ["TABLES", "Column", "Table"]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        objects.INSTANCE,
        objects.HEADER,
        contents.DOCUMENT,
        contents.CONTENT_ITEM,
        contents.GROUP,
        contents.MEASUREMENT,
        contents.EVALUATION,
        contents.TEXT_ITEM,
        contents.REGION,
        contents.CONTENT_EDGE,
        contents.CODE_ALTERNATIVE,
        contents.PARTICIPANT,
        contents.CONFORMANCE,
        objects.SUBJECT,
        objects.REFERENCE,
        objects.SEGMENT,
        objects.WAVEFORM,
        objects.WAVEFORM_CHANNEL,
        objects.WAVEFORM_ANNOTATION,
        objects.ROI,
        objects.ATTRIBUTE,
        objects.PROBLEM,
    )
}
"""Every table of rows that one object owns, by name; `instance` and `instance_header` have one row of it."""
