"""Whether a text names somebody."""

from __future__ import annotations

import pytest

from orthanc_cohorts.convert.pseudonymise.wording import Watch, looks_named, looks_personal


@pytest.mark.parametrize(
    "text",
    [
        "Thorax von Frau Müller",
        "MUELLER_THORAX",
        "Befund Müllers",
        "muller",
        "Muller, Anna-Maria",
        "annA",
        "CT4711",
        "P-4711-X",
    ],
)
def test_a_name_or_id_is_found_however_it_is_written(text):
    watch = Watch(["Müller^Anna-Maria^^Dr."], ["P-4711-X", "4711"])

    # An id in a word of its own only, for a short one.
    assert watch.finds(text) == (text != "CT4711")


@pytest.mark.parametrize("text", ["山田さんのCT", "Yamada", "やまだ"])
def test_names_in_other_scripts_are_found(text):
    assert Watch(["Yamada^Tarou=山田^太郎=やまだ^たろう"], []).finds(text)


@pytest.mark.parametrize("text", ["Wolff-Parkinson-White", "Hansestadt", "rest", "Lehrbuch"])
def test_short_names_are_found_at_the_beginning_of_words(text):
    watch = Watch(["Wolf^Hans"], [])

    assert watch.finds(text) == (text in ("Wolff-Parkinson-White", "Hansestadt"))


def test_two_letters_are_a_name_as_a_word_of_their_own():
    watch = Watch(["Li^Bo"], [])

    assert watch.finds("CT of Bo Li")
    assert not watch.finds("Liver, body")


def test_words_that_name_nobody_are_not_looked_for():
    watch = Watch(["Anonymous^Patient", "Dr.^Test"], ["", "X"])

    assert not watch.finds("Patient position, test, anonymous")


@pytest.mark.parametrize(
    "text",
    [
        "Meier^Hans", "hans@example.org", "seen by Dr. Meier", "Herr Meier", "Name: Meier", "geb. 12.3.1950",
        "1950-03-12", "0170 1234567", "1.2.840.113619.2.55.3",
    ],
)  # fmt: skip
def test_texts_look_personal(text):
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text", ["CT Thorax native", "Patient position", "T2 TSE 3mm", "1.25 mm", "Lesion 1"]
)
def test_texts_look_like_nothing(text):
    assert not looks_personal(text)


def test_a_number_of_a_code_names_nobody():
    assert not looks_named("250145")
    assert looks_named("Dr. Meier")


def test_a_half_of_a_double_name_is_no_term_that_names_somebody():
    watch = Watch(["QIN-HEADNECK-01"], [])

    assert watch.finds("HEADNECK scan")
    assert not watch.is_one("HEADNECK")
    assert watch.is_one("QIN-HEADNECK-01")
