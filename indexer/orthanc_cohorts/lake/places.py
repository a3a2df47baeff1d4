"""Where a lake is, from what people write: a folder, `file://` or `s3://`.

Asks nobody; opens nothing.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from orthanc_cohorts.errors import ConfigurationError
from orthanc_cohorts.lake.folder import FolderLake
from orthanc_cohorts.lake.objects import ObjectLake
from orthanc_cohorts.lake.snapshots import Lake
from orthanc_cohorts.lake.storage import Storage


def lake_at(place: str | Path, scratch: Path | None = None) -> Lake:
    """Return the lake at a place.

    scratch: private folder of this machine in which files are made before they are uploaded; None where
    nothing is published. Raises ConfigurationError: it is neither a folder nor an address that is known here.
    """
    scheme, separator, _ = str(place).partition("://")
    if not separator:
        return FolderLake(Path(place).absolute())
    if scheme == "s3":
        return ObjectLake(Storage(str(place)), scratch)
    parts = urlsplit(str(place))
    if scheme != "file" or parts.netloc not in ("", "localhost") or parts.query:
        raise ConfigurationError(
            "a lake is a folder, file:///folder, or s3://bucket/prefix?region=...; "
            f"{scheme or 'nothing'}:// is none of these"
        )
    return FolderLake(Path(unquote(parts.path)))
