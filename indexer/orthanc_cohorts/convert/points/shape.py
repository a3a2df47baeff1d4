"""Shapes of points in space: whether they are planar, an ellipse, an ellipsoid; faces of a box.

Knows the rules for graphics (PS3.3 C.18.9.1.2); nothing of files or codes. Lengths in mm.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orthanc_cohorts.convert.points.pointset import Position

PLANAR_MM = 0.001
"""How far a point of a planar shape may lie off its plane. DICOM names no number."""
CENTRE_MM = 0.01
"""How far the middles of the axes of an ellipse may lie apart; points of tables have two decimals."""
_SQUARE = 1e-3
"""Cosine of the angle between axes, at most."""
_FACES = ((0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))


def off_plane_mm(points: Sequence[Position]) -> float:
    """Return how far the farthest point lies from the plane that fits best; 0 for three points or fewer."""
    if len(points) < 4:
        return 0.0
    centred = _array(points) - _array(points).mean(axis=0)
    normal = np.linalg.svd(centred, full_matrices=False)[2][-1]
    return float(np.abs(centred @ normal).max())


def closed(points: Sequence[Position]) -> list[Position]:
    """Return a ring of points whose last is its first."""
    return [*points] if points[0] == points[-1] else [*points, points[0]]


def faces(corners: Sequence[Position]) -> list[list[Position]]:
    """Return the six faces of a box, closed. corners: of its lower face in order, then of its upper."""
    return [closed([corners[number] for number in face]) for face in _FACES]


def not_axes(points: Sequence[Position], axes: int) -> str | None:
    """Return why points are not the ends of the axes of an ellipse (2) or ellipsoid (3); None where they are.

    points: both ends of an axis, then of the next. An ellipse has its longer axis first.
    """
    if len(points) != 2 * axes:
        return f"has {len(points)} points; the ends of {axes} axes are {2 * axes}"
    ends = _array(points).reshape(axes, 2, 3)
    middles, along = ends.mean(axis=1), ends[:, 1] - ends[:, 0]
    lengths = np.linalg.norm(along, axis=1)
    if not lengths.all():
        return "has an axis without length"
    if np.linalg.norm(middles - middles[0], axis=1).max() > CENTRE_MM:
        return f"has axes whose middles lie more than {CENTRE_MM} mm apart"
    cosines = (along / lengths[:, None]) @ (along / lengths[:, None]).T - np.eye(axes)
    if np.abs(cosines).max() > _SQUARE:
        return "has axes that are not at right angles"
    if axes == 2 and lengths[1] > lengths[0]:
        return "has its shorter axis first; the longer one comes first"
    return None


def _array(points: Sequence[Position]) -> NDArray[np.float64]:
    return np.asarray(points, dtype=np.float64)
