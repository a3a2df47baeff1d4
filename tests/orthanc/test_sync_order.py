"""Order of arrival, and arrival before installation: the same index as if each object had come by itself."""

from __future__ import annotations

import random

import pytest

from orthanc import states
from orthanc.load import objects


def test_the_index_is_the_same_whatever_the_order_of_arrival(start_orthanc):
    files = [versions[0] for versions in objects(patients=8, versions=1)]
    found = []

    for seed in range(3):
        # Small batches, so that what belongs together arrives in different transactions.
        orthanc = start_orthanc(cohorts={**states.FAST, "BatchInstances": 3, "BatchDelayMs": 0})
        orthanc.wait_ready()
        for file in random.Random(seed).sample(files, len(files)):
            orthanc.store(file)
        states.pushed(orthanc)
        orthanc.terminate()
        found.append(states.snapshot(orthanc.data_directory))
        assert states.flaws(orthanc.data_directory) == []

    assert len(found[0]["instance"]) == len(files)
    assert states.differences(found[0], found[1]) == []
    assert states.differences(found[0], found[2]) == []
    # Reports and segmentations speak of an image, and take the time at which it was acquired.
    assert {row[-2] for row in found[0]["subject"]} == {"acquisition"}


@pytest.mark.parametrize("killed", [False, True])
def test_600_instances_of_before_the_installation_are_indexed_though_the_log_is_empty(start_orthanc, killed):
    files = [versions[0] for versions in objects(patients=120, versions=1)]
    orthanc = start_orthanc(plugin=False)
    for file in files:
        orthanc.store(file)
    orthanc.delete("/changes").raise_for_status()
    orthanc.terminate()

    orthanc.plugin = True
    orthanc.cohorts.update(states.FAST)
    orthanc.start()
    if killed:
        orthanc.wait_until(lambda: looked(orthanc) > 0, 30, "the backfill has begun")
        orthanc.kill()
        orthanc.start()
    health = states.settle(orthanc)
    states.assert_equal_to_orthanc(orthanc)

    assert len(states.indexed(orthanc.data_directory)) == 600
    # Resumed, not begun anew: what one of the two processes has indexed is not looked at again.
    assert health["looked"] <= 600


def looked(orthanc) -> int:
    sidecar = orthanc.status().get("sidecar") or {}
    return (sidecar.get("health") or {}).get("looked", 0)
