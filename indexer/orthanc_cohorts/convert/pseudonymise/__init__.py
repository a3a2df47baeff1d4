"""DICOM objects under the pseudonyms of a site: PS3.15 basic profile with options, content trees included.

`objects` is the function from data set to data set, `folder` the work on many files; `profile` and `lists`
are the tables as data, `deciding` says what becomes of an attribute, `cleaning` does it.
"""

from __future__ import annotations

from orthanc_cohorts.convert.pseudonymise.folder import Report, pseudonymise_files
from orthanc_cohorts.convert.pseudonymise.objects import Pseudonymiser
from orthanc_cohorts.convert.pseudonymise.profile import Options
from orthanc_cohorts.convert.pseudonymise.rules import Rules, read_rules, schema
from orthanc_cohorts.convert.pseudonymise.tally import Tally

__all__ = [
    "Options",
    "Pseudonymiser",
    "Report",
    "Rules",
    "Tally",
    "pseudonymise_files",
    "read_rules",
    "schema",
]
