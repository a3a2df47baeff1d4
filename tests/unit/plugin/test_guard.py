"""Caps on bodies: depth is told as a parser would meet it, in linear time."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_cohorts_plugin.guard import nested_deeper_than


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("body", [nested(64), b'{"a":' * 64 + b"1" + b"}" * 64, b"", b"[]" * 5000, b"[" * 64])
def test_sixty_four_levels_pass(body):
    assert not nested_deeper_than(body, 64)


@pytest.mark.parametrize(
    "body",
    [
        nested(65),
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 65,
        b"[{" * 33,
        nested(65) + b"]]]",
        b"[]" * 99 + b"[" * 65,
    ],
)
def test_sixty_five_levels_do_not(body):
    assert nested_deeper_than(body, 64)


@pytest.mark.parametrize("text", ["[" * 100, '"' + "[" * 100, "\\" + '"[' * 100, "\\\\[[" * 50])
def test_brackets_in_strings_do_not_count(text):
    body = json.dumps({text: text}).encode()

    assert not nested_deeper_than(body, 1)


def test_a_string_that_ends_with_a_backslash_hides_nothing_behind_it():
    body = json.dumps(["\\"]).encode()[:-1] + b"," + nested(70)

    assert nested_deeper_than(body, 64)


@pytest.mark.parametrize(
    "piece", [b'"', b'\\"', b'"\\"', b"[", b"]", b"[]", b"\\", b'["', b"[" * 32 + b"]" * 32]
)
@pytest.mark.parametrize("start", [b"", b'"'])
def test_hostile_megabytes_take_no_longer_than_a_second(start, piece):
    body = start + piece * (1_048_576 // len(piece))

    started = time.process_time()
    nested_deeper_than(body, 64)

    assert time.process_time() - started < 1.0


DOCUMENTS = st.recursive(
    st.none() | st.text(alphabet='[]{}"\\a', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\', max_size=4), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_the_depth_of_any_document_is_told_exactly(document):
    body = json.dumps(document).encode()
    depth = depth_of(document)

    assert not nested_deeper_than(body, depth)
    assert depth == 0 or nested_deeper_than(body, depth - 1)


def depth_of(document: object) -> int:
    if isinstance(document, dict):
        return 1 + max(map(depth_of, document.values()), default=0)
    if isinstance(document, list):
        return 1 + max(map(depth_of, document), default=0)
    return 0
