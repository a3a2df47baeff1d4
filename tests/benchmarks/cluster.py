"""Flattening as a Spark job beside `flatten` of one machine: files a second, with one and two workers.

Both read the same files of the demo study on this machine, where Spark's own process shares the cores.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure, Part
from orthanc_cohorts.convert.demo.write import write_demo_study
from orthanc_cohorts.offline import files_in, flattened

PATIENTS = 600
WORKERS = (1, 2)


def missing() -> str | None:
    """Return why no Spark can be started, None if one can."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed; pip install -e '.[spark]'"
    if shutil.which("java") is None:
        return "there is no Java; Debian: apt-get install default-jre-headless"
    return None


def measure(folder: Path, quick: bool, say: Callable[[str], None]) -> Part:
    """Return files a second of both ways, each with one and two workers; folder: for files and results."""
    archive, few = folder / "archive", folder / "few"
    files = len(write_demo_study(archive, 12 if quick else PATIENTS))
    write_demo_study(few, 4)
    offline, spark = {}, {}
    for workers in WORKERS:
        offline[workers] = files / _offline(archive, folder / f"offline-{workers}", workers)
        say(f"  flatten with {workers}: {offline[workers]:.0f} files/s")
        spark[workers] = files / _spark(archive, few, folder, workers)
        say(f"  Spark with {workers}: {spark[workers]:.0f} files/s")
    how = (
        f"{files:,} files of the generated study (images, waveforms, segmentations, reports), from files to "
        "finished Parquet: by `flatten`, which takes in all objects in one process beside its readers, and "
        "by the Spark job, policy `pseudonymise`, which writes a lake. Spark runs on the same cores; it has "
        "flattened a few files before, so that its start is not counted. The passes have a cost of their "
        "own, of some seconds, that a larger archive shares out."
    )
    figures = [
        *(Figure(f"flatten, {n} worker{'s' * (n > 1)}", offline[n], "files/s") for n in WORKERS),
        *(Figure(f"Spark, {n} worker{'s' * (n > 1)}", spark[n], "files/s") for n in WORKERS),
        Figure("Spark, 2 workers to 1", spark[2] / spark[1], "x"),
        Figure("Spark to flatten, 2 workers each", spark[2] / offline[2], "x"),
    ]
    return Part("An archive by Spark", how, figures)


def _offline(archive: Path, out: Path, jobs: int) -> float:
    began = perf_counter()
    with flattened(files_in([archive])[0], out, jobs=jobs) as made:
        made.publish()
    return perf_counter() - began


def _spark(archive: Path, few: Path, folder: Path, workers: int) -> float:
    """Return the seconds of a job in a session of so many workers that has run another one before."""
    from orthanc_cohorts.cluster import Archive, Settings, flatten_archive
    from orthanc_cohorts.cluster.spark import session
    from orthanc_cohorts.datasets import Pseudonyms

    settings = Settings("pseudonymise", Pseudonyms(b"k" * 32))
    with session(f"local[{workers}]") as spark:
        for number, place in enumerate((few, few, archive)):
            began = perf_counter()
            flatten_archive(spark, Archive([str(place)]), folder / f"lake-{workers}-{number}", settings)
    return perf_counter() - began
