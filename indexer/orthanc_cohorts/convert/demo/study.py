"""The plan of the whole study: TAVI patients with CT before, ECGs around, reports and history.

Pure: no DICOM, no clock. Some low numbers carry one trap each, so that even a small study has them all.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from orthanc_cohorts.convert.demo.chance import Chance
from orthanc_cohorts.convert.demo.people import JAPANESE_NAME, WITHOUT_ID, draw_person
from orthanc_cohorts.convert.demo.plan import (
    ROWS,
    Blob,
    CtScan,
    Device,
    Ecg,
    History,
    Measures,
    PatientPlan,
    Person,
)

SUPERSEDED, DUPLICATE, NO_TEMPLATE, LEGACY_IN_CM, UNEVEN, NO_MANUFACTURER = 8, 9, 11, 12, 13, 14
"""Which patient, counted from 1, has which trap in the CT or its reports; chance adds more."""

SCANNERS = (
    Device("SIEMENS", "SOMATOM Force", "75612", "syngo CT VA50A"),
    Device("SIEMENS", "SOMATOM Force", "75612", "syngo CT VA50A"),
    Device("Siemens Healthineers", "NAEOTOM Alpha", "202017", "syngo CT VB10"),
    Device("GE MEDICAL SYSTEMS", "Revolution CT", "G7041", "revo_ct_21b.34"),
    Device("Philips", "iCT 256", "ICT0932", "4.1.6"),
    Device("Canon Medical Systems", "Aquilion ONE", "1CB18Z2244", "V10.2"),
)
KERNELS = {
    "SIEMENS": "Bv36d",
    "Siemens Healthineers": "Bv40",
    "GE MEDICAL SYSTEMS": "STANDARD",
    "Philips": "XCB",
}
ECG_DEVICES = (
    Device("Mortara Instrument, Inc.", "ELI380", "120380112", "2.5.1"),
    Device("GE Healthcare", "MAC 5500 HD", "SCD15120", "010A"),
    Device("PHILIPS", "PageWriter TC70", "US1190", "C.01"),
)
PROBLEMS = {
    "hypertension": 0.78,
    "coronary disease": 0.52,
    "diabetes": 0.31,
    "kidney disease": 0.28,
    "infarction": 0.13,
}
REMARK = {
    True: "Aufnahme zur Transkatheter-Klappenimplantation.\r\nÜbliche Vorbereitung, keine Besonderheiten.",
    False: (
        "Admitted for transcatheter aortic valve implantation after discussion in the heart team. Symptoms: "
        "dyspnea on exertion, NYHA III.\r\nTransfemoral access, self-expanding prosthesis, good position, no "
        "relevant paravalvular leak. Conduction watched on the ward for 48 hours; mobilised on the second "
        "day without problems. Dual antiplatelet therapy as discussed; control with ECG after three months."
    ),
}
"""Free text in German and English; the English one is longer than Orthanc's own JSON lets through."""


def plan_study(patients: int) -> list[PatientPlan]:
    """Return the plans of patients 1 to that number; a larger study leaves the first ones as they are.

    Raises ValueError: patients is less than 1.
    """
    if patients < 1:
        raise ValueError(f"{patients} patients: a study needs at least 1")
    return [plan_patient(number) for number in range(1, patients + 1)]


def plan_patient(number: int) -> PatientPlan:
    """Return what the archive holds of the patient with that number."""
    chance = Chance("patient", number)
    person = draw_person(number)
    intervention = datetime(2021, 3, 1, 8) + timedelta(days=chance.between("day", 0, 1000))
    trapped = number in (
        JAPANESE_NAME,
        SUPERSEDED,
        DUPLICATE,
        NO_TEMPLATE,
        LEGACY_IN_CM,
        UNEVEN,
        NO_MANUFACTURER,
    )
    ct = None
    if number == WITHOUT_ID[0] or (number != WITHOUT_ID[1] and (trapped or chance.happens("ct", 0.88))):
        ct = _ct(number, intervention)
    segmented = ct is not None and chance.happens("segmented", 0.72)
    # Who has no PatientID is one person per study (the index cannot join two), so the plan gives them one.
    alone = number in WITHOUT_ID
    paced_before = chance.happens("pacemaker before", 0.09)
    paced_after = paced_before or chance.happens("pacemaker after", 0.17)
    ecgs = () if alone and ct else _ecgs(number, intervention, paced_before, paced_after, alone)
    history = None
    if not alone and chance.happens("history", 0.88):
        history = _history(person, intervention, paced_after)
    return PatientPlan(
        person=person,
        ct=ct,
        segmented=segmented,
        measures=_measures(number, person, ct) if ct is not None else (),
        ecgs=ecgs,
        history=history,
    )


def _ct(number: int, intervention: datetime) -> CtScan:
    chance = Chance("ct", number)
    scanner = chance.pick("scanner", SCANNERS)
    if number == NO_MANUFACTURER:
        scanner = scanner._replace(manufacturer="")
    slices = chance.between("slices", 5, 8)
    annulus = round(chance.normal("annulus", 24.2, 2.2, 18.5, 31), 1)
    pixel = chance.pick("pixel", (0.625, 0.6836, 0.75))
    ring = annulus / 2 / pixel
    blobs = []
    for blob in range(chance.between("blobs", 0, 9)):
        angle = chance.unit(f"angle {blob}") * 6.283
        reach = ring * (0.25 + 0.65 * chance.unit(f"reach {blob}"))
        row, column = ROWS / 2 + reach * math.sin(angle), ROWS / 2 + reach * math.cos(angle)
        where = chance.between(f"slice {blob}", 1, slices - 2)
        blobs.append(Blob(where, round(row), round(column), chance.between(f"radius {blob}", 2, 6)))
    return CtScan(
        start=intervention
        + timedelta(days=-chance.between("days", 1, 60), minutes=chance.between("minutes", 0, 500)),
        scanner=scanner,
        slices=slices,
        pixel_mm=pixel,
        thickness_mm=chance.pick("thickness", (0.6, 0.75, 1.0, 1.0, 1.25, 1.5)),
        kvp=chance.pick("kvp", (80, 100, 100, 120)),
        kernel=KERNELS.get(scanner.manufacturer, "FC03"),
        native=chance.happens("native", 0.3),
        uneven=number == UNEVEN,
        annulus_mm=annulus,
        blobs=tuple(blobs),
        offset=chance.pick("offset", ("", "", "+0100")),
    )


def _measures(number: int, person: Person, ct: CtScan) -> tuple[Measures, ...]:
    chance = Chance("measures", number)
    trapped = number in (SUPERSEDED, DUPLICATE, NO_TEMPLATE, LEGACY_IN_CM, WITHOUT_ID[0])
    if not (trapped or chance.happens("measured", 0.9)):
        return ()
    measured = number == LEGACY_IN_CM or chance.happens("volume measured", 0.9)
    volume = ct.calcium_mm3 if measured else None
    severity = (
        None if volume is None else "mild" if volume < 150 else "moderate" if volume < 400 else "severe"
    )
    legacy = number == LEGACY_IN_CM or chance.happens("legacy", 0.22)
    final = Measures(
        written=ct.start + timedelta(days=chance.between("days", 0, 6), minutes=73),
        diameter_mm=ct.annulus_mm,
        largest_mm=round(ct.annulus_mm * (1.04 + 0.1 * chance.unit("oval")), 1),
        area_mm2=round(0.7854 * ct.annulus_mm**2 * 0.97) if chance.happens("area measured", 0.88) else None,
        volume_mm3=volume,
        severity=severity if chance.happens("graded", 0.8) else None,
        in_cm=number == LEGACY_IN_CM or chance.happens("cm", 0.3),
        legacy_codes=legacy,
        states_template=number != NO_TEMPLATE and chance.happens("template", 0.9),
        final=True,
    )
    if number == DUPLICATE:
        return (final, _with(final, copy_of=0))
    if number == SUPERSEDED or chance.happens("superseded", 0.1):
        return (_draft(final, chance), _with(final, replaces=0))
    return (final,)


def _draft(final: Measures, chance: Chance) -> Measures:
    wrong = round(final.diameter_mm + chance.pick("wrong by", (-1.7, -0.9, 1.1, 2.4)), 1)
    largest = round(max(final.largest_mm, wrong + 0.4), 1)
    written = final.written - timedelta(minutes=45)
    return _with(final, diameter_mm=wrong, largest_mm=largest, written=written, final=False)


def _with(measures: Measures, **changes: object) -> Measures:
    values = {name: getattr(measures, name) for name in Measures.__slots__}
    return Measures(**{**values, **changes})


def _ecgs(number: int, intervention: datetime, before: bool, after: bool, single: bool) -> tuple[Ecg, ...]:
    """The ECG before the intervention, the one some days after it, and perhaps a follow-up."""
    chance = Chance("ecgs", number)
    result = []
    if single or chance.happens("before", 0.92):
        day = intervention - timedelta(days=chance.between("days before", 0, 9))
        result.append(_ecg(number, "before", day.replace(hour=7), before))
    if not single and chance.happens("after", 0.86):
        day = intervention + timedelta(days=chance.between("days after", 1, 6))
        result.append(_ecg(number, "after", day.replace(hour=9), after))
    if not single and chance.happens("follow-up", 0.35):
        day = intervention + timedelta(days=chance.between("days later", 80, 420))
        result.append(_ecg(number, "later", day.replace(hour=14), after))
    return tuple(result)


def _ecg(number: int, when: str, day: datetime, paced: bool) -> Ecg:
    chance, who = Chance("ecg", number, when), Chance("rhythm", number)
    fibrillating = who.happens("atrial fibrillation", 0.24)
    rhythm = "paced rhythm" if paced else "atrial fibrillation" if fibrillating else "sinus rhythm"
    likely = (
        ("LBBB", "AV block I", "RBBB", None) if when != "before" else ("RBBB", "AV block I", None, None, None)
    )
    conduction = None if paced else chance.pick("conduction", likely)
    if conduction == "AV block I" and rhythm != "sinus rhythm":
        conduction = None
    rate = round(chance.normal("rate", 71, 11, 44, 128))
    qtc = round(chance.normal("qtc", 462 if paced or conduction == "LBBB" else 432, 24, 370, 560))
    qrs = round(chance.normal("qrs", 148 if paced or conduction in ("LBBB", "RBBB") else 94, 9, 70, 190))
    pr = round(chance.normal("pr", 228 if conduction == "AV block I" else 168, 14, 112, 320))
    # Bazett: QTc = QT / sqrt(RR in s); the interval is chosen first so that the two agree.
    qt = round(qtc * math.sqrt(60 / rate))
    device = chance.pick("device", ECG_DEVICES)
    recorded = chance.happens("recorded", 0.95)
    return Ecg(
        start=day
        + timedelta(minutes=chance.between("minute", 0, 150), seconds=chance.between("second", 0, 59)),
        device=device,
        seconds=chance.pick("seconds", (2, 4, 4, 5, 10)),
        implicit=device.model == "ELI380",
        heart_rate=rate,
        pr_ms=pr if rhythm == "sinus rhythm" else None,
        qrs_ms=qrs,
        qt_ms=qt,
        qtc_ms=qtc if chance.happens("qtc measured", 0.94) else None,
        rhythm=rhythm,
        conduction=conduction,
        in_seconds=device.model == "PageWriter TC70",
        rate_unit=chance.pick("rate unit", ("/min",) * 6 + ("{H.B.}/min",) * 3 + ("1",)),
        recorded=recorded,
        reported=chance.happens("reported", 0.9) or not recorded,
    )


def _history(person: Person, intervention: datetime, pacemaker: bool) -> History:
    chance = Chance("history", person.number)
    creatinine = round(chance.normal("creatinine", 1.15, 0.38, 0.5, 4.2), 2)
    hemoglobin = round(chance.normal("hemoglobin", 12.4, 1.6, 7.5, 17), 1)
    lab = chance.pick("laboratory", ("US", "US", "SI", "none"))
    others = tuple(name for name, share in PROBLEMS.items() if chance.happens(name, share))
    return History(
        written=intervention.replace(hour=16) + timedelta(days=chance.between("stay", 4, 12)),
        problems=("aortic stenosis", *others),
        pacemaker=pacemaker,
        creatinine={"US": (creatinine, "mg/dL"), "SI": (round(creatinine * 88.42), "umol/L")}.get(lab),
        hemoglobin={"US": (hemoglobin, "g/dL"), "SI": (round(hemoglobin * 10), "g/L")}.get(lab),
        nt_probnp_ng_l=chance.between("bnp", 150, 9000) if chance.happens("bnp taken", 0.6) else None,
        smoking=chance.pick("smoking", ("never smoked", "former smoker", "current smoker", None)),
        systolic_mmhg=round(chance.normal("pressure", 138, 17, 92, 205)) if lab != "none" else None,
        remark=REMARK[person.german] if chance.happens("remark", 0.4) else None,
    )
