"""The notebook docs/cohort.ipynb runs on the lake of the demo study; git has no output of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orthanc_cohorts.convert.demo.expected import latest_qtc_ms
from orthanc_cohorts.convert.demo.plan import PatientPlan

NOTEBOOK = Path(__file__).resolve().parents[3] / "docs" / "cohort.ipynb"
SAY = (
    "print(json.dumps({'left': left.sum().to_dict(), 'cohort': len(cohort), 'n': table.loc['n'].to_dict()}))"
)


def calcium_is_stated(plan: PatientPlan) -> bool:
    """Whether a report that none replaces states a volume."""
    replaced = {one.replaces for one in plan.measures}
    return any(
        one.volume_mm3 is not None and number not in replaced for number, one in enumerate(plan.measures)
    )


def test_git_has_no_output_of_it() -> None:
    cells = [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"]

    assert cells
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"] is not None] == []


def test_it_runs_and_ends_in_a_figure_and_a_table(
    lake: Path, plans: list[PatientPlan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient (extra `examples`) is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel (extra `examples`) is not installed")
    nbformat = pytest.importorskip("nbformat")
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("LAKE", str(lake))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(SAY))

    nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    ).execute()

    *_, figure, _, table, said = (cell.get("outputs") for cell in notebook.cells)
    assert "image/png" in figure[-1]["data"] and "text/html" in table[-1]["data"]
    found = json.loads(said[0]["text"])
    conditions = (
        lambda plan: True,
        lambda plan: plan.ct is not None,
        lambda plan: any(ecg.recorded for ecg in plan.ecgs),
        lambda plan: latest_qtc_ms(plan) is not None,
        calcium_is_stated,
    )
    left = [
        [plan for plan in plans if all(holds(plan) for holds in conditions[: number + 1])]
        for number in range(len(conditions))
    ]
    assert list(found["left"].values()) == [len(some) for some in left]
    assert found["cohort"] == len(left[-1]) > 0
    sexes = [plan.person.sex for plan in left[-1]]
    assert found["n"] == {sex: str(sexes.count(sex)) for sex in set(sexes) if sex}
