"""Statements of clinical headers: names, numbers, days, diseases, walls of the heart."""

from datetime import date
from decimal import Decimal

import pytest

from orthanc_cohorts.convert.ecg.clinical import ClinicalHeader, day, quantity, statements_of
from orthanc_cohorts.convert.ecg.diseases import diseases, walls

NEAR = date(1990, 10, 1)


def test_a_statement_has_the_heading_above_it_and_a_line_without_a_name_is_text():
    found = statements_of(["age: 81", "Diagnose:", "Smoker: no", "Therapy:", "Dosage: ", "free words"])

    assert [(one.heading, one.name, one.value) for one in found] == [
        ("", "age", "81"),
        ("Diagnose", "Smoker", "no"),
        ("Therapy", "Dosage", ""),
        ("Therapy", "", "free words"),
    ]


def test_a_statement_is_taken_once_under_any_spelling_and_the_rest_is_what_says_something():
    header = ClinicalHeader(
        statements_of(
            ["Pulmonary artery pressure (laod) (mean): 20 mmHg", "A: n/a", "B: 7", "Smoker: unknown", "words"]
        )
    )

    assert header.take("pulmonary artery pressure load mean") == "20 mmHg"
    assert header.take("pulmonary artery pressure load mean") is None
    assert header.take("smoker") is None
    assert [(one.name, one.value) for one in header.rest] == [("B", "7"), ("", "words")]


def test_of_a_name_that_comes_twice_the_value_that_is_known_counts():
    header = ClinicalHeader(statements_of(["Catheterization date: 16-Oct-90", "Catheterization date: n/a"]))

    assert header.take("catheterization date") == "16-Oct-90"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("140/80 mmHg", (Decimal(140), Decimal(80), "mmHg")),
        (" 5.4 l/min", (Decimal("5.4"), None, "l/min")),
        ("2,7 l/min/m2", (Decimal("2.7"), None, "l/min/m2")),
        ("1", (Decimal(1), None, "")),
        ("30 mg", (Decimal(30), None, "mg")),
        ("70%", (Decimal(70), None, "%")),
    ],
)
def test_a_quantity_is_one_or_two_numbers_and_a_unit(text, found):
    assert quantity(text) == found


@pytest.mark.parametrize("text", ["", "n/a", "RIVA 70% proximal", "about 30 mg", "-3", "1/2/3", "120/ mmHg"])
def test_what_is_no_quantity_is_none(text):
    assert quantity(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("01/10/1990", date(1990, 10, 1)),
        ("29-Sep-90", date(1990, 9, 29)),
        ("16-Okt-90", date(1990, 10, 16)),
        ("3.12.1989", date(1989, 12, 3)),
        ("1990-10-01", date(1990, 10, 1)),
        ("1-Jan-00", date(2000, 1, 1)),
        ("1-Jan-45", date(1945, 1, 1)),
        ("31-Feb-90", None),
        ("19:45", None),
        ("1990", None),
        ("ca. 1985", None),
    ],
)
def test_a_day_is_read_day_first_and_in_the_century_that_is_nearest(text, found):
    assert day(text, NEAR) == found


def test_a_year_of_two_digits_names_no_day_where_nothing_is_near():
    assert day("29-Sep-90") is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Diabetes mellitus", ["73211009"]),
        ("Arterial hypertension, Hyperlipoproteinemia Type IIa", ["38341003", "3744001"]),
        ("Obesity Hyperuricemia", ["414916001", "35885006"]),
        ("Heart failure (NYHA 4)", ["84114007"]),
        ("Unstable angina", ["4557003"]),
        ("Left bundle branch block", ["63467002"]),
        ("hypertension; hypertension", ["38341003"]),
        ("no diabetes mellitus", []),
        ("portal hypertension, obesity", ["414916001"]),
        ("history of diabetes", []),
        ("n/a", []),
        ("", []),
    ],
)
def test_diseases_are_named_for_sure_or_not_at_all(text, codes):
    assert [one.code for one in diseases(text)] == codes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("infero-latera", {"inf", "lat"}),
        ("antero-septal", {"ant", "sep"}),
        ("infero-poster-lateral", {"inf", "pos", "lat"}),
        ("anterior", {"ant"}),
        ("unknown", set()),
        ("no", set()),
        ("", set()),
        ("antero-somewhere", set()),
    ],
)
def test_walls_are_read_though_their_words_are_cut_off(text, found):
    assert walls(text) == found
