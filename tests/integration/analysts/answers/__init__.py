"""Five questions about a snapshot, answered by each tool in its own way.

An answer is rows of (what, count, sum): a label, how many, and a float sum, 0.0 where nothing is summed.

- `both`: patients with a CT and an ECG. Joins by 64-bit keys, distinct.
- `measured`: per concept and canonical unit, how many values, and their sum. Groups, nulls, floats.
- `modalities`: studies by number of modalities, and those with an SR among them. A column of lists.
- `days`: of how many patients the first ECG was so many days from the first CT. Timestamps without zone.
- `qtc`: patients whose latest QTc is above 450 ms, and the sum of all latest ones. The last row of a group.
"""

from __future__ import annotations

Rows = list[tuple[str, int, float]]
Answers = dict[str, Rows]
