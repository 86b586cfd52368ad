"""Timings of unlike machines are not compared, and every difference is named."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from baselines.errors import MeasurementError
from bench.results.machines import comparable, refuse_unlike


def like(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cpu": "A", "machine": "x86_64", "system": "Linux", "simd": ["avx2"], "vnni": False, "cores_usable": 2,
        "governor": None, "versions": {"python": "3.11.1", "numpy": "2.1.0", "tagpress": "0.1.0"}, "load_before": 0.1,
    }  # fmt: skip
    return {**copy.deepcopy(found), **changes}


def test_like_machines_may_be_compared() -> None:
    assert comparable(like(), like(load_before=3.0)) == []
    assert comparable(like(), like(versions={**like()["versions"], "tagpress": "0.2.0"})) == []


def test_unlike_machines_are_refused_with_every_reason() -> None:
    other = like(cpu="B", vnni=True, versions={**like()["versions"], "numpy": "2.2.0"})
    reasons = comparable(like(), other)
    assert reasons == ["CPU model: A and B", "VNNI: False and True", "numpy: 2.1.0 and 2.2.0"]
    with pytest.raises(MeasurementError, match=r"unlike machines.*A and B.*--force"):
        refuse_unlike(like(), other)
    assert refuse_unlike(like(), other, force=True) == reasons
