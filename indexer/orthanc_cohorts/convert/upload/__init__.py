"""Sending files to an Orthanc: several at once, going on where an earlier run ended, with a report.

`target` is where, `rest` and `stow` are how, `sending` is the work, `outcome` what became of it. It needs
nothing but the standard library.
"""

from __future__ import annotations

from orthanc_cohorts.convert.upload.files import files_below
from orthanc_cohorts.convert.upload.outcome import Outcome
from orthanc_cohorts.convert.upload.sending import Upload
from orthanc_cohorts.convert.upload.target import Refused, Target

__all__ = ["Outcome", "Refused", "Target", "Upload", "files_below"]
