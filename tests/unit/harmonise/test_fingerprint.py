"""The fingerprint of the vocabulary: stable, and another one for any other table."""

from __future__ import annotations

import copy
import subprocess
import sys

from orthanc_cohorts.harmonise import vocabulary_fingerprint
from orthanc_cohorts.harmonise.fingerprint import _tables, fingerprint


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    code = "from orthanc_cohorts.harmonise import vocabulary_fingerprint; print(vocabulary_fingerprint())"
    environment = {"PYTHONHASHSEED": "1", "PYTHONPATH": ":".join(sys.path)}

    other = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert other.stdout.strip() == vocabulary_fingerprint()


def test_one_changed_code_anywhere_gives_another_fingerprint() -> None:
    for place in range(len(_tables())):
        tables = copy.deepcopy(_tables())
        part = tables[place][0] if isinstance(tables[place], list) else tables[place]
        part[next(iter(part))] = "another"

        assert fingerprint(tables) != vocabulary_fingerprint()
