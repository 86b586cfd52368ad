"""Looks at the test part, for people: how many, by which runs, and what that means for the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]


def looks_said(results: Json) -> str:
    """One line, such as `2 by this run, 1 by run a; 14 models judged on it`; empty where nothing was counted."""
    looks = results.get("test_looks") or {}
    if not looks:
        return ""
    said = [f"{looks['own']} by this run", *(_by(other) for other in looks.get("by_other_runs") or [])]
    return f"{', '.join(said)}; {looks['models']:,} models judged on it"


def looks_warning(results: Json) -> str:
    """What has to be known where the part was looked at beside the first time in this run; empty where it wasn't."""
    looks = results.get("test_looks") or {}
    others = list(looks.get("by_other_runs") or [])
    earlier = max(int(looks.get("own") or 0) - 1, 0)
    n = earlier + sum(int(other.get("looks") or 0) for other in others)
    if not n and not others:
        return ""
    runs = [f"{other['run']}" for other in others]
    who = (["this run itself"] if earlier else []) + ([f"run{'s' * (len(runs) > 1)} {_listed(runs)}"] if runs else [])
    unknown = any(other.get("looks") is None for other in others)
    often = "once" if n == 1 else f"{n} times"
    often = f"{'at least ' * unknown}{often}" if n else "an unknown number of times"
    return (
        f"Besides the look that this report rests on, its test part was looked at {often}, by {_listed(who)}: a model "
        "chosen after such looks is judged too kindly."
    )


def _by(other: Json) -> str:
    n = other.get("looks")
    return f"{'an unknown number' if n is None else n} by run {other['run']}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
