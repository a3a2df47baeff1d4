"""The same cohort asked while objects arrive and go: every answer is of one generation, never torn.

`integration/api/test_one_generation.py` shows that the same questions notice torn answers. When
the transaction around a snapshot was taken away, this test failed within its time.
"""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

import one_generation
from api_client import API
from orthanc import states
from orthanc.load import Load, objects

SEED = 11
STORED = 2000
GENERATIONS = 25
SMALL_PUSHES = {"BatchInstances": 3, "BatchDelayMs": 1}
"""Generations follow each other fast, so that many answers are asked for across the end of one."""


class Asking:
    """Threads that ask the same questions over and over until they are stopped."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}{API}/"
        self._stop = threading.Event()
        self.found: list[one_generation.Fact] = []
        self.problems: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(unit,), daemon=True)
            for unit in ("patient", "patient", "study", "study")
        ]

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    @property
    def generations(self) -> int:
        return len({fact.generation for fact in list(self.found)})

    def _run(self, unit: str) -> None:
        limits = httpx.Limits(keepalive_expiry=0.3)
        with httpx.Client(base_url=self._url, timeout=60, trust_env=False, limits=limits) as client:

            def ask(route: str, body: dict[str, Any]) -> dict[str, Any]:
                answer = client.post(route, json=body)
                if answer.status_code != 200:
                    self.problems.append(f"{route}: {answer.status_code} {answer.text}")
                content: dict[str, Any] = answer.raise_for_status().json()
                return content

            try:
                while not self._stop.is_set():
                    self.found += one_generation.facts(ask, unit)
            except Exception as error:
                # Nobody else would hear of what ends a thread.
                self.problems.append(repr(error))


@pytest.mark.slow
def test_answers_are_of_one_generation_while_objects_arrive_and_go_at_full_speed(start_orthanc: Any) -> None:
    orthanc = start_orthanc(cohorts={**states.FAST, **SMALL_PUSHES}, config={"OverwriteInstances": True})
    orthanc.wait_ready()

    # What is stored, overwritten and deleted is chosen at random: cohorts grow and shrink all the time.
    load = Load(orthanc, objects(patients=60, versions=2), SEED, threads=6, pause_seconds=0.0)
    with load, Asking(orthanc.http_port) as asking:
        orthanc.wait_until(
            lambda: (load.stored >= STORED and asking.generations >= GENERATIONS) or bool(asking.problems),
            200,
            f"{STORED} objects are stored and {GENERATIONS} generations asked",
        )

    assert asking.problems == [] and load.problems == []
    assert one_generation.torn(asking.found) == []
    changing = {fact.number for fact in asking.found if (fact.unit, fact.name) == ("patient", "ct")}
    assert len(changing) >= 5
