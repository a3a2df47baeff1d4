"""Which rules of templates the reports of an archive break, and where they come from; a real index."""

from __future__ import annotations

import asyncio
from pathlib import Path

import build
from flattened import stored
from orthanc_cohorts.api.asking import Desk
from orthanc_cohorts.api.limits import Deadline
from orthanc_cohorts.api.models import Conformance
from orthanc_cohorts.store import Batch, Index, Observed


def report(site: str, title: str = "DCM|126000|Imaging Measurement Report", **header: str) -> object:
    """Return a measurement report without the rows that TID 1500 requires."""
    return build.sr([], title=title, template="1500", InstitutionName=site, **header)


def conformance(index: Index) -> Conformance:
    async def ask() -> Conformance:
        return Desk(index).conformance(Deadline(10.0))

    return asyncio.run(ask())


def test_findings_are_counted_by_site_device_template_and_rule(tmp_path: Path):
    reports = [stored(report("A", PatientID=str(n), Manufacturer="ACME")) for n in range(3)]
    reports.append(stored(report("B", PatientID="9")))
    index = Index.open(tmp_path)
    index.apply(Batch.of(reports))

    found = conformance(index)

    index.close()
    assert (found.documents, found.with_errors) == (4, 4)
    missing = [b for b in found.breaks if b.rule.startswith("TID1500") and b.rule.endswith("-missing")]
    assert {(b.institution_name, b.template_identifier, b.documents) for b in missing} == {
        ("A", "TID1500", 3),
        ("B", "TID1500", 1),
    }
    assert {b.manufacturer for b in found.breaks if b.institution_name == "A"} == {"ACME"}


def test_findings_go_with_their_document(tmp_path: Path):
    rows = stored(report("A"))
    index = Index.open(tmp_path)
    index.apply(Batch.of([rows]))
    index.apply(Batch(gone=[Observed(rows["instance"][0][0], 2)]))

    found = conformance(index)

    index.close()
    assert (found.documents, found.with_errors, found.breaks) == (0, 0, [])
