"""Files of points, and reports of them: kinds of objects for whatever checks objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from orthanc_cohorts.convert.header import Context, Patient, Series, Study, header, uid
from orthanc_cohorts.convert.mapping import load
from orthanc_cohorts.convert.outbox import Outbox
from orthanc_cohorts.convert.points.image import Image
from orthanc_cohorts.convert.points.mapping import Mapping
from orthanc_cohorts.convert.points.report import Setting, reports

FRAME = uid("frame of reference")
DAY = date(2024, 5, 2)
CONTEXT = Context(Patient("P1", "SITE"), Study(uid("study"), DAY), Series(uid("series"), "SR"))
CALCIUM = """
table: {columns: {list: lesion}, measurements: [volume]}
measurements: {volume: {concept: SCT|118565006|Volume, unit: mm3}}
rules:
  - list: Calcium*
    finding: SCT|18115005|Pathologic calcification
    category: SCT|49755003|Morphologically Abnormal Structure
    site: SCT|34202007|Aortic Valve
    laterality: SCT|7771000|Left
    volumetric: true
    track: patient
  - {label: NCC, finding: SCT|77583004|Aortic Valve Ring}
"""
LESIONS = "lesion,label,x,y,z,volume\nCalcium,a,1,2,3,12.50\nOther,NCC,4,5,6,\n"
MARKUPS = """{"markups": [
 {"name": "ring", "type": "ClosedCurve", "coordinateSystem": "RAS",
  "controlPoints": [{"label": "a", "position": [0, 0, 0]}, {"label": "b", "position": [1, 0, 0]},
                    {"label": "c", "position": [0, 1, 0]}]},
 {"name": "depth", "type": "Line", "coordinateSystem": "LPS",
  "controlPoints": [{"label": "a", "position": [0, 0, 0]}, {"label": "b", "position": [3, 4, 0]}],
  "measurements": [{"name": "length", "value": 5.0, "units": "mm", "enabled": true}]},
 {"name": "box", "type": "ROI", "center": [0, 0, 0], "size": [2, 4, 6],
  "orientation": [1, 0, 0, 0, 1, 0, 0, 0, 1]}]}
"""


def slices(count: int = 3) -> list[Dataset]:
    """Return the headers of a CT series."""
    context = Context(CONTEXT.patient, CONTEXT.study, Series(uid("ct"), "CT"))
    found = []
    for number in range(1, count + 1):
        ds = header(context, CTImageStorage, number)
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid("slice", number)
        ds.FrameOfReferenceUID = FRAME
        found.append(ds)
    return found


def on_image() -> Setting:
    """Return coordinates on a CT series."""
    return Setting(CONTEXT, DAY, FRAME, Image(slices(), FRAME), "LPS", "Doe^Jane")


def alone() -> Setting:
    """Return coordinates of which nothing but the frame of reference is known."""
    return Setting(CONTEXT, DAY, FRAME, coordinate_system="LPS")


def _made(name: str, text: str, mapping: str, setting: Callable[[], Setting]) -> Callable[[Path], list[Path]]:
    def made(folder: Path) -> list[Path]:
        found = reports([(name, text.encode())], load(Mapping, "m.yaml", mapping.encode()), setting())
        with Outbox(folder / "out") as outbox:
            outbox.put(("points", name), f"{name}.dcm", found.by_name[name])
        return sorted((folder / "out").rglob("*.dcm"))

    return made


KINDS = {
    "points: table, on images": _made("p.csv", LESIONS, CALCIUM, on_image),
    "points: table, without images": _made("p.csv", "label,x,y,z\na,1,2,3\n", "", alone),
    "points: markups": _made("m.mrk.json", MARKUPS, "", on_image),
}
"""Kinds of objects, and what writes some of each into a folder."""
