"""The findings in words: for the terminal, the Markdown report and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
KINDS: Mapping[str, tuple[str, str]] = {
    "label": ("doubtful label", "doubtful labels"),
    "missing label": ("text that lacks a label", "texts that lack a label"),
    "conflict": ("equal text with other labels", "equal texts with other labels"),
    "duplicate": ("copy", "copies"),
    "near duplicate": ("near copy", "near copies"),
    "merge": ("pair of classes to merge", "pairs of classes to merge"),
    "rare class": ("rare class", "rare classes"),
}


def lines(found: Json, folder: str) -> list[str]:
    """What was found, one sentence a line."""
    if reason := found.get("skipped"):
        return [f"The data's doctor was left out: {reason}."]
    said = [counts_sentence(found, folder), curve_sentence(found)]
    return [*said, *([effect] if (effect := effect_sentence(found)) else [])]


def counts_sentence(found: Json, folder: str = "") -> str:
    """How many issues of which kind, and where they are listed."""
    counts = found.get("counts") or {}
    kinds = [f"{counts[what]:,} {names[counts[what] != 1]}" for what, names in KINDS.items() if counts.get(what)]
    place = f"{folder}/{found.get('file')}" if folder else str(found.get("file"))
    if not kinds:
        return f"Your data: nothing was found in {_texts(found)}."
    return f"Your data: {', '.join(kinds)} in {_texts(found)}; listed in {place}."


def _texts(found: Json) -> str:
    """How many texts were looked at, and of how many where they are a sample."""
    n = f"{found['n_texts']:,}"
    return f"{n} texts" if found.get("n_all") is None else f"a sample of {n} of {found['n_all']:,} texts"


def curve_sentence(found: Json) -> str:
    """Whether more texts would help."""
    if found.get("n_all") is not None:
        return f"More data: whether they would help can't be told from {_texts(found)}."
    curve, title = found["curve"], found["metric_title"]
    half, gain = curve["points"][1]["n"], curve["gain"]
    sure = f"{gain['value']:+.3f} (95 %: {gain['low']:+.3f} to {gain['high']:+.3f})"
    if not curve["helps"]:
        return f"More data: no clear gain from {half:,} to {found['n_texts']:,} texts, {sure} in {title}."
    about = f"; twice the texts might reach about {curve['doubled']:.2f}" if curve.get("doubled") is not None else ""
    return (
        f"More data are likely to help: from {half:,} to {found['n_texts']:,} texts {title} changed by {sure}{about}."
    )


def effect_sentence(found: Json) -> str:
    """What accepted fixes brought; "" where there are none."""
    effect = found.get("effect")
    if not effect:
        return ""
    told = f"Fixes: {effect['said']}"
    if (change := effect.get("difference")) is None and found.get("n_all") is not None:
        return f"{told}; what they bring isn't measured, as only {_texts(found)} is looked at."
    if change is None:
        return f"{told}; what they bring can't be compared, as the question is another one now."
    by = f"{change['value']:+.4f} on the test part (95 %: {change['low']:+.4f} to {change['high']:+.4f})"
    if change["low"] > 0:
        return f"{told}; a linear model trained with them is better by {by}."
    if change["high"] < 0:
        return f"{told}; a linear model trained with them is worse, {by}."
    return f"{told}; whether a linear model is better with them can't be told: {by}."
