"""The page on tables: its example is a mapping."""

from __future__ import annotations

import re
from pathlib import Path

from orthanc_cohorts.convert.table import mapping_of

PAGE = Path(__file__).parents[4] / "docs" / "conversion" / "table.md"


def test_the_example_of_the_page_is_a_mapping(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "page.yaml").write_text(example, encoding="utf-8")

    found = mapping_of(tmp_path / "page.yaml")

    assert found.documents[0].observations[0].column == "chol"
