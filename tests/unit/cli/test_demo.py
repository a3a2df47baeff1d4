"""The parts of `demo` that need no Orthanc: configuration, files, signals."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from orthanc_cohorts.cli import commented_json, demo_files, demo_orthanc
from orthanc_cohorts.cli.demo_orthanc import OPTIONS, Installed
from orthanc_cohorts.cli.interrupts import Interrupted, Interrupts
from orthanc_cohorts.config import Settings
from orthanc_cohorts.errors import ConfigurationError

FOUND = Installed(Path("/o/Orthanc"), Path("/o/libOrthancPython.so"), None)


def test_the_shipped_demo_configuration_is_the_one_that_is_used(checkout: Path):
    shipped = commented_json.parse((checkout / "orthanc-config" / "demo.json").read_text(encoding="utf-8"))

    assert shipped == OPTIONS


def test_the_demo_refuses_what_is_not_loopback():
    assert OPTIONS["RemoteAccessAllowed"] is False and OPTIONS["DicomCheckModalityHost"] is True
    assert not any(value for name, value in OPTIONS.items() if name.startswith("DicomAlwaysAllow"))
    assert {modality["Host"] for modality in OPTIONS["DicomModalities"].values()} == {"127.0.0.1"}


def test_a_user_switches_authentication_on(tmp_path):
    without = demo_orthanc.configuration(FOUND, tmp_path, tmp_path / "s", 1, 2, None)
    with_user = demo_orthanc.configuration(FOUND, tmp_path, tmp_path / "s", 1, 2, ("a", "b"))

    assert without["AuthenticationEnabled"] is False and "RegisteredUsers" not in without
    assert with_user["AuthenticationEnabled"] is True and with_user["RegisteredUsers"] == {"a": "b"}
    assert without["Cohorts"]["AnonymousRole"] == "admin" and "AnonymousRole" not in with_user["Cohorts"]
    assert with_user["Cohorts"]["Roles"] == {"a": "admin"}


def test_the_section_is_one_that_the_plugin_accepts(tmp_path):
    whole = demo_orthanc.configuration(FOUND, tmp_path, tmp_path / "s", 1, 2, None)

    settings = Settings.from_mapping(whole["Cohorts"])

    assert settings["Socket"] == str(tmp_path / "sidecar.sock")
    assert Path(whole["PythonScript"]).is_file()


def test_an_orthanc_that_is_not_installed_names_the_packages(monkeypatch):
    monkeypatch.setattr(demo_orthanc, "PLUGIN_FOLDERS", ())

    with pytest.raises(ConfigurationError, match="apt-get install orthanc orthanc-python"):
        demo_orthanc.installed()


def test_a_port_in_use_is_refused_and_any_others_are_free_and_two():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        used = taken.getsockname()[1]

        with pytest.raises(ConfigurationError, match=f"--http-port {used}: "):
            demo_orthanc.ports(used, None)
        with pytest.raises(ConfigurationError, match=f"--dicom-port {used}: "):
            demo_orthanc.ports(None, used)
    http, dicom = demo_orthanc.ports(None, None)
    assert http != dicom
    with pytest.raises(ConfigurationError, match=f"--dicom-port {http}: the port is that of --http-port"):
        demo_orthanc.ports(http, http)


def test_the_study_is_written_once_and_then_taken_from_the_cache(tmp_path, monkeypatch):
    pytest.importorskip("highdicom")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    steps: list[int] = []

    first = demo_files.generated(1, tmp_path / "spare", lambda done, total: steps.append(done))
    second = demo_files.generated(1, tmp_path / "spare", lambda done, total: steps.append(done))

    assert first == second and first and all(path.is_relative_to(tmp_path) for path in first)
    assert steps == [1]
    assert len(list((tmp_path / "orthanc-cohorts").iterdir())) == 1


def test_the_first_signal_interrupts_and_the_second_does_not_cut_the_cleanup_short():
    cleaned = False

    with Interrupts().caught(), pytest.raises(Interrupted) as caught:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            cleaned = True

    assert cleaned and caught.value.number == signal.SIGTERM


def test_a_cleanup_that_began_for_another_reason_is_not_cut_short():
    interrupts, cleaned = Interrupts(), False

    with interrupts.caught():
        interrupts.ignore()
        os.kill(os.getpid(), signal.SIGTERM)
        cleaned = True

    assert cleaned


def test_a_signal_within_a_held_block_waits_for_its_end():
    reached = False
    interrupts = Interrupts()

    with interrupts.caught(), pytest.raises(Interrupted), interrupts.held():
        os.kill(os.getpid(), signal.SIGINT)
        reached = True

    assert reached
