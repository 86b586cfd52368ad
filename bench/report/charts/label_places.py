"""Where names stand in the picture so that they cover neither points nor each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels of a picture of WIDTH x HEIGHT
WIDTH, HEIGHT = 640, 380
_CHARACTER, _LINE = 6.6, 15


def place_labels(points: Sequence[dict[str, Any]]) -> None:
    """Set `place` of each point to `above`, `below`, `left`, `right`, or "" where no place is free.

    Greedy: the recommended model first, then the others on the front by score; dominated models go without a name.
    """
    centres = _centres(points)
    taken: list[Box] = [(x - 9, y - 9, x + 9, y + 9) for x, y in centres]
    order = sorted(range(len(points)), key=lambda i: (points[i]["kind"] != "recommended", -points[i]["up"]))
    for index in order:
        point = points[index]
        point["place"] = ""
        if point["kind"] == "dominated":
            continue
        others = taken[:index] + taken[index + 1 :]
        wide = _CHARACTER * len(point["name"]) * (1.25 if point["kind"] == "recommended" else 1.0)
        for place, box in _boxes(*centres[index], wide).items():
            if box[0] >= -25 and box[2] <= WIDTH + 10 and not any(_overlap(box, other) for other in others):
                point["place"] = place
                taken.append(box)
                break
        else:
            point["place"] = "above" if point["kind"] == "recommended" else ""


def _centres(points: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    xs, ys = [math.log(p["cost"]) for p in points], [p["up"] for p in points]
    return [
        (_along(x, xs, math.log(2.2)) * WIDTH, (1 - _along(y, ys, 0.05)) * HEIGHT) for x, y in zip(xs, ys, strict=True)
    ]


def _along(value: float, values: Sequence[float], margin: float) -> float:
    low, high = min(values) - margin, max(values) + margin
    return (value - low) / (high - low)


def _boxes(x: float, y: float, wide: float) -> dict[str, Box]:
    half = _LINE / 2
    return {
        # Beside before above and below: the longer error bars are the upright ones.
        "right": (x + 14, y - half, x + 14 + wide, y + half),
        "left": (x - 14 - wide, y - half, x - 14, y + half),
        "above": (x - wide / 2, y - 16 - half, x + wide / 2, y - 16 + half),
        "below": (x - wide / 2, y + 20 - half, x + wide / 2, y + 20 + half),
    }


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
