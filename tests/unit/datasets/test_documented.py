"""The dataset of docs/datasets.md is one that can be frozen."""

from __future__ import annotations

import json
import re
from pathlib import Path

from orthanc_cohorts.datasets import parse_dataset
from orthanc_cohorts.datasets.policy import refused


def test_the_example_is_a_dataset_that_the_usual_policy_lets_out(checkout: Path) -> None:
    text = (checkout / "docs" / "datasets.md").read_text(encoding="utf-8")
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    datasets = [example for example in examples if "cohort" in example]

    planned = [parse_dataset(example) for example in datasets]

    assert [one.asked.name for one in planned] == ["valves"]
    assert refused(planned[0].layout.columns, "pseudonymise") == []
