"""The walker and pydicom read random objects to the same rows, whatever the encoding.

A hundred examples each, always the same; see `conftest.py` for more.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.charset import convert_encodings, encode_string
from pydicom.dataset import Dataset

import build
from flattened import ANYWHERE
from orthanc_cohorts.dicom import pydicom_adapter
from orthanc_cohorts.dicom.charset import Decoder
from orthanc_cohorts.flatten import flatten, flatten_bytes
from orthanc_cohorts.model.rows import Rows
from unit.dicom.random_objects import CHARACTER_SETS, LETTERS, Element, encoded, headers, reports

BOUNDED = settings(
    # A profile that wants more than the usual number wants other examples in each run, too.
    derandomize=settings.default.max_examples <= 100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
LITTLE_ENDIAN = st.sampled_from((build.EXPLICIT, build.IMPLICIT))


def by_pydicom(data: bytes) -> Rows:
    return flatten(pydicom_adapter.read_bytes(data), ANYWHERE)


def said(rows: Rows, *left_out: str) -> dict[str, object]:
    """What an object says, as text, since NaN differs from itself; who read it is left out."""
    tables: dict[str, object] = {name: repr(part) for name, part in rows.tables.items()}
    tables["instance"] = [
        {k: v for k, v in row.items() if k not in ("reader", *left_out)} for row in rows.dicts("instance")
    ]
    tables["problem"] = repr([row for row in rows["problem"] if row[2] != "read-by-pydicom"])
    return tables


@BOUNDED
@given(ds=reports(), syntax=LITTLE_ENDIAN, preamble=st.booleans())
def test_random_reports_flatten_alike_by_both_readers(ds: Dataset, syntax: str, preamble: bool):
    data = build.to_bytes(ds, syntax, preamble=preamble)

    assert said(by_pydicom(data)) == said(flatten_bytes(data, ANYWHERE))


@BOUNDED
@given(ds=reports(), syntax=st.sampled_from((build.BIG_ENDIAN, build.DEFLATED)))
def test_random_reports_in_hard_encodings_say_what_they_say_in_the_usual_one(ds: Dataset, syntax: str):
    usual, hard = build.to_bytes(ds), build.to_bytes(ds, syntax)

    assert said(by_pydicom(hard), "transfer_syntax_uid") == said(
        flatten_bytes(usual, ANYWHERE), "transfer_syntax_uid"
    )


@BOUNDED
@given(elements=headers(), syntax=LITTLE_ENDIAN, preamble=st.booleans())
def test_random_headers_flatten_alike_by_both_readers(elements: list[Element], syntax: str, preamble: bool):
    data = encoded(elements, syntax, preamble)

    assert said(by_pydicom(data)) == said(flatten_bytes(data, ANYWHERE))


@BOUNDED
@given(elements=headers(), syntax=st.sampled_from((build.BIG_ENDIAN, build.DEFLATED)))
def test_random_headers_in_hard_encodings_say_what_they_say_in_the_usual_one(
    elements: list[Element], syntax: str
):
    usual, hard = encoded(elements, build.EXPLICIT), encoded(elements, syntax)

    assert said(by_pydicom(hard), "transfer_syntax_uid") == said(
        flatten_bytes(usual, ANYWHERE), "transfer_syntax_uid"
    )


@pytest.mark.parametrize("terms", CHARACTER_SETS)
@BOUNDED
@given(data=st.data())
def test_text_that_a_character_set_can_write_is_read_as_it_was(terms: str, data: st.DataObject):
    text = data.draw(st.text(LETTERS[terms], max_size=40))
    decoder = Decoder(terms)

    read = decoder.decode(encode_string(text, convert_encodings(terms.split("\\"))))

    assert read == text.rstrip(" ")
    assert not decoder.failed
