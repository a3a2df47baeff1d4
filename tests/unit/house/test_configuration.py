"""The settings stand in one place; what documents them agrees.

It knows files of the checkout; no server, no clock.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from pathlib import Path
from types import ModuleType

import pytest

from orthanc_cohorts.cli import orders
from orthanc_cohorts.config import SETTINGS, Settings, documented
from orthanc_cohorts.errors import ConfigurationError


def module_from(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_configuration_holds_every_option_with_its_default_and_help(checkout: Path) -> None:
    assert (checkout / "orthanc-config/cohorts.json").read_text(encoding="utf-8") == documented()


def test_the_configuration_reference_is_generated_from_the_settings(checkout: Path) -> None:
    generator = module_from(checkout / "scripts/configuration.py")

    assert (checkout / "docs/configuration.md").read_text(encoding="utf-8") == generator.reference()


def test_the_table_reference_is_generated_from_the_model(checkout: Path) -> None:
    generator = module_from(checkout / "scripts/tables.py")

    assert (checkout / "docs/tables.md").read_text(encoding="utf-8") == generator.reference()


def test_the_shipped_configuration_is_accepted_and_equals_the_defaults(checkout: Path) -> None:
    text = re.sub(r"^\s*//.*$", "", documented(), flags=re.MULTILINE)

    settings = Settings.from_mapping(json.loads(text)["Cohorts"])

    assert settings.values == Settings.from_mapping({}).values


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_an_option_survives_the_mapping_from_environment_variables(checkout: Path, setting) -> None:  # type: ignore[no-untyped-def]
    container = module_from(checkout / "docker/container.py")
    variable = "ORTHANC__COHORTS__" + re.sub(r"(?<=.)([A-Z])", r"_\1", setting.name).upper()

    section = container.overrides({variable: json.dumps(setting.default)})["Cohorts"]

    assert section == {setting.name: setting.default}
    assert Settings.from_mapping(section)[setting.name] == setting.default


def test_an_unknown_option_is_named_in_the_error() -> None:
    with pytest.raises(ConfigurationError, match="QueueLimits"):
        Settings.from_mapping({"QueueLimits": 5})


@pytest.mark.parametrize(
    "stated",
    [
        {"Alice": "viewer", "bob@ward": "admin"},
        '{"Alice": "viewer", "bob@ward": "admin"}',
        "Alice:viewer, bob@ward:admin",
    ],
)
def test_roles_are_a_mapping_or_the_same_as_text(stated: object) -> None:
    assert Settings.from_mapping({"Roles": stated})["Roles"] == {"Alice": "viewer", "bob@ward": "admin"}


@pytest.mark.parametrize(
    "stated",
    [
        {"a": "root"},
        {"a": 1},
        {"a": "none"},
        {"": "admin"},
        "a",
        "a:Admin",
        "a:viewer,a:admin",
        "[]",
        5,
        None,
    ],
)
def test_roles_that_say_something_else_are_refused(stated: object) -> None:
    with pytest.raises(ConfigurationError, match=r"Cohorts\.Roles"):
        Settings.from_mapping({"Roles": stated})


@pytest.mark.parametrize("variable", ["ALICE:VIEWER", '{"alice": "viewer"}', "alice:viewer"])
def test_roles_survive_both_mappings_of_the_environment(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    container = module_from(checkout / "docker/container.py")
    name = "ORTHANC__COHORTS__ROLES"
    monkeypatch.setenv(name, variable.replace("VIEWER", "viewer"))

    sections = [container.overrides({name: os.environ[name]})["Cohorts"], orders._section_of_environment()]

    names = {"ALICE"} if "ALICE" in variable else {"alice"}
    assert [set(Settings.from_mapping(section)["Roles"]) for section in sections] == [names, names]
