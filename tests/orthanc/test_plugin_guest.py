"""What the plugin means for its host: memory, modules, and other scripts beside it."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orthanc.harness import CHECKOUT
from orthanc_cohorts_plugin.host import MEMBERS

SCRIPTS = Path(__file__).resolve().parent / "scripts"


def with_paths(script: str, folder: Path) -> Path:
    """Return a copy of a script that finds our packages in the checkout."""
    paths = [str(CHECKOUT / "plugin"), str(CHECKOUT / "indexer")]
    target = folder / script
    target.write_text(f"import sys\nsys.path += {paths!r}\n" + (SCRIPTS / script).read_text(encoding="utf-8"))
    return target


def test_the_stub_of_the_host_names_only_what_the_real_module_has(start_orthanc, tmp_path):
    orthanc = start_orthanc(script=with_paths("spy_script.py", tmp_path))

    real = orthanc.get("/spy/members").json()

    for kind, members in MEMBERS.items():
        assert set(members) <= set(real[kind]), kind
    assert real["values"] == {"DELETED": 1, "NEW_INSTANCE": 3, "INSTANCE": 3}


def test_the_plugin_loads_nothing_but_the_standard_library_and_itself(start_with_fake, ecg_report, tmp_path):
    orthanc = start_with_fake(script=with_paths("spy_script.py", tmp_path))
    orthanc.wait_ready()
    orthanc.store(ecg_report)
    orthanc.wait_until(lambda: orthanc.status()["pushed"] == 1, 10, "the report is pushed")

    modules = set(orthanc.get("/spy/modules").json())

    foreign = modules - set(sys.stdlib_module_names) - {"orthanc_cohorts", "orthanc_cohorts_plugin"}
    assert foreign == set()


@pytest.mark.alone
def test_the_plugin_adds_at_most_30_mb_to_orthanc(start_with_fake, ecg_report):
    bare = start_with_fake(plugin=False)
    orthanc = start_with_fake()
    orthanc.wait_ready()
    for one in (bare, orthanc):
        for _ in range(50):
            one.store(ecg_report)
    orthanc.wait_until(lambda: orthanc.status()["pushed"] >= 1, 10, "the report is pushed")
    for _ in range(50):
        orthanc.post("/cohorts/x", json={})

    added = orthanc.memory_bytes() - bare.memory_bytes()

    assert added <= 30_000_000


def test_another_script_that_stores_from_its_own_thread_lives_beside_us(
    start_with_fake, ecg_report, tmp_path
):
    orthanc = start_with_fake(script=with_paths("storing_script.py", tmp_path))
    orthanc.wait_ready()

    with ThreadPoolExecutor(6) as pool:
        stored = list(pool.map(lambda _: orthanc.store(ecg_report)["Status"], range(60)))
    orthanc.wait_until(lambda: orthanc.get("/other/stored").json() >= 20, 30, "the other script has stored")

    assert len(stored) == 60
    orthanc.wait_until(lambda: orthanc.status()["pushed"] >= 1, 10, "we have pushed")
    assert "NEW_INSTANCE" in orthanc.get("/other/events").json()


def test_a_chained_callback_works_even_when_our_options_are_wrong(start_with_fake, ecg_report, tmp_path):
    orthanc = start_with_fake(script=with_paths("storing_script.py", tmp_path), cohorts={"Nonsense": 1})

    orthanc.store(ecg_report)

    orthanc.wait_until(lambda: "NEW_INSTANCE" in orthanc.get("/other/events").json(), 10, "the event arrives")
    assert orthanc.get("/plugins/cohorts/status").status_code == 503
