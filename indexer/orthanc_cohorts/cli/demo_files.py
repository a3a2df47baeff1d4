"""The files of a demo: the generated study, made once and kept, or what folders hold.

Knows no Orthanc.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from orthanc_cohorts import __version__
from orthanc_cohorts.cli.terminal import Advance
from orthanc_cohorts.errors import ConfigurationError


def check_generator() -> None:
    """Raises ConfigurationError: what writes the study is not installed."""
    if importlib.util.find_spec("highdicom") is None:
        raise ConfigurationError(
            "generating the demo study needs highdicom: pip install 'orthanc-cohorts[demo]', "
            "or use --empty, or --load files of your own"
        )


def generated(patients: int, spare: Path, advance: Advance) -> list[Path]:
    """Return the files of the generated study, from the cache where it holds them.

    spare: a folder to write to where no cache can be kept. Raises OSError.
    """
    from orthanc_cohorts.convert.demo.write import write_demo_study
    from orthanc_cohorts.convert.upload import files_below

    folder = cache() / f"demo-{_fingerprint()}-{patients}"
    if folder.is_dir():
        return files_below([folder])
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".demo-"))
    except OSError:
        return write_demo_study(spare, patients, advance)
    try:
        write_demo_study(building, patients, advance)
        try:
            building.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another demo was faster
                raise
        return files_below([folder])
    finally:
        shutil.rmtree(building, ignore_errors=True)


def cache() -> Path:
    """Return the folder for what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "orthanc-cohorts"


def _fingerprint() -> str:
    """Return what the bytes of the study depend on: versions, and in a checkout the sources themselves."""
    from orthanc_cohorts.convert import demo

    told = hashlib.sha256(__version__.encode())
    for name in ("highdicom", "pydicom"):
        try:
            told.update(f"{name} {version(name)}".encode())
        except PackageNotFoundError:
            continue
    for path in sorted(Path(demo.__path__[0]).glob("*.py")):
        told.update(path.read_bytes())
    return told.hexdigest()[:12]
