"""The container's entry point: environment and secrets in, one Orthanc configuration out.

It knows `docker/`; it starts nothing.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

SECRETS = {"ORTHANC_COHORTS_USER": "ward", "ORTHANC_COHORTS_PASSWORD": 'a "quoted" word'}


@pytest.fixture(scope="module")
def container(checkout: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("container", checkout / "docker/container.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_orthanc_gets_the_shipped_configuration_with_the_user_of_the_secret(
    container: ModuleType, checkout: Path
) -> None:
    configuration = container.orthanc_configuration(SECRETS, checkout / "docker")

    assert configuration["RegisteredUsers"] == {"ward": 'a "quoted" word'}
    assert configuration["AuthenticationEnabled"] is True
    assert configuration["Cohorts"]["Sidecar"] == "external"
    assert configuration["Cohorts"]["Roles"] == {"ward": "admin"}
    assert configuration["Cohorts"]["Socket"] == container.SOCKET
    assert configuration["StorageDirectory"] == container.STORAGE


def test_environment_variables_override_sections_and_keep_the_rest(
    container: ModuleType, checkout: Path
) -> None:
    variables = {
        "ORTHANC__COHORTS__MAX_REQUESTS": "4",
        "ORTHANC__HTTP_PORT": "8043",
        "ORTHANC__NAME": "Ward 3",
    }

    configuration = container.orthanc_configuration(SECRETS | variables, checkout / "docker")

    assert configuration["Cohorts"]["MaxRequests"] == 4
    assert configuration["Cohorts"]["Sidecar"] == "external"
    assert configuration["HttpPort"] == 8043


def test_the_environment_cannot_switch_authentication_off(container: ModuleType, checkout: Path) -> None:
    variables = {"ORTHANC__AUTHENTICATION_ENABLED": "false"}

    configuration = container.orthanc_configuration(SECRETS | variables, checkout / "docker")

    assert configuration["AuthenticationEnabled"] is True


def test_credentials_come_from_files_too(container: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "user").write_text("ward\n")
    (tmp_path / "password").write_text("secret\n")

    found = container.credentials(
        {
            "ORTHANC_COHORTS_USER_FILE": str(tmp_path / "user"),
            "ORTHANC_COHORTS_PASSWORD_FILE": str(tmp_path / "password"),
        }
    )

    assert found == ("ward", "secret")


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_a_missing_secret_is_named_and_nothing_starts(container: ModuleType, missing: str) -> None:
    environment = {name: value for name, value in SECRETS.items() if name != missing}

    with pytest.raises(SystemExit, match=missing):
        container.credentials(environment)


def test_the_image_and_compose_agree_on_user_and_entry_point(checkout: Path) -> None:
    compose = (checkout / "docker/compose.yaml").read_text(encoding="utf-8")
    dockerfile = (checkout / "docker/Dockerfile").read_text(encoding="utf-8")
    orthanc = json.loads(
        "\n".join(
            line
            for line in (checkout / "docker/orthanc.json").read_text(encoding="utf-8").splitlines()
            if not line.lstrip().startswith("//")
        )
    )

    assert 'user: "998:998"' in compose and "--uid 998" in dockerfile
    assert "/usr/local/lib/orthanc-cohorts/container.py" in compose
    assert "docker/container.py /usr/local/lib/orthanc-cohorts/container.py" in dockerfile
    assert orthanc["PythonScript"].startswith("/opt/orthanc-cohorts/entry/")


def test_ports_are_published_on_loopback_only(checkout: Path) -> None:
    compose = (checkout / "docker/compose.yaml").read_text(encoding="utf-8")

    published = compose[compose.index("ports:") : compose.index("volumes:")]
    assert published.count('- "127.0.0.1:') == published.count("- ") == 2
