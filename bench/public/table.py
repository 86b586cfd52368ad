"""One row a data set: what scikit-learn reaches, what ours reach, and which one the study recommends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.numbers.quantities import MISSING, score, size
from bench.results.row import Row
from bench.results.run import Run

# What every task here can be compared by, whatever the verdict was about.
COMMON = "accuracy"
MODELS = {"linear": "linear", "cnn": "character CNN", "student-int4": "student, 4 bits"}


def row_of(name: str, run: Run, peers: Mapping[str, float]) -> dict[str, Any]:
    """The figures of one study; None for a model that it didn't measure."""
    rows, content = run.by_name, run.content
    chosen = rows.get((content.get("verdict") or {}).get("model") or "")
    return {
        "name": name,
        "task": content["task"],
        "metric": content["metric_title"],
        "cleaning": (content.get("cleaning") or {}).get("chosen"),
        "n_test": content["dataset"]["split"]["test"],
        "peers": dict(peers),
        "models": {model: _figures(rows[model]) if model in rows else None for model in MODELS},
        "recommended": None if chosen is None else {"name": chosen.name, **_figures(chosen)},
    }


def markdown(rows: Sequence[Mapping[str, Any]], command: str) -> str:
    """The table, with the command that made it above."""
    peers = list(rows[0]["peers"]) if rows else []
    columns = ["data", "task", "test texts", "cleaning", *(f"scikit-learn, {name}" for name in peers)]
    columns += [*MODELS.values(), "recommended", "its accuracy", "bytes", "the verdict was about"]
    lines = [f"`{command}`", "", "Accuracy on the test part.", "", f"| {' | '.join(columns)} |"]
    lines += ["|" + "---|" * len(columns), *(f"| {' | '.join(_cells(row, peers))} |" for row in rows)]
    return "\n".join(lines) + "\n"


def _cells(row: Mapping[str, Any], peers: Sequence[str]) -> list[str]:
    cells = [row["name"], row["task"], f"{row['n_test']:,}", row["cleaning"] or MISSING]
    cells += [score(row["peers"][name]) for name in peers]
    found = [row["models"][model] for model in MODELS]
    cells += [MISSING if each is None else f"{score(each['accuracy'])} ({size(each['bytes'])})" for each in found]
    best = row["recommended"]
    if best is None:
        return [*cells, "none", MISSING, MISSING, row["metric"]]
    return [*cells, best["name"], score(best["accuracy"]), size(best["bytes"]), f"{row['metric']} {score(best['own'])}"]


def _figures(row: Row) -> dict[str, float | None]:
    """Accuracy, the verdict's own metric, and bytes."""
    found = row.quality.get(COMMON)
    own = None if row.score is None else row.score.value
    return {"accuracy": None if found is None else found.value, "own": own, "bytes": row.bytes}
