"""Load for a real Orthanc: threads that store, overwrite and delete small generated objects until paused.

Deterministic but for the interleaving of threads; survives an Orthanc that is killed meanwhile.
"""

from __future__ import annotations

import contextlib
import random
import threading
from types import TracebackType

import httpx

import build
from orthanc.harness import Orthanc


def objects(patients: int, versions: int) -> list[list[bytes]]:
    """Return the versions of each object; versions share all UIDs and differ in bytes.

    Every patient has two CT slices, an ECG, a segmentation of the first slice and a report on it.
    """
    found = []
    for number in range(patients):
        patient = f"P{number:03d}"
        taken = {"AcquisitionDateTime": f"2019{number % 12 + 1:02d}01080000"}
        image = build.ct(PatientID=patient)
        target = (
            image.StudyInstanceUID, image.SeriesInstanceUID, image.SOPClassUID, image.SOPInstanceUID,
        )  # fmt: skip
        makers = [
            lambda v, p=patient, t=taken: build.ct(PatientID=p, SeriesDescription=v, **t),
            lambda v, p=patient: build.ct(PatientID=p, InstanceNumber=2, SeriesDescription=v),
            lambda v, p=patient: build.ecg(PatientID=p, samples=10, SeriesDescription=v),
            lambda v, p=patient, i=image: build.seg(PatientID=p, source=i, SeriesDescription=v),
            lambda v, p=patient, t=target: build.sr(
                [build.num("Volume", str(len(v)), "mm3"), build.text("Note", v)], evidence=[t], PatientID=p
            ),
        ]
        found += [[build.to_bytes(make("x" * version)) for version in range(versions)] for make in makers]
    return found


class Load:
    """Threads at work on one Orthanc while the `with` block runs, except between pause and resume.

    pause_seconds: the longest pause of a thread between two acts.
    stored: objects stored so far. problems: answers that no load should get.
    """

    def __init__(
        self,
        orthanc: Orthanc,
        files: list[list[bytes]],
        seed: int,
        threads: int = 3,
        pause_seconds: float = 0.02,
    ) -> None:
        self._url = f"http://127.0.0.1:{orthanc.http_port}"
        self._files = files
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._busy = threading.Semaphore(threads)
        self._count = threads
        self._full_speed = self._pause_seconds = pause_seconds
        self.stored = 0
        self.problems: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(random.Random(f"{seed}/{number}"),), daemon=True)
            for number in range(threads)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._go.set()
        for thread in self._threads:
            thread.join(30)

    def pause(self) -> None:
        """Return when no request is under way; none starts before resume."""
        self._go.clear()
        for _ in range(self._count):
            assert self._busy.acquire(timeout=60)
        for _ in range(self._count):
            self._busy.release()

    def trickle(self) -> None:
        """Go on with long pauses, in which Orthanc 1.10.1 can stop, until resume."""
        self._pause_seconds = 1.5

    def resume(self) -> None:
        """Go on at full speed."""
        self._pause_seconds = self._full_speed
        self._go.set()

    def _run(self, chance: random.Random) -> None:
        with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as client:
            while not self._stop.is_set():
                self._go.wait()
                with self._busy:
                    if not self._go.is_set():
                        continue
                    with contextlib.suppress(httpx.TransportError):
                        self._act(client, chance)
                self._stop.wait(chance.random() * self._pause_seconds)

    def _act(self, client: httpx.Client, chance: random.Random) -> None:
        if chance.random() < 0.8:
            answer = client.post("/instances", content=chance.choice(chance.choice(self._files)))
            self.stored += answer.status_code == 200
        else:
            level = chance.choice(["instances", "instances", "series", "studies", "patients"])
            names = client.get(f"/{level}").json()
            if not names:
                return
            answer = client.delete(f"/{level}/{chance.choice(names)}")
        # Two threads may delete the same resource, or delete what is just being stored.
        if answer.status_code not in (200, 404) and not _lost_its_folder(answer):
            self.problems.append(f"{answer.request.method} {answer.request.url.path}: {answer.status_code}")


def _lost_its_folder(answer: httpx.Response) -> bool:
    """Whether Orthanc removed an empty folder of its storage that it was just about to write into.

    A race inside Orthanc 1.10.1: without any plugin, one of some 24,000 stores by six threads ended so.
    Nothing is stored then.
    """
    return answer.status_code == 500 and "Error while accessing the filesystem" in answer.text
