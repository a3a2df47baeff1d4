"""Data of a made-up TAVI study as hospitals have it: a registry, CT, calcium, ECGs, annulus points.

usage: python generate.py FOLDER [PATIENTS]

Nobody's data: all is drawn from one seed, so that it is the same everywhere. Needs numpy and nibabel.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from datetime import date, timedelta
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

SEED = 20240502
SHAPE = (64, 56, 24)
SPACING_MM = (0.7, 0.7, 1.5)
SAMPLES, SAMPLING_HZ = 5_000, 500
LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
COLUMNS = (
    "patient", "sex", "born", "procedure_date", "aortic_stenosis", "coronary_disease", "diabetes",
    "prosthesis", "prosthesis_size", "creatinine", "hemoglobin", "nt_probnp", "pacemaker_30d",
)  # fmt: skip


def main(folder: Path, patients: int = 4) -> None:
    """Write a registry, and a folder for each patient."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "registry.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(1, patients + 1):
            chance = np.random.default_rng([SEED, number])
            radius_mm = chance.uniform(10.5, 13.5)
            writer.writerow(_registry(number, radius_mm, chance))
            _patient(folder / f"TAVI-{number:03}", radius_mm, chance)


def _registry(number: int, radius_mm: float, chance: np.random.Generator) -> tuple[object, ...]:
    born = date(1938, 1, 1) + timedelta(days=int(chance.integers(0, 4_000)))
    done = date(2023, 1, 9) + timedelta(days=int(chance.integers(0, 300)))
    return (
        f"TAVI-{number:03}",
        "mf"[int(chance.integers(0, 2))],
        born.isoformat(),
        done.isoformat(),
        1,
        int(chance.random() < 0.5),
        int(chance.random() < 0.3),
        ("balloon", "self-expanding")[int(chance.integers(0, 2))],
        int(2 * math.ceil(radius_mm) + 1),
        round(chance.uniform(0.6, 2.0), 2),
        "NA" if number % 4 == 0 else round(chance.uniform(9, 15), 1),
        0 if number % 3 == 0 else int(chance.integers(200, 6_000)),
        int(chance.random() < 0.25),
    )


def _patient(folder: Path, radius_mm: float, chance: np.random.Generator) -> None:
    folder.mkdir(exist_ok=True)
    affine = _affine(chance)
    ct, calcium, ring = _volume(radius_mm, chance)
    nib.save(nib.Nifti1Image(ct, affine), folder / "ct.nii.gz")
    nib.save(nib.Nifti1Image(calcium, affine), folder / "calcium.nii.gz")
    points = (affine @ np.c_[ring, np.ones(len(ring))].T).T[:, :3]
    (folder / "annulus.mrk.json").write_text(json.dumps(_markups(points), indent=1), encoding="utf-8")
    np.savetxt(folder / "ecg.csv", _ecg(chance), fmt="%d", delimiter=",", header=",".join(LEADS), comments="")


def _affine(chance: np.random.Generator) -> NDArray[np.float64]:
    """An oblique grid, as angled reconstructions have."""
    turn = math.radians(chance.uniform(-12, 12))
    rotation = np.array(
        [[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0], [0, 0, 1]]
    )
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag(SPACING_MM)
    affine[:3, 3] = chance.uniform(-40, 0, 3)
    return affine


def _volume(
    radius_mm: float, chance: np.random.Generator
) -> tuple[NDArray[np.int16], NDArray[np.uint8], NDArray[np.float64]]:
    """Hounsfield units, labels of calcium, and the voxels of the three hinge points."""
    across, along, up = np.indices(SHAPE)
    centre = np.array(SHAPE) / 2
    distance = np.hypot((across - centre[0]) * SPACING_MM[0], (along - centre[1]) * SPACING_MM[1])
    ct = np.where(distance < radius_mm, 350, 40).astype(np.int16)
    ct += chance.integers(-20, 20, SHAPE).astype(np.int16)
    calcium = np.zeros(SHAPE, np.uint8)
    angles = np.radians([90, 210, 330])
    ring = np.array(
        [
            [
                centre[0] + radius_mm * math.cos(angle) / SPACING_MM[0],
                centre[1] + radius_mm * math.sin(angle) / SPACING_MM[1],
                centre[2],
            ]
            for angle in angles
        ]
    )
    for label, (x, y, z) in enumerate(ring, 1):
        size = chance.uniform(1.0, 2.6)
        near = (
            np.sqrt(
                ((across - x) * SPACING_MM[0]) ** 2
                + ((along - y) * SPACING_MM[1]) ** 2
                + ((up - z) * SPACING_MM[2]) ** 2
            )
            < size
        )
        ct[near], calcium[near] = 900, label
    return ct, calcium, ring


def _markups(points: NDArray[np.float64]) -> dict[str, object]:
    """The hinge points as 3D Slicer keeps them; NIfTI's axes are right, anterior and superior."""
    names = ("Hinge point NC", "Hinge point RC", "Hinge point LC")
    return {
        "@schema": "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/"
        "Schema/markups-schema-v1.0.3.json#",
        "markups": [
            {
                "type": "Fiducial",
                "coordinateSystem": "RAS",
                "coordinateUnits": "mm",
                "controlPoints": [
                    {"id": str(number), "label": name, "position": [float(one) for one in point]}
                    for number, (name, point) in enumerate(zip(names, points, strict=True), 1)
                ],
            }
        ],
    }


def _ecg(chance: np.random.Generator) -> NDArray[np.int64]:
    """Twelve leads in microvolts."""
    rate = chance.uniform(58, 92)
    seconds = np.arange(SAMPLES) / SAMPLING_HZ
    phase = (seconds * rate / 60) % 1
    beat = 1_100 * np.exp(-(((phase - 0.4) / 0.012) ** 2)) + 250 * np.exp(-(((phase - 0.7) / 0.05) ** 2))
    one, two = 0.6 * beat, beat
    limbs = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    chest = [height * beat for height in (-0.5, -0.3, 0.3, 0.9, 1.0, 0.8)]
    leads = np.stack([*limbs, *chest], axis=1) + chance.normal(0, 6, (SAMPLES, 12))
    return np.rint(leads).astype(np.int64)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
