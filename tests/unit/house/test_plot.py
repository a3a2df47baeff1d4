"""The plots of the benchmark stand where the numbers are."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.plot import Line, plot

SVG = "{http://www.w3.org/2000/svg}"


def test_equal_factors_are_equal_distances_and_more_is_higher() -> None:
    drawn = ElementTree.fromstring(plot([Line("a", [(1, 1), (10, 10), (100, 100)])], "items", "ms"))

    [path] = [line.attrib["points"] for line in drawn.iter(f"{SVG}polyline")]
    (x1, y1), (x2, y2), (x3, y3) = (map(float, place.split(",")) for place in path.split())
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert y1 - y2 == pytest.approx(y2 - y3, abs=0.2)
    assert y1 > y3


def test_names_are_text_and_never_lie_on_each_other() -> None:
    lines = [Line("<b>", [(1, 5)]), Line("c", [(1, 5.01)])]

    drawn = ElementTree.fromstring(plot(lines, "items", "ms & more"))

    names = {
        text.text: float(text.attrib["y"]) for text in drawn.iter(f"{SVG}text") if text.text in ("<b>", "c")
    }
    assert abs(names["<b>"] - names["c"]) >= 16


def test_nothing_cannot_be_plotted() -> None:
    with pytest.raises(ValueError, match="at least one point"):
        plot([], "items", "ms")
