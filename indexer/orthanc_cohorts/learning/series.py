"""One series of a sample: its files, read when they are asked for.

Knows paths; nothing of tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from orthanc_cohorts.errors import DatasetError, NotFetched
from orthanc_cohorts.learning.masks import By, Mask, by_code, masks
from orthanc_cohorts.learning.volume import Volume, volume
from orthanc_cohorts.learning.waveform import Waveform, waveform


@dataclass(frozen=True, slots=True)
class Series:
    """A series as the dataset names it. paths: of its files. modality: None where it states none."""

    name: str
    series_instance_uid: str
    modality: str | None
    paths: tuple[Path, ...]

    def one_by_one(self) -> list[Series]:
        """Return every object of the series by itself, such as each of several segmentations."""
        return [Series(self.name, self.series_instance_uid, self.modality, (path,)) for path in self.paths]

    def datasets(self) -> list[Dataset]:
        """Return the objects, read whole. Raises NotFetched, DatasetError: a file is no DICOM."""
        return [_read(path) for path in self.paths]

    def volume(self, select: Callable[[Dataset], Any] | None = None, dtype: DTypeLike = np.float32) -> Volume:
        """Return the images as one volume.

        select: says of each object whether it takes part, such as one phase of several; all unless given.
        Raises NoVolume: they make none. NotFetched.
        """
        images = self.datasets()
        return volume([ds for ds in images if select is None or select(ds)], dtype)

    def waveform(self, group: int = 0) -> Waveform:
        """Return a multiplex group of the only object. Raises NoWaveform, NotFetched, DatasetError:
        several."""
        return waveform(self._only(), group)

    def masks(self, of: Volume, by: By = "number", resample: bool = False) -> dict[Any, Mask]:
        """Return the masks of the only segmentation on the grid of a volume.

        by: `number` of the segment (int), or `code` of its property type (`SCHEME|code`), segments of one
        code joined. resample: see `masks.masks`. Raises NoMask, NotFetched, DatasetError: several objects.
        """
        ds = self._only()
        found = masks(ds, of, resample)
        return dict(found) if by == "number" else dict(by_code(ds, found))

    def _only(self) -> Dataset:
        if len(self.paths) != 1:
            raise DatasetError(
                f"series {self.series_instance_uid} has {len(self.paths)} objects: take them by `one_by_one`"
            )
        return _read(self.paths[0])


def _read(path: Path) -> Dataset:
    try:
        return dcmread(path)
    except FileNotFoundError:
        raise NotFetched(f"{path.name} is not there: run `orthanc-cohorts dataset fetch` again") from None
    except (OSError, InvalidDicomError) as error:
        raise DatasetError(f"{path.name} cannot be read as DICOM ({type(error).__name__})") from error
