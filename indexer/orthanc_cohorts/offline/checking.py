"""Checking the reports among files against their templates, one file at a time.

Knows neither REST nor terminals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from orthanc_cohorts.model.rows import Columns
from orthanc_cohorts.offline.finding import File
from orthanc_cohorts.offline.reading import read_chunk
from orthanc_cohorts.offline.report import Trouble
from orthanc_cohorts.store.conformance import conformance
from orthanc_cohorts.templates import Finding

SEVERITIES = ("error", "warning", "info")
"""From the gravest on."""


class Checked(NamedTuple):
    """What a check of one file gave: whether it is a report, and how it breaks its template."""

    path: str
    is_document: bool
    findings: list[Finding]
    troubles: list[Trouble]


def checked(files: Iterable[File]) -> Iterator[Checked]:
    """Check file after file; what is no report has no findings, what cannot be read is trouble."""
    for file in files:
        chunk = read_chunk([file])
        found = conformance(chunk.tables, lambda number: True).get("conformance")
        is_document = "document" in chunk.tables
        yield Checked(file.path, is_document, _findings(found) if found else [], chunk.troubles)


def at_least(findings: Iterable[Finding], severity: str) -> list[Finding]:
    """Return the findings that are as grave as a severity, or graver."""
    grave = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return [finding for finding in findings if finding.severity in grave]


def _findings(columns: Columns) -> list[Finding]:
    names = ("path", "template_identifier", "rule", "severity", "expected", "found")
    return [Finding(*row) for row in zip(*(columns[name] for name in names), strict=True)]
