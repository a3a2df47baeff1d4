"""Either process killed at any moment: afterwards the index equals what Orthanc holds."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time

import pytest

from orthanc import states
from orthanc.harness import Orthanc
from orthanc.load import Load, objects

OVERWRITING = {"OverwriteInstances": True}
SEED = 20
ROUNDS, KILLS_PER_ROUND = 3, 8


def kill_sidecar(orthanc: Orthanc) -> bool:
    """End the sidecar with SIGKILL; whether there was one."""
    children = orthanc.children()
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return bool(children)


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_killed_24_times_under_load_the_index_equals_what_orthanc_holds(start_orthanc):
    orthanc = start_orthanc(cohorts=states.FAST, config=OVERWRITING)
    orthanc.wait_ready()
    chance = random.Random(SEED)
    kills = {"sidecar": 0, "Orthanc": 0}

    with Load(orthanc, objects(patients=30, versions=3), SEED) as load:
        for _ in range(ROUNDS):
            done = 0
            while done < KILLS_PER_ROUND:
                time.sleep(0.1 + 1.4 * chance.random())
                if chance.random() < 0.4:
                    orthanc.kill()
                    orthanc.start()
                    kills["Orthanc"] += 1
                    done += 1
                elif kill_sidecar(orthanc):
                    kills["sidecar"] += 1
                    done += 1
            load.pause()
            states.assert_equal_to_orthanc(orthanc)
            orthanc.start()
            load.resume()
        load.pause()
        states.assert_equal_to_orthanc(orthanc)
    states.assert_equal_to_a_new_index(orthanc)

    assert sum(kills.values()) >= 20 and min(kills.values()) >= 5, kills
    assert load.stored > 500


@pytest.mark.timeout(180)
def test_stopped_under_load_nothing_is_lost(start_orthanc):
    orthanc = start_orthanc(cohorts=states.FAST, config=OVERWRITING)
    orthanc.wait_ready()

    with Load(orthanc, objects(patients=20, versions=3), SEED + 1) as load:
        for _ in range(3):
            time.sleep(1.5)
            stop_under_load(orthanc, load)
            orthanc.start()
        time.sleep(1.0)
        load.pause()
        states.assert_equal_to_orthanc(orthanc)

    assert load.stored > 50


@pytest.mark.alone
def test_orthanc_stores_at_its_own_speed_while_the_sidecar_is_dead(start_orthanc):
    files = [versions[0] for versions in objects(patients=30, versions=1)]
    bare = start_orthanc(plugin=False)
    orthanc = start_orthanc(cohorts=states.FAST)
    orthanc.wait_ready()
    for warm in (bare, orthanc):
        warm.store(files[0])

    alone = seconds_to_store(bare, files)
    kill_sidecar(orthanc)
    orphaned = seconds_to_store(orthanc, files)

    # Loose, since other work shares the machine: a store that waited for the sidecar would take seconds.
    assert orphaned < 3 * alone + 1.0
    states.assert_equal_to_orthanc(orthanc)


def stop_under_load(orthanc: Orthanc, load: Load) -> None:
    """Stop Orthanc with SIGTERM while stores go on, until it takes no more."""
    # Orthanc 1.10.1 ends only once stores pause for 100 ms: not within 25 s under this load, without our
    # plugin either (6 of 6 stops), so the senders slow down; what they store now raises no event any more.
    slowing_down = threading.Timer(1.0, load.trickle)
    slowing_down.start()
    orthanc.terminate()
    slowing_down.join()
    load.resume()


def seconds_to_store(orthanc: Orthanc, files: list[bytes]) -> float:
    started = time.monotonic()
    for file in files:
        orthanc.store(file)
    return time.monotonic() - started
