"""What a clinical header tells of the patient, as content items of a history (PS3.16 TID 3802) and around it.

Every statement becomes an item: coded where its meaning is sure, in its own words beside that; what no rule
knows is a comment. Knows nothing of waveforms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from pydicom.dataset import Dataset

from orthanc_cohorts.convert import content
from orthanc_cohorts.convert.coding import Coding, unit
from orthanc_cohorts.convert.ecg import codes
from orthanc_cohorts.convert.ecg.clinical import ClinicalHeader, Quantity, day, quantity
from orthanc_cohorts.convert.ecg.diseases import diseases, walls
from orthanc_cohorts.convert.ecg.examinations import examinations, ucum_of
from orthanc_cohorts.convert.header import dicom_datetime

HISTORY = Coding("LN", "11329-0", "History")
INDICATIONS = Coding("LN", "18785-6", "Indications for Procedure")
_PROBLEMS = Coding("LN", "11450-4", "Problem list")
_SOCIAL = Coding("LN", "29762-2", "Social History")
_SURGERY = Coding("LN", "10167-5", "Past Surgical History")
_TESTS = Coding("LN", "30954-2", "Relevant Diagnostic Tests and/or Laboratory Data")
_MEDICATION = Coding("LN", "10160-0", "History of Medication Use")
_CONCERN = Coding("DCM", "121430", "Concern")
_NOTED = Coding("DCM", "121431", "DateTime Concern Noted")
_DISEASE = Coding("SCT", "64572001", "Disease")
_THERAPY = Coding("SCT", "277132007", "Therapy")
_THROMBOLYSIS = Coding("SCT", "426347000", "Thrombolytic therapy")
_LYTIC = Coding("SCT", "303960004", "Thrombolytic agent")
_DOSAGE = Coding("SCT", "260911001", "Dosage")
_MEDICINE = Coding("DCM", "111516", "Medication Type")
_SMOKING = Coding("SCT", "365981007", "Tobacco Smoking Behavior")
_SMOKER = Coding("SCT", "77176002", "Current Smoker")
_NO_SMOKER = Coding("SCT", "266919005", "No History of Smoking")
_FORMER_SMOKER = Coding("SCT", "8517006", "Former Smoker")
_PROCEDURE = Coding("SCT", "387713003", "Surgical procedure")
_CATHETERIZATION = Coding("SCT", "41976001", "Cardiac catheterization")
_PROCEDURE_TIME = Coding("DCM", "122146", "Procedure DateTime")
_ADMISSION = Coding("SCT", "399423000", "Date of admission")
_ADMINISTERED = Coding("LN", "29549-3", "Medications Administered")
_MEDICATIONS = (
    (Coding("LN", "42346-7", "Medications on admission"), ("medication pre admission",)),
    (_ADMINISTERED, ("in hospital medication", "additional medication")),
    (Coding("LN", "10183-2", "Hospital discharge medications"), ("medication after discharge",)),
)
_SEVERAL = re.compile(r"\s*[,;]\s*")


class History:
    """The items of one clinical header; near: a day of about its time."""

    def __init__(self, header: ClinicalHeader, near: date | None = None) -> None:
        self._header, self._near = header, near
        self._unread: list[str] = []
        lytic = header.take("lytic agent")
        self.indications = self._indications()
        """Below "Indications for Procedure" (TID 3700)."""
        self.pressure = self._peripheral_pressure()
        """Systolic and diastolic, mmHg; None for not known (TID 3704)."""
        parts = (
            (_PROBLEMS, [*self._infarctions(lytic), *self._diagnoses()]),
            (_SOCIAL, self._smoking()),
            (_SURGERY, self._procedures()),
            (_TESTS, examinations(header)),
            (_MEDICATION, self._medication(self._lysis(lytic))),
        )
        below = [content.container(name, *items) for name, items in parts if items]
        self.items = [*below, *self._admission(), *self._comments()]
        """Below the history itself (TID 3802)."""

    def _indications(self) -> list[Dataset]:
        reason = self._header.take("reason for admission")
        if reason is None:
            return []
        found = [content.code(codes.FINDING, disease) for disease in diseases(reason)]
        return [*found, content.text(codes.FINDING, reason)]

    def _peripheral_pressure(self) -> Quantity | None:
        value = self._header.take("peripheral blood pressure syst/diast")
        found = None if value is None else quantity(value)
        if value is not None and (found is None or found.second is None or ucum_of(found) != "mm[Hg]"):
            self._unread.append(f"Peripheral blood pressure: {value}")
            return None
        return found

    def _infarctions(self, lytic: str | None) -> list[Dataset]:
        again = self._header.take("infarction date")
        noted = self._header.take("infarction date acute") or again
        therapy = [content.code(_THERAPY, _THROMBOLYSIS)] if lytic and lytic.lower() != "no" else []
        return [*self._acute(noted, therapy), *self._former()]

    def _acute(self, noted: str | None, therapy: Sequence[Dataset]) -> list[Dataset]:
        where = self._header.take("acute infarction localization")
        if where is not None and where.lower() == "no":
            self._unread += [] if noted is None else [f"Infarction date: {noted}"]
            return [content.code(codes.ACUTE_INFARCTION, codes.NO)]
        if where is None and noted is None:
            return []
        found = [self._infarction(codes.ACUTE_INFARCTION, where, noted, *therapy)]
        specific = codes.INFARCTIONS.get(walls(where or ""))
        return found if specific is None else [*found, self._concern(specific, noted)]

    def _former(self) -> list[Dataset]:
        where = self._header.take("former infarction localization")
        stated = [self._header.take(f"previous infarction {number} date") for number in (1, 2)]
        dates = [one for one in stated if one is not None]
        if where is not None and where.lower() == "no":
            self._unread += [f"Previous infarction date: {one}" for one in dates]
            return [content.code(codes.FORMER_INFARCTION, codes.NO)]
        if where is None and not dates:
            return []
        noted: list[str | None] = [*dates] or [None]
        return [self._infarction(codes.FORMER_INFARCTION, where, one) for one in noted]

    def _infarction(self, disease: Coding, where: str | None, noted: str | None, *more: Dataset) -> Dataset:
        """Return the concern of an infarction, with its localization as code and in words."""
        if where is None or where.lower() == "yes":
            return self._concern(disease, noted, *more)
        found = walls(where)
        site = codes.MYOCARDIUM.get(found, codes.LEFT_VENTRICLE)
        modified = [content.code(codes.SITE, site, rel="HAS CONCEPT MOD")] if found else []
        words = content.text(codes.SITE, where)
        return self._concern(disease, noted, words, *more, modifiers=modified)

    def _concern(
        self, disease: Coding, noted: str | None = None, *more: Dataset, modifiers: Sequence[Dataset] = ()
    ) -> Dataset:
        when = None if noted is None else day(noted, self._near)
        dated = [] if when is None else [content.datetime(_NOTED, when)]
        if noted is not None and when is None:
            dated = [content.text(codes.COMMENT, f"Date: {noted}")]
        said = _at(content.code(_DISEASE, disease, *modifiers), when)
        return content.container(_CONCERN, said, *dated, *more, template="3829")

    def _diagnoses(self) -> list[Dataset]:
        value = self._header.take("additional diagnoses")
        if value is None:
            return []
        if value.lower() == "no":
            return [content.text(_DISEASE, "Additional diagnoses: no")]
        return [content.text(_DISEASE, value), *(self._concern(disease) for disease in diseases(value))]

    def _smoking(self) -> list[Dataset]:
        value = self._header.take("smoker")
        if value is None:
            return []
        known = {"yes": _SMOKER, "no": _NO_SMOKER, "former": _FORMER_SMOKER, "ex": _FORMER_SMOKER}
        coded = known.get(value.lower())
        return [
            content.text(codes.COMMENT, f"Smoker: {value}")
            if coded is None
            else content.code(_SMOKING, coded)
        ]

    def _procedures(self) -> list[Dataset]:
        value = self._header.take("catheterization date")
        when = None if value is None else day(value, self._near)
        if value is None:
            return []
        dated = (
            content.text(codes.COMMENT, f"Date: {value}", rel="HAS PROPERTIES")
            if when is None
            else content.datetime(_PROCEDURE_TIME, when, rel="HAS PROPERTIES")
        )
        return [_at(content.code(_PROCEDURE, _CATHETERIZATION, dated), when)]

    def _medication(self, lysis: Sequence[Dataset]) -> list[Dataset]:
        found = []
        for phase, names in _MEDICATIONS:
            stated = [value for name in names if (value := self._header.take(name)) is not None]
            items = [content.text(_MEDICINE, medicine) for value in stated for medicine in _medicines(value)]
            items += lysis if phase is _ADMINISTERED else []
            if items:
                found.append(content.container(phase, *items))
        return found

    def _lysis(self, lytic: str | None) -> list[Dataset]:
        items = [] if lytic is None else [content.text(_LYTIC, lytic)]
        start, dosage = (
            self._header.take("start lysis therapy hh.mm"),
            self._header.take("dosage lytic agent"),
        )
        found = None if dosage is None else quantity(dosage)
        ucum = None if found is None else ucum_of(found)
        if found is not None and ucum is not None and found.second is None:
            items.append(content.num(_DOSAGE, found.first, unit(ucum)))
        elif dosage is not None:
            items.append(content.text(_DOSAGE, dosage))
        if start is not None:
            items.append(content.text(codes.COMMENT, f"Start of lysis therapy: {start}"))
        return items

    def _admission(self) -> list[Dataset]:
        value = self._header.take("admission date")
        when = None if value is None else day(value, self._near)
        if when is not None:
            return [content.date(_ADMISSION, when)]
        return [] if value is None else [content.text(_ADMISSION, value)]

    def _comments(self) -> list[Dataset]:
        left = [f"{one.name}: {one.value}" if one.name else one.value for one in self._header.rest]
        return [content.text(codes.COMMENT, words) for words in [*self._unread, *left]]


def _at(item: Dataset, when: date | None) -> Dataset:
    """Return an item of what happened on a day, so that questions about time find it there (PS3.3 C.17.3)."""
    if when is not None:
        item.ObservationDateTime = dicom_datetime(when)
    return item


def _medicines(value: str) -> list[str]:
    """Return the medicines of a list; names that only blanks part stay together, since names have blanks."""
    return [one for one in _SEVERAL.split(value) if one]
