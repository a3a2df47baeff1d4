"""The command `convert pseudonymise`, as the documentation shows it and as it fails."""

from __future__ import annotations

import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from orthanc_cohorts.convert.demo.study import plan_patient
from orthanc_cohorts.convert.demo.write import patient_objects
from orthanc_cohorts.convert.upload import files_below
from pseudonymised import from_bytes, to_bytes, written

PATIENT = 1


@pytest.fixture
def place(tmp_path: Path, checkout: Path) -> Path:
    """A folder with some objects of a patient, a folder for the key, and the rules of the documentation."""
    for number, (name, ds) in enumerate(patient_objects(plan_patient(PATIENT))):
        if number % 9 == 0 or ds.Modality in ("SR", "SEG"):
            path = tmp_path / "study" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(to_bytes(ds))
    (tmp_path / "keys").mkdir()
    (tmp_path / "rules.yaml").write_text(block(checkout, "yaml"), encoding="utf-8")
    return tmp_path


def block(checkout: Path, language: str) -> str:
    """Return the first block of that language in the documentation."""
    text = (checkout / "docs/conversion/pseudonymise.md").read_text(encoding="utf-8")
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found
    return found.group(1)


def run(place: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in a folder."""
    words = shlex.split(command.replace("orthanc-cohorts", f"{sys.executable} -m orthanc_cohorts", 1))
    return subprocess.run(words, cwd=place, capture_output=True, text=True)


def test_the_command_of_the_documentation_writes_every_object(place, checkout):
    done = run(place, block(checkout, "sh"))

    objects = written(place / "study")
    assert (done.returncode, len(written(place / "pseudonymised"))) == (0, len(objects))
    assert f"pseudonymised: {len(objects)} objects, 0 refused" in done.stdout
    assert stat.S_IMODE((place / "keys" / "pseudonym.key").stat().st_mode) == 0o600


def test_what_is_written_is_what_upload_would_send(place, checkout):
    run(place, block(checkout, "sh"))

    found = files_below([place / "pseudonymised"])

    assert {Path(path) for path in found} == {
        place / "pseudonymised" / name for name in written(place / "pseudonymised")
    }


def test_the_function_of_the_documentation_gives_what_the_command_writes(place, checkout):
    run(place, block(checkout, "sh").replace(" --rules rules.yaml", ""))
    path = sorted((place / "study").rglob("history.dcm"))[0]
    told = {"key": (place / "keys" / "pseudonym.key").read_bytes()}
    example = block(checkout, "python").replace("image.dcm", str(path))

    exec(compile(example, "example", "exec"), told)

    assert to_bytes(told["anonymous"]) in written(place / "pseudonymised").values()


def test_a_second_run_says_that_nothing_changed(place, checkout):
    run(place, block(checkout, "sh"))
    before = written(place / "pseudonymised")

    done = run(place, block(checkout, "sh"))

    assert f"0 objects, {len(before)} unchanged" in done.stdout
    assert written(place / "pseudonymised") == before


def test_a_dry_run_names_attributes_and_no_values(place, checkout):
    patient = from_bytes(next(iter(written(place / "study").values())))

    done = run(place, block(checkout, "sh") + " --dry-run")

    assert done.returncode == 0
    assert re.search(r"^PatientID +replaced +\d+$", done.stdout, re.MULTILINE)
    assert patient.PatientID not in done.stdout
    assert not (place / "pseudonymised").exists()


def test_a_refused_object_is_named_and_the_others_are_written(place, checkout):
    path = sorted((place / "study").rglob("cta*.dcm"))[0]
    ds = from_bytes(path.read_bytes())
    ds.BurnedInAnnotation, ds.SOPInstanceUID = "YES", "1.2.3"
    (place / "study" / "burned.dcm").write_bytes(to_bytes(ds))

    done = run(place, block(checkout, "sh"))

    assert done.returncode == 1
    [line] = [line for line in done.stderr.splitlines() if "burned.dcm" in line]
    assert line.endswith(
        "states BurnedInAnnotation YES: its pixels name the patient (take it with --burned-in accept)"
    )
    assert len(written(place / "pseudonymised")) == len(written(place / "study")) - 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("study --out out", "--key-directory"),
        ("study --out study/out --key-directory keys", "study/out lies in study"),
        ("study --out out --key-directory keys --rules bad.yaml", "bad.yaml, row 1: texts.0.action"),
        ("--key-directory keys", "name files or folders"),
        ("study --out rules.yaml/out --key-directory keys", "cannot be written"),
    ],
)
def test_wrong_orders_are_told_and_write_nothing(place, command, said):
    (place / "bad.yaml").write_text("texts: [{concept: a|b, action: forget}]", encoding="utf-8")

    done = run(place, f"orthanc-cohorts convert pseudonymise {command}")

    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert not (place / "out").exists() and not (place / "study" / "out").exists()
