"""`dataset fetch`: which instances a frozen dataset names, what Orthanc calls them, where their files go.

Knows the files of a dataset and the crosswalk; the download itself is in `sync.fetching`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from orthanc_cohorts.cli import dataset_files as files
from orthanc_cohorts.cli.configuration import known
from orthanc_cohorts.cli.connection import Orthanc, Sidecar, credentials
from orthanc_cohorts.cli.dataset_words import size
from orthanc_cohorts.cli.terminal import complain, progress, say
from orthanc_cohorts.datasets import parquet
from orthanc_cohorts.datasets.places import places
from orthanc_cohorts.errors import ConfigurationError, DatasetError
from orthanc_cohorts.sync.fetching import Fetcher, Outcome, Wanted

SHOWN = 20
"""Failures of one kind that are listed one by one."""
_MANIFEST, _DICTIONARY = "manifest.parquet", "dictionary.json"
_UIDS = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
IDENTIFIES = (
    "warning: this dataset is pseudonymised, its files are not: they name the patient, with all dates, as "
    "Orthanc stores them. Whoever gets both knows who is who: keep the folder inside the site"
)
WEB_IDENTIFIES = (
    "warning: this dataset is pseudonymised, these addresses are not: they hold the original UIDs, which "
    "lead to the patient. Keep them inside the site"
)


@dataclass(frozen=True)
class Manifest:
    """The manifest of a frozen dataset, and row by row what its instances are called in Orthanc."""

    rows: pa.Table
    walk: pa.Table
    policy: str


@dataclass
class Tally:
    """What has become of the instances so far. failed: reason to places."""

    counts: dict[str, int] = field(default_factory=lambda: {"kept": 0, "fetched": 0, "failed": 0})
    size_bytes: int = 0
    failed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, outcome: Outcome, out: Path) -> None:
        """Count one more."""
        self.counts[outcome.what] += 1
        self.size_bytes += outcome.size_bytes
        if outcome.what == "failed":
            self.failed[outcome.reason].append(str(outcome.wanted.paths[0].relative_to(out)))


def manifest_of(source: str, number: int | None, find: Any) -> Manifest:
    """Return the manifest that a folder holds, or the version of a name.

    find: gives the sidecar; called only where it is needed. Raises CohortsError.
    """
    folder = Path(source)
    if not folder.is_dir():
        sidecar = find()
        version = files.choose(sidecar, source, number)
        rows, described = (files.file(sidecar, version, name) for name in (_MANIFEST, _DICTIONARY))
        return _named(parquet.read(rows), json.loads(described), lambda: (sidecar, version))
    if number is not None:
        raise ConfigurationError(f"{folder} is a folder: --version goes with the name of a dataset")
    found = files.faults(folder)
    if found:
        raise DatasetError(f"{folder} is not as it was frozen: {found[0]}")
    described = json.loads((folder / _DICTIONARY).read_bytes())

    def version_here() -> tuple[Sidecar, files.Stated]:
        sidecar = find()
        return sidecar, files.recognised(sidecar, folder, described["name"])

    return _named(parquet.read(folder / _MANIFEST), described, version_here)


def _named(rows: pa.Table, described: Mapping[str, Any], version: Any) -> Manifest:
    policy = str(described["policy"])
    if policy == "keep":
        names = {f"original_{name}": rows[name] for name in _UIDS}
        return Manifest(
            rows, pa.table({**names, "orthanc_id": rows["orthanc_id"], "md5": rows["md5"]}), policy
        )
    walk = parquet.read(files.crosswalk(*version()))
    if not walk["sop_instance_uid"].equals(rows["sop_instance_uid"]):
        raise DatasetError("the crosswalk of the site belongs to another manifest")
    return Manifest(rows, walk, policy)


def addresses(manifest: Manifest, base: str) -> Iterator[dict[str, str]]:
    """Yield patient, name and WADO-RS address of every instance, as the manifest is ordered."""
    columns = [manifest.walk[f"original_{name}"].to_pylist() for name in _UIDS]
    levels = ("studies", "series", "instances")
    for patient, name, *uids in zip(
        manifest.rows["patient"].to_pylist(), manifest.rows["name"].to_pylist(), *columns, strict=True
    ):
        path = "".join(
            f"/{level}/{quote(uid or '', safe='')}" for level, uid in zip(levels, uids, strict=True)
        )
        yield {"patient": patient, "name": name, "url": base.rstrip("/") + path}


def wanted(manifest: Manifest, out: Path) -> list[Wanted]:
    """Return every instance once, with all places at which its file is to lie."""
    found: dict[str, dict[Path, None]] = defaultdict(dict)
    stated: dict[str, tuple[int | None, str | None]] = {}
    rows = zip(
        manifest.walk["orthanc_id"].to_pylist(),
        places(manifest.rows),
        manifest.rows["size_bytes"].to_pylist(),
        manifest.walk["md5"].to_pylist(),
        strict=True,
    )
    for orthanc_id, place, size_bytes, digest in rows:
        found[orthanc_id][out / place] = None
        stated[orthanc_id] = (size_bytes, digest)
    return [Wanted(name, tuple(paths), *stated[name]) for name, paths in found.items()]


def run(manifest: Manifest, orthanc: Orthanc, login: Any, out: Path, jobs: int, as_json: bool) -> int:
    """Download what is missing or damaged; return the exit status: 1 when some could not be had."""
    if manifest.policy != "keep":
        complain(IDENTIFIES)
    # Before anything is written: is it there, and does it let us in?
    orthanc.get("/system")
    todo, tally = wanted(manifest, out), Tally()
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        with Fetcher(orthanc.url, login, jobs) as fetcher, progress("fetching") as advance:
            for done, outcome in enumerate(fetcher.fetch(todo), 1):
                tally.add(outcome, out)
                advance(done, len(todo))
    except OSError as error:
        raise DatasetError(f"{out}: {error.strerror or error}; run this again to go on") from error
    _report(tally, as_json)
    return 1 if tally.failed else 0


def _report(tally: Tally, as_json: bool) -> None:
    if as_json:
        say(json.dumps({**tally.counts, "size_bytes": tally.size_bytes, "failures": tally.failed}))
        return
    counts = tally.counts
    say(
        f"{counts['fetched']} fetched ({size(tally.size_bytes)}), {counts['kept']} were there, "
        f"{counts['failed']} failed"
    )
    for reason, paths in tally.failed.items():
        complain(f"{reason}: {len(paths)}")
        for path in paths[:SHOWN]:
            complain(f"  {path}")
        if len(paths) > SHOWN:
            complain(f"  and {len(paths) - SHOWN} more; --json lists them all")


def list_addresses(manifest: Manifest, base: str, as_json: bool) -> None:
    """Print the WADO-RS address of every instance once, or every row as NDJSON."""
    if manifest.policy != "keep":
        complain(WEB_IDENTIFIES)
    rows = addresses(manifest, base)
    for line in map(json.dumps, rows) if as_json else dict.fromkeys(row["url"] for row in rows):
        say(line)


def orthanc_at(url: str | None, user: str | None) -> Orthanc:
    """Return the Orthanc to fetch from: at the URL, else this machine's. Raises ConfigurationError."""
    here = known() if url is None else None
    address = url or (here.url if here is not None else None)
    if address is None:
        raise ConfigurationError("name the Orthanc that holds the files with --url")
    return Orthanc(address, credentials(user))


def check_place(source: str, out: Path) -> None:
    """Raise ConfigurationError where fetched files would make a frozen dataset something else."""
    folder = Path(source)
    if folder.is_dir() and out.resolve().is_relative_to(folder.resolve()):
        raise ConfigurationError(f"{out} lies in the frozen dataset {folder}: name a folder outside of it")
