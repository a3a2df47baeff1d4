"""`install` on a copy of Debian's configuration folder: what is written, what is left, what is said."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orthanc_cohorts.cli import install
from orthanc_cohorts.cli.commented_json import parse
from orthanc_cohorts.cli.main import app
from orthanc_cohorts.cli.permissions import obstacle
from orthanc_cohorts.errors import ConfigurationError

ENTRY = Path("/opt/venv/lib/python3.11/site-packages/orthanc_cohorts_plugin/entry/orthanc_cohorts_script.py")
INTERPRETER = "/opt/venv/bin/python3"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as Debian 12's orthanc and orthanc-python leave it."""
    place = tmp_path / "etc"
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "libOrthancPython.so").touch()
    place.mkdir()
    (place / "orthanc.json").write_text(f'{{\n  // plugins\n  "Plugins" : ["{tmp_path}/plugins/"]\n}}\n')
    (place / "python.json").write_text(
        f'{{\n  /** "x" **/\n  "PythonScript" : "{place}/sample.py",\n  "PythonVerbose" : false\n}}\n'
    )
    (place / "sample.py").write_text("import orthanc\northanc.LogWarning('Hello world from Python!')\n")
    return place


def apply(folder: Path, data_directory: Path | None = None) -> install.Plan:
    plan = install.plan(folder, data_directory, INTERPRETER, ENTRY)
    for edit in plan.edits:
        install.write(edit)
    return plan


def test_the_section_is_a_file_of_its_own_and_the_script_takes_the_place_of_the_sample(folder):
    before = (folder / "python.json").read_text()

    plan = apply(folder, Path("/srv/cohorts"))

    section = {"Enable": True, "Interpreter": INTERPRETER, "DataDirectory": "/srv/cohorts"}
    section |= {"Roles": {}, "AnonymousRole": "none"}
    assert parse((folder / "cohorts.json").read_text()) == {"Cohorts": section}
    assert (folder / "python.json").read_text() == before.replace(f"{folder}/sample.py", str(ENTRY))
    assert plan.warnings == []


def test_a_file_that_is_changed_keeps_its_mode_and_what_it_held_is_kept_beside_it(folder):
    python = folder / "python.json"
    before = python.read_text()
    python.chmod(0o640)

    apply(folder)

    assert python.with_name("python.json.bak").read_text() == before
    assert python.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in folder.iterdir()) == [
        "cohorts.json", "orthanc.json", "python.json", "python.json.bak", "sample.py"
    ]  # fmt: skip


def test_a_second_installation_changes_nothing(folder):
    apply(folder)

    plan = install.plan(folder, None, INTERPRETER, ENTRY)

    assert plan == install.Plan([], [])


def test_an_option_that_the_admin_set_stays_and_the_interpreter_is_brought_up_to_date(folder):
    (folder / "cohorts.json").write_text('{"Cohorts": {"Threads": 8, "Interpreter": "/old/python"}}')

    apply(folder)

    section = parse((folder / "cohorts.json").read_text())["Cohorts"]
    assert section == {"Threads": 8, "Interpreter": INTERPRETER, "Enable": True}


def test_another_script_is_left_and_how_to_chain_it_is_explained(folder):
    (folder / "sample.py").write_text("import orthanc\northanc.RegisterOnChangeCallback(print)\n")
    before = (folder / "python.json").read_text()

    plan = apply(folder)

    assert (folder / "python.json").read_text() == before
    assert "setup(orthanc, chain=" in plan.warnings[0]
    assert str(ENTRY.parents[2]) in plan.warnings[0]


def test_our_own_script_of_an_older_environment_is_replaced(folder):
    (folder / "python.json").write_text(f'{{"PythonScript": "/old/entry/{ENTRY.name}"}}')

    apply(folder)

    assert parse((folder / "python.json").read_text()) == {"PythonScript": str(ENTRY)}


def test_without_any_script_python_json_is_made(folder):
    (folder / "python.json").unlink()

    apply(folder)

    assert parse((folder / "python.json").read_text()) == {"PythonScript": str(ENTRY)}


def test_a_section_among_others_is_never_defined_twice(folder):
    (folder / "orthanc.json").write_text('{"Name": "x", "Cohorts": {}}')

    plan = apply(folder)

    assert not (folder / "cohorts.json").exists()
    assert any("set there" in warning for warning in plan.warnings)


def test_a_missing_python_plugin_is_told(folder, tmp_path):
    (tmp_path / "plugins" / "libOrthancPython.so").unlink()

    plan = install.plan(folder, None, INTERPRETER, ENTRY)

    assert "apt-get install orthanc-python" in plan.warnings[0]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("broken.json", "{", "broken.json is no JSON object"),
        ("cohorts.json", '{"Cohorts": {"Threds": 2}}', "unknown option Cohorts.Threds"),
        ("cohorts.json", "{}", "exists without a section"),
    ],
)
def test_a_file_that_orthanc_would_trip_over_stops_the_installation(folder, name, text, said):
    (folder / name).write_text(text)

    with pytest.raises(ConfigurationError, match=said):
        install.plan(folder, None, INTERPRETER, ENTRY)


def test_a_folder_that_is_not_there_says_what_to_install(tmp_path):
    with pytest.raises(ConfigurationError, match="apt-get install orthanc orthanc-python"):
        install.plan(tmp_path / "none", None, INTERPRETER, ENTRY)


def test_a_dry_run_shows_a_diff_and_writes_nothing(folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}

    result = CliRunner().invoke(app, ["install", "--configuration", str(folder), "--dry-run"])

    assert result.exit_code == 0
    assert '-  "PythonScript"' in result.output and '+    "Interpreter"' in result.output
    assert "\x1b" not in result.output
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_the_command_names_this_interpreter_and_the_script_that_is_installed(folder):
    result = CliRunner().invoke(app, ["install", "--configuration", str(folder)])

    assert result.exit_code == 0, result.output
    assert "systemctl restart orthanc" in result.output
    script = Path(parse((folder / "python.json").read_text())["PythonScript"])
    assert script.name == ENTRY.name and script.is_file()


def test_what_another_user_cannot_pass_is_named(tmp_path):
    nobody = pwd.getpwnam("nobody")
    inner = tmp_path / "closed" / "file"
    inner.parent.mkdir()
    inner.touch()
    inner.parent.chmod(0o700)
    if os.getuid() == nobody.pw_uid:
        pytest.skip("run by the user nobody itself")

    found = obstacle(inner, nobody)

    assert found is not None and (found == inner.parent or found in inner.parents)
    assert obstacle(Path("/usr/bin/env"), nobody) is None


@pytest.mark.parametrize(
    ("section", "undecided"),
    [({}, True), ({"AnonymousRole": "viewer"}, False), ({"Roles": {"alice": "admin"}}, False)],
)
def test_as_long_as_nobody_has_a_role_the_installation_says_what_to_set(folder, section, undecided):
    (folder / "cohorts.json").write_text(f'{{"Cohorts": {json.dumps(section)}}}')
    apply(folder)

    said = install.nobody_may_ask(folder)

    assert (said is not None) is undecided
    assert said is None or ("Roles" in said and "AnonymousRole" in said and "403" in said)
