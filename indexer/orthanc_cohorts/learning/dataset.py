"""A frozen dataset as a sequence of samples, one per row of its table, with the files that were fetched.

Knows the files of a frozen dataset and where fetched ones lie; asks nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, overload

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from orthanc_cohorts.datasets import parquet, verify
from orthanc_cohorts.datasets.places import places
from orthanc_cohorts.errors import DatasetError, NotFetched
from orthanc_cohorts.learning.series import Series

_PEOPLE = ("patient", "study", "split")
_Key = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """One row. id: of the row, its study where rows are studies, else its patient.

    columns: by name, label included; None for NULL. label: None where the dataset names none, or its value is
    NULL. split: part that the patient fell into. series: name in the definition to the series of this row,
    in the order of their UIDs; a name without any is there too, and empty.
    """

    id: str
    patient: str
    columns: Mapping[str, Any]
    label: Any
    split: str | None
    series: Mapping[str, tuple[Series, ...]]

    def one(self, name: str) -> Series:
        """Return the only series of a name. Raises DatasetError: there are none, or several."""
        found = self.series.get(name)
        if found is None:
            raise DatasetError(f"the dataset names no series {name!r}; there are {', '.join(self.series)}")
        if len(found) != 1:
            raise DatasetError(f"{len(found)} series {name!r} in this row: take them from `series[{name!r}]`")
        return found[0]


class OpenDataset(Sequence[Sample]):
    """A frozen dataset, opened: a sequence of samples in the order of its table. Holds no pixels."""

    def __init__(
        self,
        described: Mapping[str, Any],
        table: pa.Table,
        series: Mapping[_Key, Mapping[str, tuple[Series, ...]]],
    ) -> None:
        """series: of each row, by its patient and study; `open_dataset` makes it."""
        self._described, self._table, self._series = described, table, series

    @property
    def description(self) -> Mapping[str, Any]:
        """The data dictionary of the dataset: what every column means, holds and was read from."""
        return self._described

    @property
    def table(self) -> pa.Table:
        """The rows of these samples as an Arrow table."""
        return self._table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> OpenDataset: ...
    def __getitem__(self, index: int | slice) -> Sample | OpenDataset:
        """Return a sample, or a part of the dataset. Raises IndexError."""
        if isinstance(index, slice):
            chosen = self._table.take(pa.array(range(len(self))[index], pa.int64()))
            return OpenDataset(self._described, chosen, self._series)
        row = self._table.slice(range(len(self))[index], 1).to_pylist()[0]
        columns = {name: value for name, value in row.items() if name not in _PEOPLE}
        label = self._described["label"]
        return Sample(
            row.get("study") or row["patient"],
            row["patient"],
            columns,
            None if label is None else columns[label],
            row.get("split"),
            self._series[row["patient"], row.get("study")],
        )

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))


def open_dataset(
    folder: Path | str, fetched: Path | str | None = None, split: str | None = None, check: bool = True
) -> OpenDataset:
    """Open a frozen dataset.

    folder: of the dataset (`dataset get`). fetched: folder of its DICOM files (`dataset fetch`), None where
    only columns are wanted; series are empty then. split: only rows of this part. check: verify the
    checksums first. Raises DatasetError: it is no frozen dataset, not as it was frozen, or has no such part.
    NotFetched: not all files are there.
    """
    where = Path(folder)
    try:
        faults = verify(where) if check else []
        described = orjson.loads((where / "dictionary.json").read_bytes())
        definition = orjson.loads((where / "definition.json").read_bytes())
        table, manifest = (parquet.read(where / name) for name in ("table.parquet", "manifest.parquet"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{where} cannot be opened: {error}") from error
    if faults:
        raise DatasetError(f"{where} is not as it was frozen: {faults[0]}")
    if split is not None:
        known = sorted(set(table["split"].to_pylist())) if "split" in table.column_names else []
        if split not in known:
            raise DatasetError(f"{where.name} has no part {split!r}; it has {', '.join(known) or 'none'}")
        table = table.filter(pc.equal(table["split"], split))
    names = [one["name"] for one in definition.get("series", ())]
    return OpenDataset(described, table, _series(table, manifest, names, fetched and Path(fetched)))


def _series(
    table: pa.Table, manifest: pa.Table, names: Sequence[str], fetched: Path | str | None
) -> Mapping[_Key, Mapping[str, tuple[Series, ...]]]:
    """Return the series of every row, by its patient and study."""
    studies = table["study"].to_pylist() if "study" in table.column_names else [None] * table.num_rows
    rows: list[_Key] = list(zip(table["patient"].to_pylist(), studies, strict=True))
    if fetched is None:
        return {row: {} for row in rows}
    twice = [row for row, count in Counter(rows).items() if count > 1]
    if twice:
        raise DatasetError(
            f"{len(twice)} patients of this dataset cannot be told apart (no PatientID): whose series are "
            "whose is unknown; freeze it with a row per study, or under the policy pseudonymise"
        )
    found = _found(manifest, names, Path(fetched), per_study="study" in table.column_names)
    return {row: found[row] if row in found else {name: () for name in names} for row in rows}


def _found(
    manifest: pa.Table, names: Sequence[str], fetched: Path, per_study: bool
) -> dict[_Key, dict[str, tuple[Series, ...]]]:
    paths: defaultdict[tuple[_Key, str, str, str | None], dict[PurePosixPath, int]] = defaultdict(dict)
    owner = "row_study" if "row_study" in manifest.column_names else "study_instance_uid"
    columns = [
        manifest[name].to_pylist() for name in ("patient", owner, "name", "series_instance_uid", "modality")
    ]
    order = manifest["instance_number"].to_pylist()
    missing = 0
    for place, number, patient, study, *what in zip(places(manifest), order, *columns, strict=True):
        if place not in paths[(patient, study if per_study else None), *what]:
            missing += not (fetched / place).is_file()
            paths[(patient, study if per_study else None), *what][place] = number or 0
    if missing:
        raise NotFetched(
            f"{missing} files of this dataset are not in {fetched}: run `orthanc-cohorts dataset fetch` again"
        )
    found: dict[_Key, dict[str, tuple[Series, ...]]] = defaultdict(lambda: {name: () for name in names})
    for (row, name, uid, modality), files in sorted(
        paths.items(), key=lambda one: (one[0][1], one[0][2] or "")
    ):
        ordered = sorted(files, key=lambda place: (files[place], str(place)))
        one = Series(name, uid, modality, tuple(fetched / place for place in ordered))
        found[row][name] = (*found[row][name], one)
    return dict(found)
