"""From rows of values to matches per unit, in the units of one generation.

Knows what a range asks; no statements.
"""

from __future__ import annotations

import numpy as np

from orthanc_cohorts.cohort.picking import matching
from orthanc_cohorts.cohort.plan import Tree
from orthanc_cohorts.cohort.reading import Columns
from orthanc_cohorts.cohort.universe import Keys, Universe


def measured(universe: Universe, unit: str, leaf: Tree, rows: Columns) -> tuple[Keys, int]:
    """Return matches per unit key, and how many rows were left out for their dimension.

    rows: as `plan` yields them for a measurement with a range; of live units only.
    """
    fits = rows["comparable"]
    studies = rows["study_key"][fits]
    in_time = {name: rows[name][fits] for name in ("rank", "timed") if name in rows}
    counts = matching(
        leaf.get("pick", "any"),
        universe.units(unit, studies),
        rows["value"][fits],
        leaf["value"],
        len(universe.live[unit]),
        **in_time,
    )
    return counts, int(np.count_nonzero(~fits))
