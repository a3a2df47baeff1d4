"""One code space and one unit per dimension, beside what was sent and never instead of it.

Runs in the sidecar only: it knows pydicom's terminology tables and UCUM.
"""

from orthanc_cohorts.harmonise.concepts import canonical_concept
from orthanc_cohorts.harmonise.units import Unit, canonical_unit, convert, unit_of_code

__all__ = ["Unit", "canonical_concept", "canonical_unit", "convert", "unit_of_code"]
