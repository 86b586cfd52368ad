"""One row a data set: what scikit-learn reaches, what ours reach, and which one the study recommends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.quantities import MISSING, score, seconds, size
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
        "models": {
            model: None if (row := rows.get(model)) is None else (_accuracy(row), row.bytes) for model in MODELS
        },
        "recommended": None if chosen is None else (chosen.name, _accuracy(chosen), chosen.bytes, chosen.p50_s),
    }


def markdown(rows: Sequence[Mapping[str, Any]], command: str) -> str:
    """The table, with the command that made it above."""
    peers = list(rows[0]["peers"]) if rows else []
    columns = ["data", "task", "test texts", "cleaning", *(f"scikit-learn, {name}" for name in peers)]
    columns += [*MODELS.values(), "recommended", "accuracy", "bytes", "p50"]
    lines = [f"`{command}`", "", "Accuracy on the test part; each verdict is about its task's own metric.", ""]
    lines += [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *(f"| {' | '.join(_cells(row, peers))} |" for row in rows)]) + "\n"


def _cells(row: Mapping[str, Any], peers: Sequence[str]) -> list[str]:
    cells = [row["name"], row["task"], f"{row['n_test']:,}", row["cleaning"] or MISSING]
    cells += [score(row["peers"][name]) for name in peers]
    for model in MODELS:
        found = row["models"][model]
        cells.append(MISSING if found is None else f"{score(found[0])} ({size(found[1])})")
    if row["recommended"] is None:
        return [*cells, "none", MISSING, MISSING, MISSING]
    name, accuracy, n_bytes, p50 = row["recommended"]
    return [*cells, name, score(accuracy), size(n_bytes), seconds(p50)]


def _accuracy(row: Any) -> float | None:
    found = row.quality.get(COMMON)
    return None if found is None else float(found.value)
