"""`convert nifti` as a person runs it: the page's own example, what is said, and what it takes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from flattened import rows_of
from nifti_made import LABELS, numbers, placed, rotation, write
from nifti_series import KINDS

CHECKOUT = Path(__file__).parents[3]
PAGE = CHECKOUT / "docs" / "conversion" / "nifti.md"
OBLIQUE = placed(rotation(20, -15, 8))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "orthanc_cohorts", "convert", "nifti", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def blocks(language: str) -> list[str]:
    """The examples of the page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_of_the_page_gives_images_and_a_segmentation_of_them(tmp_path: Path) -> None:
    write(tmp_path / "t1.nii.gz", numbers(), OBLIQUE)
    found = np.zeros((7, 6, 5), np.uint8)
    found[1:4, 2:5, 1:4], found[5, 5, 4] = 1, 2
    write(tmp_path / "heart.nii.gz", found, OBLIQUE)
    [text] = blocks("yaml")
    (tmp_path / "heart.yaml").write_text(text, encoding="utf-8")

    for line in blocks("sh")[0].strip().splitlines():
        program, *arguments = shlex.split(line)
        assert [program, *arguments[:2]] == ["orthanc-cohorts", "convert", "nifti"]
        result = run(tmp_path, *arguments[2:])
        assert result.returncode == 0, result.stderr

    images = [dcmread(path) for path in (tmp_path / "dicom" / "images").rglob("*.dcm")]
    [ds] = [dcmread(path) for path in (tmp_path / "dicom" / "segmentations").rglob("*.dcm")]
    assert len(images) == 5
    assert (ds.PatientID, ds.StudyInstanceUID) == ("P7", images[0].StudyInstanceUID)
    assert [one.SegmentLabel for one in ds.SegmentSequence] == [
        "Left ventricle",
        "Calcium of the mitral valve",
    ]


def test_each_problem_is_a_line_and_nothing_is_written(tmp_path: Path) -> None:
    write(tmp_path / "a.nii", numbers(shape=(7, 6, 5, 2)), OBLIQUE, sform_code=0, qform_code=0)

    result = run(tmp_path, "image", "a.nii", "--modality", "MR", "--patient-id", "P7", "--out", "out")

    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "orthanc-cohorts: a.nii: neither sform nor qform is set (both codes are 0): "
        "where its voxels lie in the patient is not known",
        "a.nii: it has 2 volumes (size 7 x 6 x 5 x 2): choose one with --volume, from 1",
    ]
    assert not list(tmp_path.rglob("*.dcm"))


def test_what_a_person_should_know_is_said(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).normal(0, 1, (7, 6, 5)).astype(np.float32)
    write(tmp_path / "a.nii", voxels, OBLIQUE, qoffset_x=-41.25)

    result = run(
        tmp_path, "image", "a.nii", "--modality", "MR", "--patient-id", "P7", "--quantise", "--out", "out"
    )  # fmt: skip

    assert result.returncode == 0, result.stderr
    apart, rounded, counts = result.stdout.splitlines()
    assert apart == "a.nii: sform and qform lie up to 4 mm apart: sform is taken"
    assert re.fullmatch(r"a\.nii: values are rounded by up to \d\.\d+e-05", rounded)
    assert counts == "out: 5 new, 0 changed, 0 unchanged objects"


def test_words_of_the_segmentation_type_may_be_small(tmp_path: Path) -> None:
    write(tmp_path / "t1.nii", numbers(), OBLIQUE)
    found = np.zeros((7, 6, 5), np.uint8)
    found[3, 3, 3] = 4
    write(tmp_path / "l.nii", found, OBLIQUE)
    (tmp_path / "l.yaml").write_text(LABELS, encoding="utf-8")
    one = run(tmp_path, "image", "t1.nii", "--modality", "CT", "--patient-id", "P7", "--out", "images")
    assert one.returncode == 0, one.stderr

    result = run(
        tmp_path, "segmentation", "l.nii", "--labels", "l.yaml", "--image", "images", "--out", "seg",
        "--type", "labelmap", "--time", "2024-05-03T10:11:12",
    )  # fmt: skip

    assert result.returncode == 0, result.stderr
    assert "l.nii: label 1 (Left ventricle) has no voxels: left out" in result.stdout
    ds = dcmread(next((tmp_path / "seg").glob("l-*.dcm")))
    assert (ds.SegmentationType, ds.ContentDate, ds.ContentTime) == ("LABELMAP", "20240503", "101112")
    assert [one.SegmentNumber for one in ds.SegmentSequence] == [0, 4]


def test_the_schema_on_the_page_is_that_of_the_command(tmp_path: Path) -> None:
    kept = (CHECKOUT / "docs" / "conversion" / "nifti-labels.schema.json").read_text(encoding="utf-8")

    assert run(tmp_path, "schema").stdout == kept


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_can_be_asked_for(tmp_path: Path, kind: str) -> None:
    files = KINDS[kind](tmp_path)

    rows = rows_of(files[0].read_bytes())

    [instance] = rows["instance"]
    assert instance
    if "segmentation" in kind:
        labels = {row[1] for row in rows["segment"]} - {"Background"}
        assert labels == ({"Left ventricle"} if "fractional" in kind else {
            "Left ventricle", "Calcium", "Right ventricle"
        })  # fmt: skip
    else:
        assert rows["segment"] == []


PEAK = """
import resource, sys
from datetime import date
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from nifti_made import CONTEXT
from orthanc_cohorts.convert.nifti.converting import convert_image
from orthanc_cohorts.convert.nifti.kind import Kind
import orthanc_cohorts.convert.nifti.segmentation

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

small, large, out = map(Path, sys.argv[2:5])
convert_image(small, out / "small", CONTEXT, Kind("CT"))
before = peak()
convert_image(large, out / "large", CONTEXT, Kind("CT"))
print(peak() - before)
"""


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize(("name", "volumes"), [("large.nii", 1.5), ("large.nii.gz", 2.5)])
def test_a_large_volume_is_written_in_memory_for_hardly_more_than_itself(
    tmp_path: Path, name: str, volumes: float
) -> None:
    voxels = numbers(shape=(256, 256, 300))
    small = write(tmp_path / "small.nii", numbers(), OBLIQUE)
    large = write(tmp_path / name, voxels, OBLIQUE)

    result = subprocess.run(
        [sys.executable, "-c", PEAK, str(CHECKOUT / "tests"), str(small), str(large), str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert int(result.stdout) < volumes * voxels.nbytes
    assert len(list((tmp_path / "large").rglob("*.dcm"))) == 300
