"""FHIR R4: the patients of a frozen dataset, their studies, reports and statements as resources (NDJSON)."""

from orthanc_cohorts.fhir.ndjson import EVERYTHING, KINDS, export
from orthanc_cohorts.fhir.people import People, people

__all__ = ["EVERYTHING", "KINDS", "People", "export", "people"]
