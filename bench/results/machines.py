"""Whether the timings of two runs may be compared: only those of machines that are alike where it counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baselines.errors import MeasurementError

# What has to be equal before two results may be compared, and how a report calls it.
_COMPARED = {
    "cpu": "CPU model",
    "machine": "architecture",
    "simd": "SIMD instructions",
    "vnni": "VNNI",
    "cores_usable": "usable cores",
    "governor": "frequency governor",
    "system": "operating system",
}


def comparable(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """Why two environments' timings must not be compared; empty where they may be.

    Args:
        a, b: what `describe_environment` gave, then or now.
    """
    reasons = [
        f"{title}: {_words(a.get(key))} and {_words(b.get(key))}"
        for key, title in _COMPARED.items()
        if a.get(key) != b.get(key)
    ]
    ours, theirs = a.get("versions") or {}, b.get("versions") or {}
    for package in sorted(set(ours) | set(theirs)):
        if package != "tagpress" and ours.get(package) != theirs.get(package):
            reasons.append(f"{package}: {_words(ours.get(package))} and {_words(theirs.get(package))}")
    return reasons


def refuse_unlike(a: Mapping[str, Any], b: Mapping[str, Any], *, force: bool = False) -> list[str]:
    """The differences, when they are forced through; raises MeasurementError naming them when they are not."""
    reasons = comparable(a, b)
    if reasons and not force:
        raise MeasurementError(
            "timings of unlike machines are not compared (" + "; ".join(reasons) + "); measure both on one machine, or "
            "use --force and read the ratios with care"
        )
    return reasons


def _words(value: Any) -> str:
    if value is None:
        return "unknown"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
