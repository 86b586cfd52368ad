"""Fixed findings of the data's doctor, with texts and names that try to break out of the page."""

from __future__ import annotations

from typing import Any

from tests.cases.hostile_case import CLASSES, TEXTS


def data_doctor() -> dict[str, Any]:
    """Block `data_doctor` of results.json."""
    kinds = ("label", "missing label", "conflict", "duplicate", "near duplicate")
    issues = [_issue(kind, number) for kind in kinds for number in range(3)]
    points = [(361, 0.61), (722, 0.68), (1083, 0.71), (1444, 0.73)]
    return {
        "file": "data-issues.csv",
        "n_texts": 1444,
        "metric": "f1_weighted",
        "metric_title": "weighted F1",
        "score": 0.73,
        "counts": {**dict.fromkeys(kinds, 3), "label": 41, "merge": 1, "rare class": 2},
        "cut": 0.5,
        "share_wrong": 0.02,
        "share_missing": 0.001,
        "issues": issues,
        "merges": [{"a": CLASSES[0], "b": CLASSES[1], "confused": 31, "n": 120, "before": 0.73, "after": 0.75,
                    "gain": {"value": 0.02, "low": 0.012, "high": 0.028}}],
        "rare_below": 30,
        "rare": [{"class": CLASSES[2], "n": 11, "lacks": 19, "f1": 0.4}, {"class": CLASSES[3], "n": 29, "lacks": 1}],
        "curve": {
            "points": [{"n": n, "score": {"value": v, "low": v - 0.02, "high": v + 0.02}} for n, v in points],
            "gain": {"value": 0.05, "low": 0.04, "high": 0.06},
            "helps": True,
            "doubled": 0.77,
        },
        "slices": [{"kind": "word", "value": "<i>word</i>", "n": 34, "wrong": 0.7, "elsewhere": 0.4, "p_value": 1e-4}],
        "effect": {"changed": 12, "dropped": 3, "merged": 0,
                   "said": "12 texts have other labels, 3 copies are left out",
                   "without": {"value": 0.72, "low": 0.7, "high": 0.74},
                   "with": {"value": 0.73, "low": 0.71, "high": 0.75},
                   "difference": {"value": 0.01, "low": 0.002, "high": 0.018}},
        "seconds": 9.5,
    }  # fmt: skip


def _issue(what: str, number: int) -> dict[str, Any]:
    partner = "case.csv: row 2" if what in ("conflict", "duplicate", "near duplicate") else ""
    return {
        "what": what,
        "sure": 0.99 - number / 10,
        "text": TEXTS[number % len(TEXTS)],
        "row": 7 + number,
        "file": "case.csv",
        "id": "",
        "part": "train",
        "partner": partner,
        "labels": [CLASSES[number]],
        "suggested": [CLASSES[number + 1]],
    }
