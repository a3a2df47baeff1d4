"""What the documents promise exists: targets, files, the two commands of a newcomer.

It knows text, and the form of a cohort definition; it starts nothing.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from orthanc_cohorts.cohort import canonical, parse

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/analysts.md",
    "docs/architecture.md",
    "docs/configuration.md",
    "docs/rest.md",
)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_a_document_names_exists(checkout: Path, document: str) -> None:
    makefile = (checkout / "Makefile").read_text(encoding="utf-8")
    text = (checkout / document).read_text(encoding="utf-8")

    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))

    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_links_to_exists(checkout: Path, document: str) -> None:
    text = (checkout / document).read_text(encoding="utf-8")

    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]

    assert [link for link in links if not ((checkout / document).parent / link).exists()] == []


def test_the_readme_begins_with_the_two_commands(checkout: Path) -> None:
    commands = re.findall(r"^make \S+", (checkout / "README.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert commands[:2] == ["make demo", "make test"]


def test_the_question_of_the_readme_can_be_asked_and_has_the_hash_that_it_states(checkout: Path) -> None:
    text = (checkout / "README.md").read_text(encoding="utf-8")
    question = re.search(r"-d '\s*({.*?})'", text, re.DOTALL)
    stated = re.search(r'"hash": "([0-9a-f]+)', text)
    assert question and stated

    definition = canonical(parse(json.loads(question.group(1))))

    assert definition.hash.startswith(stated.group(1))


def test_the_readme_says_what_the_agpl_means_for_redistribution(checkout: Path) -> None:
    text = (checkout / "README.md").read_text(encoding="utf-8")

    assert "AGPL-3.0" in text and "redistribute" in text


def test_ci_is_executable_and_ends_with_the_tests(checkout: Path) -> None:
    entry = checkout / ".ci/run"

    assert os.access(entry, os.X_OK)
    assert entry.read_text(encoding="utf-8").endswith("\nmake test\n")


def test_no_file_names_a_folder_of_one_machine(checkout: Path) -> None:
    sources = [checkout / "Makefile", checkout / ".ci/run", *(checkout / "scripts").iterdir()]
    texts = {path.name: path.read_text(encoding="utf-8") for path in sources if path.is_file()}

    assert {name for name, text in texts.items() if re.search(r"(?<!\$)/(work|home)/", text)} == set()
