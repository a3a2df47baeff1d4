"""One code space and one unit per dimension, beside what was sent and never instead of it.

Runs in the sidecar only: it knows pydicom's terminology tables and UCUM.
"""

from orthanc_cohorts.harmonise.body_parts import body_part
from orthanc_cohorts.harmonise.concepts import (
    canonical_concept,
    is_of_any_owner,
    is_private,
    mapping_source,
)
from orthanc_cohorts.harmonise.context_groups import context_group, context_group_hash
from orthanc_cohorts.harmonise.fingerprint import vocabulary_fingerprint
from orthanc_cohorts.harmonise.units import Unit, canonical_unit, convert, unit_of_code

__all__ = [
    "Unit",
    "body_part",
    "canonical_concept",
    "canonical_unit",
    "context_group",
    "context_group_hash",
    "convert",
    "is_of_any_owner",
    "is_private",
    "mapping_source",
    "unit_of_code",
    "vocabulary_fingerprint",
]
