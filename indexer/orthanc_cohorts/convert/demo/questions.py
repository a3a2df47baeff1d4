"""Three cohorts that the demo asks, each as a sentence and as a definition of the cohort language.

Knows nothing of the answers; `expected` computes them from the plan alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Question(NamedTuple):
    """What is asked: a sentence for people, and the definition to send to `POST /cohorts/api/v1/count`."""

    sentence: str
    definition: dict[str, Any]


QUESTIONS: list[Question] = [
    Question(
        "Women of 80 or older, a CT with slices of 1.25 mm at most, calcium segmented on the aortic valve",
        {
            "version": 1,
            "unit": "patient",
            "where": {
                "op": "and",
                "args": [
                    {"op": "patient", "sex": ["F"], "age": {"ge": 80}},
                    {"op": "series", "modality": ["CT"], "slice_thickness": {"le": 1.25, "unit": "mm"}},
                    {"op": "segment", "property_type": ["SCT|18115005"], "region": ["SCT|34202007"]},
                ],
            },
        },
    ),
    Question(
        "Latest QTc above 450 ms and an annulus of 2.5 cm or wider, sent in mm or cm, in SCT or SRT codes",
        {
            "version": 1,
            "unit": "patient",
            "where": {
                "op": "and",
                "args": [
                    {
                        "op": "measurement",
                        "concept": ["MDC|2:15876"],
                        "value": {"gt": 450, "unit": "ms"},
                        "pick": "latest",
                    },
                    {
                        "op": "measurement",
                        "concept": ["SCT|81827009"],
                        "value": {"ge": 2.5, "unit": "cm"},
                        "site": ["SCT|34202007"],
                        "derivation": ["SCT|373098007"],
                    },
                ],
            },
        },
    ),
    Question(
        "A 12-lead ECG, 0.3 ml or more of valve calcium, and no pacemaker implantation in the history",
        {
            "version": 1,
            "unit": "patient",
            "where": {
                "op": "and",
                "args": [
                    {"op": "waveform", "modality": ["ECG"], "channels": {"ge": 12}},
                    {
                        "op": "measurement",
                        "concept": ["SCT|118565006"],
                        "value": {"ge": 0.3, "unit": "mL"},
                        "site": ["SCT|34202007"],
                    },
                    {
                        "op": "not",
                        "arg": {"op": "evaluation", "concept": ["SCT|387713003"], "value": ["SCT|307280005"]},
                    },
                ],
            },
        },
    ),
]
