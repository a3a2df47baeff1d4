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


def test_a_code_tells_how_it_became_canonical(tmp_path: Path):
    items = [
        build.num("SRT|G-D7FE|Length", "1", "mm"),
        build.num("SCT|410668003|Length", "2", "mm"),
        build.num("SNOMEDCT|410668003|Length", "3", "mm"),
    ]
    index = Index.open(tmp_path)
    index.apply(Batch.of([stored(build.sr(items))]))

    with index.read() as snapshot:
        found = run(snapshot.cursor, "SELECT scheme, mapping FROM concept WHERE canonical = 'SCT|410668003'")
    index.close()

    assert sorted(found, key=str) == [("SCT", None), ("SNOMEDCT", "spelling"), ("SRT", "SNOMED RT to CT")]


def test_a_unit_tells_what_it_is_and_by_how_much(tmp_path: Path):
    items = [
        build.num("A", "2", "cm"),
        build.num("A", "1", "mm"),
        build.num("B", "120", "UCUM|mmHg|mmHg"),
        build.num("C", "1", "CID|3500|Pressure Unit"),
    ]
    index = Index.open(tmp_path)
    index.apply(Batch.of([stored(build.sr(items))]))

    with index.read() as snapshot:
        found = run(snapshot.cursor, "SELECT code, ucum, canonical, mapping, factor FROM unit ORDER BY code")
    index.close()

    assert found == [
        ("3500", None, None, "unknown", None),
        ("cm", "cm", "mm", None, 10.0),
        ("mm", "mm", "mm", None, 1.0),
        ("mmHg", "mm[Hg]", "mm[Hg]", "repaired", 1.0),
    ]
