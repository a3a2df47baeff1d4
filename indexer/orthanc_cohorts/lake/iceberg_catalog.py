"""The Iceberg catalog of a lake: which one, and how it is opened.

Its credentials come from pyiceberg's own configuration of the catalog `cohorts` (`~/.pyiceberg.yaml`,
`PYICEBERG_CATALOG__COHORTS__...`), never from an address.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyarrow as pa

from orthanc_cohorts.errors import ConfigurationError, LakeUnavailable
from orthanc_cohorts.lake.folder import FolderLake
from orthanc_cohorts.lake.objects import ObjectLake
from orthanc_cohorts.lake.snapshots import Lake

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

NAME = "cohorts"
FOLDER = "iceberg"
"""Below a lake: what describes its tables, and the catalog where the lake is a folder."""
_FILE = "iceberg.db"


@dataclass(frozen=True, slots=True)
class CatalogPlace:
    """Where a catalog is. uri: as pyiceberg takes it. file: of SQLite, where it is of our own making."""

    uri: str
    file: Path | None

    @classmethod
    def of(cls, lake: Lake, stated: str, private: Path) -> CatalogPlace:
        """Return the stated catalog, else one of SQLite: in the lake's folder, or in a private one.

        Raises ConfigurationError: the address holds a password.
        """
        if stated:
            if urlsplit(stated).password is not None:
                raise ConfigurationError(
                    "an address of an Iceberg catalog holds no password, since addresses are logged: "
                    f"set PYICEBERG_CATALOG__{NAME.upper()}__CREDENTIAL, or what the database's client reads"
                )
            return cls(stated, None)
        folder = lake.root.absolute() / FOLDER if isinstance(lake, FolderLake) else private.absolute()
        return cls(f"sqlite:///{folder / _FILE}", folder / _FILE)

    def exists(self) -> bool:
        """Return whether there may be tables: false where nothing was ever registered."""
        return self.file is None or self.file.is_file()

    @contextmanager
    def opened(self, lake: Lake) -> Iterator[Catalog]:
        """Give the catalog. Raises ConfigurationError: pyiceberg is missing; LakeUnavailable."""
        check_installed()
        from pyiceberg.catalog import load_catalog
        from pyiceberg.exceptions import CommitFailedException, NotInstalledError, RESTError
        from sqlalchemy.exc import SQLAlchemyError

        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            try:
                catalog = load_catalog(NAME, uri=self.uri, **_storage_of(lake))
            except (ValueError, NotInstalledError) as error:
                raise ConfigurationError(f"Cohorts.LakeIcebergCatalog {self.uri}: {error}") from error
            with catalog:
                yield catalog
        except (OSError, RESTError, CommitFailedException, SQLAlchemyError, pa.ArrowException) as error:
            raise LakeUnavailable(
                f"the Iceberg catalog {self.uri} or what it names cannot be read or written "
                f"({type(error).__name__}); the lake itself is published"
            ) from error


def check_installed() -> None:
    """Raise ConfigurationError where pyiceberg is missing."""
    if find_spec("pyiceberg") is None or find_spec("sqlalchemy") is None:
        raise ConfigurationError("Iceberg tables need pyiceberg: pip install 'orthanc-cohorts[iceberg]'")


def _storage_of(lake: Lake) -> dict[str, str]:
    """Return how pyiceberg reaches the files of a lake."""
    said = {"py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO"}
    if isinstance(lake, ObjectLake):
        options = lake.storage.options
        if "region" in options:
            said["s3.region"] = options["region"]
        if "endpoint_override" in options:
            said["s3.endpoint"] = f"{options.get('scheme', 'https')}://{options['endpoint_override']}"
    return said
