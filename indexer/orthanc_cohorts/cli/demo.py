"""`demo`: an Orthanc with the plugin, files in it, three questions answered, until somebody interrupts.

Wires the parts together and prints; what it starts, it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthanc_cohorts import __version__
from orthanc_cohorts.cli import demo_files, demo_orthanc
from orthanc_cohorts.cli.connection import Credentials, Orthanc, Sidecar
from orthanc_cohorts.cli.convert.upload import show_outcome
from orthanc_cohorts.cli.demo_orthanc import AET, CALLING_AETS, DemoOrthanc
from orthanc_cohorts.cli.interrupts import Interrupted, Interrupts
from orthanc_cohorts.cli.status import is_current
from orthanc_cohorts.cli.terminal import complain, progress, say
from orthanc_cohorts.errors import CohortsError, ConfigurationError

START_SECONDS = 60.0
SIDECAR_SECONDS = 60.0
MAX_RESTARTS = 3


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    load: folders instead of the generated study. storage: kept; None: a temporary one.
    """

    empty: bool
    load: list[Path]
    patients: int
    http_port: int | None
    dicom_port: int | None
    storage: Path | None
    user: Credentials
    ready_file: Path | None


@dataclass(frozen=True, slots=True)
class Running:
    """A demo that has started."""

    process: DemoOrthanc
    orthanc: Orthanc
    socket: Path
    storage: Path
    http_port: int
    dicom_port: int
    user: Credentials


def run(options: Options) -> int:
    """Run a demo until SIGINT, SIGTERM or SIGHUP; return the exit status, 0 once it had been ready.

    Whatever happens, Orthanc and sidecar are ended and temporary folders removed before this returns.
    Raises CohortsError: something is missing or wrong; it had never been ready.
    """
    _check(options)
    found = demo_orthanc.installed()
    interrupts, ready = Interrupts(), False
    with interrupts.caught():
        try:
            with _started(options, found, interrupts) as demo:
                _fill(demo, options)
                if options.ready_file is not None:
                    _write_ready(options.ready_file, demo)
                ready = True
                say("Ready. Ctrl-C ends it.")
                while True:
                    demo.process.check()
                    time.sleep(0.3)
        except Interrupted as interrupted:
            say("Stopped.")
            return 0 if ready else 128 + interrupted.number
        except OSError as error:
            # A folder that cannot be written, a full disk: the message names it, a traceback helps nobody.
            raise CohortsError(str(error)) from error
        finally:
            if options.ready_file is not None:
                options.ready_file.unlink(missing_ok=True)


def _check(options: Options) -> None:
    if not (options.empty or options.load):
        demo_files.check_generator()
    if options.ready_file is not None:
        if not options.ready_file.absolute().parent.is_dir():
            raise ConfigurationError(f"--ready-file {options.ready_file}: its folder does not exist")
        # One that an earlier demo left behind would tell a waiting script something false.
        options.ready_file.unlink(missing_ok=True)


@contextmanager
def _started(options: Options, found: demo_orthanc.Installed, interrupts: Interrupts) -> Iterator[Running]:
    """Start Orthanc and sidecar, hand them over when both answer, and end them."""
    folder: Path | None = None
    process: DemoOrthanc | None = None
    try:
        with interrupts.held():
            folder = Path(tempfile.mkdtemp(prefix="orthanc-cohorts-"))
        storage = (options.storage or folder / "storage").absolute()
        storage.mkdir(parents=True, exist_ok=True)
        http_port, dicom_port = demo_orthanc.ports(options.http_port, options.dicom_port)
        settings = demo_orthanc.configuration(found, folder, storage, http_port, dicom_port, options.user)
        process = DemoOrthanc(found.program, folder, settings)
        with interrupts.held():
            process.start()
        orthanc = Orthanc(f"http://127.0.0.1:{http_port}", options.user)
        say(f"Orthanc starts at {orthanc.url}/ (its log: {process.log})")
        process.wait_until(lambda: _answers(orthanc), START_SECONDS, "Orthanc answers")
        process.wait_until(lambda: _sidecar_answers(orthanc, process), SIDECAR_SECONDS, "the sidecar answers")
        yield Running(process, orthanc, folder / "sidecar.sock", storage, http_port, dicom_port, options.user)
    finally:
        interrupts.ignore()
        if process is not None:
            process.stop()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _answers(orthanc: Orthanc) -> bool:
    with suppress(CohortsError):
        return bool(orthanc.get("/system"))
    return False


def _sidecar_answers(orthanc: Orthanc, process: DemoOrthanc) -> bool:
    sidecar = orthanc.plugin_status()["sidecar"]
    if sidecar["restarts"] >= MAX_RESTARTS:
        raise CohortsError(f"the sidecar does not start; the end of Orthanc's log:\n{process.last_lines()}")
    return bool(sidecar["health"])


def _fill(demo: Running, options: Options) -> None:
    """Load the files, wait until they can be counted, and show what can be asked."""
    from orthanc_cohorts.convert.upload import Target, Upload, files_below

    files: list[Path] = []
    if options.load:
        files = files_below(options.load)
        if not files:
            complain("there is no file below the folders to load")
    elif not options.empty:
        with progress(f"writing the demo study of {options.patients} patients") as advance:
            files = demo_files.generated(options.patients, demo.process.log.parent / "study", advance)
    if files:
        with progress("storing files in Orthanc") as advance:
            started = time.monotonic()
            outcome = Upload(Target(demo.orthanc.url, demo.user), files).run(advance, demo.process.check)
        show_outcome(outcome, time.monotonic() - started)
    with progress("indexing Orthanc's changes") as advance:
        health = _wait_countable(demo, advance)
    if health["unreadable"]:
        complain(f"{health['unreadable']} objects could not be read and are not in the index; see the log")
    if files or options.storage is not None:
        generated = bool(files) and not options.load
        _answer(demo, options.patients if generated else None, fresh=options.storage is None)
    _show_places(demo)


def _wait_countable(demo: Running, advance: Any) -> dict[str, Any]:
    """Wait until everything that Orthanc holds now is in the index; return the sidecar's health."""
    last = int(demo.orthanc.get("/changes?last")["Last"])
    health: dict[str, Any] = {}

    def countable() -> bool:
        status = demo.orthanc.plugin_status()
        found = status["sidecar"]["health"]
        if not found:
            return False
        health.update(found)
        advance(min(found["cursor_seq"], last), last)
        compared = found["reconcile"]["completed"] > 0 and found["reconcile"]["running"] != "series"
        return bool(status["queue"] == 0 and found["cursor_seq"] >= last and is_current(found) and compared)

    demo.process.wait_until(countable, None, "everything is indexed")
    return health


def _answer(demo: Running, patients: int | None, fresh: bool) -> None:
    """Ask three questions and print answers and times.

    patients: of the generated study, None for other files. fresh: nothing else is stored.
    """
    expected: list[int | None] = [None] * 3
    if patients is None:
        questions = GENERAL
    else:
        from orthanc_cohorts.convert.demo.expected import expected_counts
        from orthanc_cohorts.convert.demo.questions import QUESTIONS

        questions = [(question.sentence, question.definition) for question in QUESTIONS]
        if fresh:
            counts = expected_counts(patients)
            expected = [counts[f"question {number}"] for number in range(1, len(questions) + 1)]
    through = Sidecar(None, demo.orthanc)
    say()
    for (sentence, definition), planned in zip(questions, expected, strict=True):
        started = time.perf_counter()
        answer = through.count(json.dumps(definition).encode())
        elapsed_ms = (time.perf_counter() - started) * 1000
        say(f"{answer['count']:>7} patients  {elapsed_ms:6.1f} ms  {sentence}", style="bold")
        if planned is not None and planned != answer["count"]:
            complain(f"        the plan of the study says {planned}: this is a defect, please report it")
    say()


def _show_places(demo: Running) -> None:
    login = "" if demo.user is None else f" -u {demo.user[0]}:..."
    say(f"Page       {demo.orthanc.url}/cohorts/")
    say(f"Orthanc    {demo.orthanc.url}/app/explorer.html")
    say(f"Ask        curl -s{login} {demo.orthanc.url}/cohorts/api/v1/fields")
    say(f"Send       storescu -aec {AET} 127.0.0.1 {demo.dicom_port} FILE...")
    say(f"           (calling as {', '.join(CALLING_AETS)}, from 127.0.0.1 only)")
    if "DicomWeb" in demo.orthanc.get("/system").get("Plugins", []) or "dicom-web" in demo.orthanc.get(
        "/plugins"
    ):
        say(f"           or STOW-RS to {demo.orthanc.url}/dicom-web/studies")
    say(f"Storage    {demo.storage}")


def _write_ready(path: Path, demo: Running) -> None:
    """Write the ready file at once or not at all: whoever sees it can read it."""
    document = {
        "url": demo.orthanc.url,
        "http_port": demo.http_port,
        "dicom_port": demo.dicom_port,
        "aet": AET,
        "calling_aets": list(CALLING_AETS),
        "storage": str(demo.storage),
        "socket": str(demo.socket),
        "pid": demo.process.pid,
        "sidecar_pid": demo.orthanc.plugin_status()["sidecar"]["pid"],
        "version": __version__,
    }
    descriptor, temporary = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


GENERAL: list[tuple[str, dict[str, Any]]] = [
    ("All patients", {"version": 1, "unit": "patient", "where": {"op": "study"}}),
    ("With a structured report", {"version": 1, "unit": "patient", "where": {"op": "document"}}),
    (
        "With an image series and a measurement in a report",
        {
            "version": 1,
            "unit": "patient",
            "where": {
                "op": "and",
                "args": [
                    {"op": "series", "modality": ["CT", "MR", "US", "PT", "XA", "NM"]},
                    {"op": "measurement"},
                ],
            },
        },
    ),
]
"""What is asked of files that are not ours."""
