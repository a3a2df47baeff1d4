"""Texts in sections: headings in two languages and several spellings; nothing of the text is lost."""

from __future__ import annotations

import codecs

import pytest

from orthanc_cohorts.convert.problem import Problem
from orthanc_cohorts.convert.text.headings import Heading, heading
from orthanc_cohorts.convert.text.section import Divided, decoded, divided
from orthanc_cohorts.harmonise import context_group


def _divided(text: str, keep_unknown: bool = False) -> tuple[Divided, list[str]]:
    problems: list[Problem] = []
    return divided("r.txt", text, problems, keep_unknown=keep_unknown), list(map(str, problems))


def _parts(text: str) -> list[tuple[str, str]]:
    found, problems = _divided(text)
    assert problems == []
    return [(one.heading.section.meaning, one.text) for one in found.sections]


@pytest.mark.parametrize(
    "line",
    ["Findings", "Findings:", "FINDINGS", "FINDINGS:", "# Findings", "### findings ###", "Findings\n========",
     "Findings\n---", "  Findings :", "Befund", "BEFUNDE:", "## Befund"],
)  # fmt: skip
def test_a_heading_may_be_written_in_many_ways(line: str) -> None:
    assert _parts(f"{line}\nLungs are clear.\n") == [("Findings", "Lungs are clear.")]


def test_text_may_follow_its_heading_in_the_same_line() -> None:
    text = "Fragestellung: Stenose?\nBefund: Keine Stenose.\nKein Erguss.\n\nBeurteilung: Unauffällig."

    assert _parts(text) == [
        ("Request", "Stenose?"),
        ("Findings", "Keine Stenose.\r\nKein Erguss."),
        ("Impressions", "Unauffällig."),
    ]


def test_what_stands_before_the_first_heading_is_kept() -> None:
    assert _parts("CT of 2 May.\n\nIMPRESSION:\nNormal.") == [
        ("Findings", "CT of 2 May."),
        ("Impressions", "Normal."),
    ]


def test_lines_that_only_look_like_headings_stay_text() -> None:
    text = "Findings\nLiver: normal.\nSpleen:\n- 12 cm\nAll results were discussed.\n---\nfindings as"

    assert _parts(text) == [
        (
            "Findings",
            "Liver: normal.\r\nSpleen:\r\n- 12 cm\r\nAll results were discussed.\r\n---\r\nfindings as",
        )
    ]


def test_every_word_of_a_text_is_in_its_sections() -> None:
    text = "Before.\n\n# History\n\nAn old\n\nstory.\n# Technique\nCT.\n\n# Impression\n\nFine.\n\n"

    found, _ = _divided(text)

    words = [word for one in found.sections for word in one.text.split()]
    assert words == [word for word in text.split() if word not in ("#", "History", "Technique", "Impression")]


def test_a_heading_that_is_not_known_is_a_problem_or_stays_text() -> None:
    text = "# Findings\nClear.\n## Liver\nNormal.\nMiscellany\n=====\nNone.\n"

    found, problems = _divided(text, keep_unknown=True)

    assert _divided(text)[1] == [
        "r.txt, row 3: the heading 'Liver' is not known; --keep-unknown keeps it as text",
        "r.txt, row 5: the heading 'Miscellany' is not known; --keep-unknown keeps it as text",
    ]
    assert problems == []
    assert [one.text for one in found.sections] == [
        "Clear.\r\n## Liver\r\nNormal.\r\nMiscellany\r\n=====\r\nNone."
    ]


def test_headings_tell_the_language() -> None:
    assert _divided("Befund: x")[0].languages == {"de"}
    assert _divided("Befund: x\nImpression: y")[0].languages == {"de", "en"}
    assert _divided("x")[0].languages == set()


def test_every_heading_is_a_section_of_the_standard() -> None:
    sections = context_group(7001)
    assert sections is not None

    from orthanc_cohorts.convert.text import headings

    every: set[Heading] = {found for found, _, _ in headings._WORDS}
    assert {str(one.section) for one in every} <= sections
    assert all(heading(word) is not None for _, en, de in headings._WORDS for word in f"{en}|{de}".split("|"))


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("für\r\nuns".encode(), "utf-8", "für\nuns"),
        (codecs.BOM_UTF8 + "für".encode(), "utf-8", "für"),
        ("für".encode("latin-1"), "latin-1", "für"),
        ("für".encode("utf-16"), "utf-16", "für"),
        (b"old\rMac", "utf-8", "old\nMac"),
    ],
)
def test_texts_come_in_many_encodings(data: bytes, encoding: str, text: str) -> None:
    problems: list[Problem] = []

    assert decoded("r.txt", data, encoding, problems) == text
    assert problems == []


@pytest.mark.parametrize(
    ("data", "encoding", "said"),
    [
        (
            "a\nfür".encode("latin-1"),
            "utf-8",
            "r.txt, row 2: is not in utf-8; say --encoding, such as latin-1 or cp1252",
        ),
        ("für".encode("utf-16"), "utf-8", "r.txt: begins as utf-16 does; say --encoding utf-16"),
        (b"a", "utf-9", "r.txt: --encoding utf-9 is not known"),
        (b" \n\n", "utf-8", "r.txt: holds no text"),
        (b"a\nb\x07", "utf-8", "r.txt, row 2: has a control character (U+0007)"),
    ],
)
def test_what_is_no_such_text_is_said_with_its_row(data: bytes, encoding: str, said: str) -> None:
    problems: list[Problem] = []
    decoded("r.txt", data, encoding, problems)

    assert list(map(str, problems)) == [said]
