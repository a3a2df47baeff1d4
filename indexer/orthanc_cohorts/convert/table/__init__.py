"""Tables become reports: a column a coded observation, a row one report or more of a patient at one time."""

from __future__ import annotations

from orthanc_cohorts.convert.table.converting import Coverage, convert_table, look
from orthanc_cohorts.convert.table.mapping import Mapping, Source, mapping_of, schema
from orthanc_cohorts.convert.table.suggest import suggest

__all__ = ["Coverage", "Mapping", "Source", "convert_table", "look", "mapping_of", "schema", "suggest"]
