"""The cohort language: from a definition to the units it is true for."""

from orthanc_cohorts.cohort.canonical import Canonical, canonical
from orthanc_cohorts.cohort.definition import BadDefinition, Definition, Detail, MalformedJson, loads, parse
from orthanc_cohorts.cohort.engine import Answer, Engine
from orthanc_cohorts.cohort.universe import Snapshot, Universe

__all__ = [
    "Answer",
    "BadDefinition",
    "Canonical",
    "Definition",
    "Detail",
    "Engine",
    "MalformedJson",
    "Snapshot",
    "Universe",
    "canonical",
    "loads",
    "parse",
]
