"""Switching the plugin on in an Orthanc: two files of its configuration folder, planned and then written.

Starts and stops nothing.
"""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import pwd
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from orthanc_cohorts.cli import commented_json
from orthanc_cohorts.cli.configuration import SCRIPT_OPTION, Configuration, read
from orthanc_cohorts.cli.permissions import obstacle
from orthanc_cohorts.config import NO_ROLE, ROLES, Settings
from orthanc_cohorts.errors import ConfigurationError

ORTHANC_USER = "orthanc"
SECTION = "Cohorts"
# Debian's orthanc-python ships a script that logs one line; nobody misses it.
SAMPLE_LINE = "orthanc.LogWarning('Hello world from Python!')"
PACKAGES = ("orthanc_cohorts", "orthanc_cohorts_plugin", "orthanc_cohorts_sql", "duckdb")


class Edit(NamedTuple):
    """A file to write. before: its text so far, None when there is no such file."""

    path: Path
    before: str | None
    after: str


@dataclass(slots=True)
class Plan:
    """What an installation changes, and what a person has to see to."""

    edits: list[Edit] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def script() -> Path:
    """Return the file that Orthanc's option PythonScript has to name. Raises ConfigurationError."""
    found = importlib.util.find_spec("orthanc_cohorts_plugin")
    for folder in (found and found.submodule_search_locations) or []:
        path = Path(folder) / "entry" / "orthanc_cohorts_script.py"
        if path.is_file():
            return path
    raise ConfigurationError(
        "orthanc_cohorts_plugin is not installed beside orthanc_cohorts: install both again"
    )


def plan(folder: Path, data_directory: Path | None, interpreter: str, entry: Path) -> Plan:
    """Return what has to change in a configuration folder; nothing when all is as it should be.

    Raises ConfigurationError: the folder or a file in it cannot be read, or a section has a bad value.
    """
    configuration = read(folder)
    if configuration.unreadable:
        raise ConfigurationError(f"{configuration.unreadable[0]} cannot be read: run this with sudo")
    made = Plan()
    _plan_section(configuration, _section(data_directory, interpreter), made)
    _plan_script(configuration, entry, made)
    if not _loads_python(configuration.merged()):
        made.warnings.append(
            "Orthanc's Python plugin is not among its Plugins: apt-get install orthanc-python, "
            "or name libOrthancPython.so in the option Plugins"
        )
    return made


def nobody_may_ask(folder: Path) -> str | None:
    """Return what to do where the configuration gives nobody a role; None where it does."""
    section = read(folder).merged().get(SECTION) or {}
    if section.get("Roles") or section.get("AnonymousRole", NO_ROLE) != NO_ROLE:
        return None
    return (
        f"nobody has a role yet, so that the routes answer 403: in the section {SECTION} set Roles, such as "
        f'{{"alice": "viewer", "bob": "admin"}}, for users that Orthanc authenticates, or AnonymousRole for '
        f"everybody ({', '.join(ROLES)}). `orthanc-cohorts count` and `status` over the socket need none"
    )


def difference(edit: Edit) -> str:
    """Return a unified diff of what an edit changes."""
    before, after = (edit.before or "").splitlines(True), edit.after.splitlines(True)
    name = str(edit.path)
    return "".join(
        difflib.unified_diff(before, after, name if edit.before is not None else "/dev/null", name)
    )


def write(edit: Edit) -> None:
    """Replace a file at once or not at all; what it held stays beside it as .bak.

    Raises ConfigurationError: this user may not.
    """
    path = edit.path.resolve()
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(edit.after)
                file.flush()
                os.fsync(file.fileno())
            if edit.before is None:
                Path(temporary).chmod(0o644)
            else:
                _keep(path, path.with_name(path.name + ".bak"))
                _as_before(path, Path(temporary))
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror}): run this with sudo"
        ) from error


def make_data_directory(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make the folder of the index, private to Orthanc's user. Raises ConfigurationError."""
    try:
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            if os.getuid() == 0 and user is not None:
                os.chown(folder, user.pw_uid, user.pw_gid)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be made ({error.strerror}): run this with sudo") from error


def orthanc_user(folder: Path) -> pwd.struct_passwd | None:
    """Return the user that Orthanc runs as: the owner of its index, else the one of Debian's service.

    None where neither is there. Raises ConfigurationError.
    """
    whole = read(folder).merged()
    index = Path(whole.get("IndexDirectory") or whole.get("StorageDirectory") or "")
    with suppress(KeyError, OSError):
        return pwd.getpwuid(index.stat().st_uid) if index.is_absolute() else pwd.getpwnam(ORTHANC_USER)
    with suppress(KeyError):
        return pwd.getpwnam(ORTHANC_USER)
    return None


def unreadable(paths: list[Path], user: pwd.struct_passwd) -> list[str]:
    """Return one warning for each obstacle between Orthanc's user and what it has to read."""
    obstacles: dict[Path, Path] = {}
    for path in paths:
        with suppress(OSError):
            found = obstacle(path, user)
            if found is not None:
                obstacles.setdefault(found, path)
    return [
        f"the user {user.pw_name} cannot read {path}, because of the permissions of {stop}: "
        "install orthanc-cohorts where everybody may read it, such as into a virtual environment below /opt"
        for stop, path in obstacles.items()
    ]


def needed_files(interpreter: str, entry: Path) -> list[Path]:
    """Return what Orthanc's user has to be able to read."""
    paths = [Path(interpreter), entry]
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        if found is not None and found.origin:
            paths.append(Path(found.origin))
    return paths


def here() -> str:
    """Return the interpreter that this command runs with."""
    return sys.executable


def _section(data_directory: Path | None, interpreter: str) -> dict[str, Any]:
    section: dict[str, Any] = {"Enable": True, "Interpreter": interpreter}
    if data_directory is not None:
        section["DataDirectory"] = str(data_directory.absolute())
    return section


def _plan_section(configuration: Configuration, wanted: dict[str, Any], made: Plan) -> None:
    holder = configuration.holder(SECTION)
    own = configuration.folder / "cohorts.json"
    if holder is None and own in configuration.texts:
        raise ConfigurationError(f"{own} exists without a section {SECTION}: move it away first")
    path = holder or own
    members = {} if holder is None else configuration.members(path)
    section = members.get(SECTION) or {}
    merged = {**section, **wanted}
    Settings.from_mapping(merged)
    if section == merged:
        return
    if holder is None:
        # Written out, since who may ask is the next thing that has to be decided.
        merged |= {"Roles": {}, "AnonymousRole": NO_ROLE}
    if len(members) > 1:
        # Rewriting would lose the comments of a file that is not ours.
        made.warnings.append(
            f"{path} holds the section {SECTION} among others: set there {json.dumps(wanted)}"
        )
        return
    text = json.dumps({SECTION: merged}, indent=2)
    made.edits.append(
        Edit(path, configuration.texts.get(path), f"// Written by `orthanc-cohorts install`.\n{text}\n")
    )


def _plan_script(configuration: Configuration, entry: Path, made: Plan) -> None:
    holder = configuration.holder(SCRIPT_OPTION)
    path = holder or configuration.folder / "python.json"
    text = configuration.texts.get(path)
    present = None if holder is None else configuration.members(path)[SCRIPT_OPTION]
    if present == str(entry):
        return
    if present and not _replaceable(configuration.folder, str(present), entry):
        made.warnings.append(_how_to_chain(path, str(present), entry))
        return
    made.edits.append(
        Edit(path, text, commented_json.with_member(text or "{\n}\n", SCRIPT_OPTION, str(entry)))
    )


def _replaceable(folder: Path, present: str, entry: Path) -> bool:
    """Whether a script is an older place of ours, or the sample that Debian ships."""
    path = folder / present
    if path.name == entry.name:
        return True
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return False
    return set(filter(None, lines)) == {"import orthanc", SAMPLE_LINE}


def _how_to_chain(path: Path, present: str, entry: Path) -> str:
    packages = entry.parents[2]
    folders = [str(packages)]
    if not (packages / "orthanc_cohorts").is_dir():
        folders.append(str(packages.parent / "indexer"))
    return (
        f"{path} runs the script {present} already, and Orthanc runs only one: it is left as it is. "
        "Add these lines to it, and pass as `chain` the function that it gives to "
        "orthanc.RegisterOnChangeCallback today (None if it has none) instead of registering it:\n"
        f"    import sys; sys.path += {folders!r}\n"
        "    import orthanc, orthanc_cohorts_plugin\n"
        "    orthanc_cohorts_plugin.setup(orthanc, chain=on_change)"
    )


def _loads_python(configuration: dict[str, Any]) -> bool:
    for name in configuration.get("Plugins") or []:
        path = Path(name)
        if "OrthancPython" in path.name or (path.is_dir() and any(path.glob("*OrthancPython*"))):
            return True
    return False


def _keep(path: Path, backup: Path) -> None:
    shutil.copy2(path, backup)
    _as_before(path, backup)


def _as_before(path: Path, other: Path) -> None:
    """Give a file the mode and owner of another, as far as this user may."""
    status = path.stat()
    other.chmod(status.st_mode & 0o7777)
    with suppress(PermissionError):
        os.chown(other, status.st_uid, status.st_gid)
