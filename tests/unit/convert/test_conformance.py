"""Every report of the demo study against its template: nothing is wrong but what the plan wants wrong."""

import io
from collections import Counter, defaultdict

import pytest

from flattened import ANYWHERE
from orthanc_cohorts.convert.demo.plan import Ecg, History, Measures
from orthanc_cohorts.convert.demo.study import plan_patient
from orthanc_cohorts.convert.demo.write import patient_objects
from orthanc_cohorts.errors import UnknownContextGroup
from orthanc_cohorts.flatten import flatten_bytes
from orthanc_cohorts.harmonise import canonical_concept, context_group
from orthanc_cohorts.templates import Finding, Item, check, items_of

PATIENTS = 16
"""Enough that every deliberate mistake is among them."""

Key = tuple[int, str]
"""Number of the patient, name of the file without folder and suffix."""


@pytest.fixture(scope="module")
def contents() -> dict[Key, list[Item]]:
    """The content items of every report."""
    found = {}
    for number in range(1, PATIENTS + 1):
        for name, ds in patient_objects(plan_patient(number)):
            if ds.Modality == "SR":
                buffer = io.BytesIO()
                ds.save_as(buffer, enforce_file_format=True)
                rows = flatten_bytes(buffer.getvalue(), ANYWHERE)
                found[number, name[12:-4]] = items_of(rows["content_item"])
    return found


@pytest.fixture(scope="module")
def findings(contents: dict[Key, list[Item]]) -> dict[Key, list[Finding]]:
    """What the check says of every report."""
    return {key: check(items, canonical_concept, value_set) for key, items in contents.items()}


def value_set(cid: int) -> frozenset[str] | None:
    """Return the codes of a context group, None where it is not known."""
    try:
        return context_group(cid)
    except UnknownContextGroup:
        return None


def of_measures(measures: Measures) -> list[str]:
    """Return the rules that a measurement report breaks on purpose."""
    return [] if measures.states_template else ["template-missing"]


def of_ecg(ecg: Ecg) -> list[str]:
    """Return the rules that an ECG report breaks on purpose: s for ms, and a rate without a unit."""
    stated = {"pr": ecg.pr_ms, "qrs": ecg.qrs_ms, "qt": ecg.qt_ms, "qtc": ecg.qtc_ms, "rr": 1}
    rules = [f"TID3713-{row}-unit" for row, value in stated.items() if ecg.in_seconds and value is not None]
    return rules + ["TID3713-ventricular-rate-unit"] * (ecg.rate_unit == "1")


def of_history(history: History) -> list[str]:
    """Return the rules that a history breaks on purpose: the implantation modifies its container."""
    return ["TID3830-row1-relationship"] * history.pacemaker


def on_purpose() -> dict[Key, Counter[str]]:
    """Return the rules that each report breaks because the plan says so."""
    rules: dict[Key, list[str]] = {}
    for number in range(1, PATIENTS + 1):
        plan = plan_patient(number)
        for position, measures in enumerate(plan.measures, 1):
            rules[number, f"ct/measurements{position}"] = of_measures(measures)
        for position, ecg in enumerate(plan.ecgs, 1):
            if ecg.reported:
                rules[number, f"ecg{position}/report"] = of_ecg(ecg)
        if plan.history is not None:
            rules[number, "history"] = of_history(plan.history)
    return {key: Counter(broken) for key, broken in rules.items()}


def test_a_report_breaks_its_template_only_where_the_plan_wants_it(findings):
    found = {key: Counter(one.rule for one in broken) for key, broken in findings.items()}

    assert found == on_purpose()


def test_no_report_of_the_demo_has_an_error(findings):
    errors = {key: one for key, broken in findings.items() for one in broken if one.severity == "error"}

    assert errors == {}


def test_every_mistake_that_is_made_on_purpose_is_in_a_small_study(findings):
    kinds = {one.rule for broken in findings.values() for one in broken}

    assert kinds == {
        "template-missing",
        "TID3713-pr-unit",
        "TID3713-qrs-unit",
        "TID3713-qt-unit",
        "TID3713-qtc-unit",
        "TID3713-rr-unit",
        "TID3713-ventricular-rate-unit",
        "TID3830-row1-relationship",
    }


def test_ecg_reports_and_histories_state_their_template_and_those_of_the_containers_in_it(contents):
    stated: dict[str, set[frozenset[str]]] = defaultdict(set)

    for (_, name), items in contents.items():
        templates = frozenset(one.template_identifier for one in items if one.template_identifier)
        stated[name.rpartition("/")[2]].add(templates)

    assert stated["history"] == {frozenset({"3802", "3829"})}
    assert stated["report"] == {frozenset({"3700", "3704", "3708", "3713"})}


@pytest.mark.parametrize("sex", ["F", "M", ""])
def test_an_ecg_report_states_the_sex_even_where_it_is_unknown(sex):
    numbers = range(1, 120)
    plan = next(
        p for p in map(plan_patient, numbers) if p.person.sex == sex and any(e.reported for e in p.ecgs)
    )

    reports = [ds for name, ds in patient_objects(plan) if name.endswith("report.dcm")]

    characteristics = reports[0].ContentSequence[-1].ContentSequence
    assert characteristics[1].ConceptCodeSequence[0].CodeValue == (sex or "U")
