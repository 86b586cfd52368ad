"""What the data's doctor found: doubtful labels, classes to merge, rare classes, weak slices, copies, and the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from baselines.doctor.said import KINDS, counts_sentence, curve_sentence, effect_sentence
from bench.numbers.quantities import count, percent, score
from bench.report.sections.facts import Facts
from bench.report.sections.provenance import shortened

Json = Mapping[str, Any]
_TEXT_SHOWN = 240
_MOST = 20
_SLICES: Mapping[str, str] = {"length": "length", "word": "holds the word", "labels": "has both labels"}


def your_data(facts: Facts) -> dict[str, Any] | None:
    """What the section shows; None for a run without the block."""
    found: Json | None = facts.results.get("data_doctor")
    if not found:
        return None
    if reason := found.get("skipped"):
        return {"skipped": str(reason)}
    return {
        "skipped": "",
        "counts": counts_sentence(found),
        "curve": curve_sentence(found),
        "points": _points(found),
        "metric": str(found["metric_title"]),
        "effect": effect_sentence(found),
        "file": str(found["file"]),
        "lists": [shown for what in KINDS if (shown := _list(what, found))["rows"]],
        "merges": [_merge(each) for each in found.get("merges") or ()],
        "rare": [_rare(each) for each in (found.get("rare") or ())[:_MOST]],
        "n_rare": count((found.get("counts") or {}).get("rare class")),
        "rare_below": count(found.get("rare_below")),
        "slices": [_slice(each) for each in (found.get("slices") or ())[:_MOST]],
        "cut": percent(found.get("cut")),
    }


def sentences(facts: Facts) -> list[str]:
    """The same in two or three sentences, for Markdown and the terminal; none for a run without the block."""
    found: Json | None = facts.results.get("data_doctor")
    if not found:
        return []
    if reason := found.get("skipped"):
        return [f"Your data weren't looked at: {reason}."]
    return [line for line in (counts_sentence(found), curve_sentence(found), effect_sentence(found)) if line]


def _list(what: str, found: Json) -> dict[str, Any]:
    """The surest issues of one kind."""
    own: Sequence[Json] = [each for each in found.get("issues") or () if each.get("what") == what][:_MOST]
    n = (found.get("counts") or {}).get(what) or 0
    more = f", the first {len(own)} shown" if n > len(own) else ""
    return {"title": f"{count(n)} {KINDS[what][n != 1]}{more}", "copies": "duplicate" in what,
            "rows": [_issue(each) for each in own]}  # fmt: skip


def _issue(issue: Json) -> dict[str, Any]:
    row = issue.get("row")
    place = str(issue.get("id") or "") or ("" if row is None else f"row {row}")
    return {
        "place": place,
        "file": str(issue.get("file") or ""),
        "part": str(issue.get("part") or ""),
        "text": shortened(str(issue.get("text") or ""), _TEXT_SHOWN),
        "labels": _names(issue.get("labels")),
        "change": _change(issue.get("labels") or (), issue.get("suggested") or ()),
        "partner": str(issue.get("partner") or ""),
        "sure": percent(issue.get("sure")),
        "value": issue.get("sure"),
    }


def _names(names: Any) -> str:
    return ", ".join(map(str, names or ())) or "none"


def _change(labels: Sequence[Any], suggested: Sequence[Any]) -> str:
    """What goes and what comes, so that nobody compares two lists; "" where nothing does."""
    gone = [f"− {name}" for name in labels if name not in suggested]
    return ", ".join([*gone, *(f"+ {name}" for name in suggested if name not in labels)])


def _points(found: Json) -> list[dict[str, str]]:
    return [
        {
            "n": count(point["n"]),
            "score": score(point["score"]["value"]),
            "low": score(point["score"]["low"]),
            "high": score(point["score"]["high"]),
        }
        for point in (found.get("curve") or {}).get("points") or ()
    ]


def _merge(merge: Json) -> dict[str, str]:
    gain = merge["gain"]
    return {
        "a": str(merge["a"]),
        "b": str(merge["b"]),
        "confused": f"{count(merge['confused'])} of {count(merge['n'])}",
        "before": score(merge.get("before")),
        "after": score(merge.get("after")),
        "gain": f"{gain['value']:+.4f} ({gain['low']:+.4f} to {gain['high']:+.4f})",
    }


def _rare(rare: Json) -> dict[str, str]:
    return {
        "name": str(rare["class"]),
        "n": count(rare["n"]),
        "lacks": count(rare["lacks"]),
        "f1": score(rare.get("f1")),
    }


def _slice(own: Json) -> dict[str, str]:
    return {
        "kind": _SLICES.get(str(own["kind"]), str(own["kind"])),
        "value": str(own["value"]),
        "n": count(own["n"]),
        "wrong": percent(own.get("wrong")),
        "elsewhere": percent(own.get("elsewhere")),
    }
