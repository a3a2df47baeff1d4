"""Codes in use: one row per meaning and language, with the canonical code they share."""

from __future__ import annotations

from pathlib import Path

import build
from flattened import stored
from orthanc_cohorts.store import Batch, Index
from orthanc_cohorts.store.statements import run


def report(language: str, meaning: str, patient: str) -> object:
    """Return a report in a language that names the same measurement in its own words."""
    items = [
        build.code(
            "DCM|121049|Language of Content Item and Descendants",
            f"RFC5646|{language}|x",
            rel="HAS CONCEPT MOD",
        ),
        build.num(f"SCT|439984002|{meaning}", "5", "mm"),
    ]
    return build.sr(items, PatientID=patient)


def test_meanings_are_collected_by_language_under_one_code(tmp_path: Path):
    index = Index.open(tmp_path)
    index.apply(
        Batch.of([stored(report("de-DE", "Durchmesser", "A")), stored(report("en-US", "Diameter", "B"))])
    )

    with index.read() as snapshot:
        found = run(
            snapshot.cursor,
            "SELECT meaning, language, n FROM concept WHERE canonical = 'SCT|439984002' ORDER BY ALL",
        )
    index.close()

    assert found == [("Diameter", "RFC5646|en-US", 1), ("Durchmesser", "RFC5646|de-DE", 1)]
