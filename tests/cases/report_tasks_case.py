"""Fixed measurements of one label a text and of yes and no, for the tests of the report; nothing here was measured."""

from __future__ import annotations

from typing import Any

from tests.cases.hostile_case import CLASSES, TEXTS
from tests.cases.report_case import make_results
from tests.cases.report_details_case import metrics_of

N_CLASSES = 77
SHOWN = 20
# As intents are called in practice: long, with underscores; the first eight would break a careless page.
INTENTS = (*CLASSES, *(f"card_payment_intent_number_{i}" for i in range(N_CLASSES - len(CLASSES))))
N_TEST = 40 * N_CLASSES
POSITIVE, NEGATIVE = "spam <b>", "ham & co"
# Found, false alarms, missed, rightly left: 13 % are positive.
COUNTS = {"tp": 138, "fp": 4, "fn": 11, "tn": 962}


def multiclass_results(metric: str = "accuracy") -> dict[str, Any]:
    """77 classes, judged by one of the task's metrics."""
    results = _of_task("multiclass", metric)
    for model in _measured(results):
        model["quality"] = _multiclass_quality(model["quality"]["f1_weighted"]["value"])
        model["curves"] = [
            {"class": c, "precision": [1.0, 0.8, 0.3], "recall": [0.0, 0.6, 1.0]} for c in INTENTS
        ] if "curves" in model else []  # fmt: skip
    results["dataset"] |= {"n_classes": N_CLASSES, "task_found": "Every text has exactly one of 77 classes."}
    results["majority"] = {"answer": INTENTS[8], "share": 0.013, "scores": {"accuracy": 0.013, "f1_macro": 0.0003}}
    results["why"]["classes"] = [{"class": c, "ngrams": [{"ngram": "card", "weight": 1.1}]} for c in INTENTS]
    return _rescaled(results, metric)


def binary_results(metric: str = "f1", *, rare: bool = True) -> dict[str, Any]:
    """Yes or no with few positives; `rare` says whether the file calls them so."""
    results = _of_task("binary", metric)
    for model in _measured(results):
        model["quality"] = _binary_quality(model["quality"]["f1_weighted"]["value"])
        model["roc"] = {
            "false_positive_rate": [0.0, 0.004, 0.02, 0.2, 1.0],
            "true_positive_rate": [0.0, 0.926, 0.96, 0.99, 1.0],
            "at_threshold": {"false_positive_rate": 4 / 966, "true_positive_rate": 138 / 149,
                             "precision": 138 / 142, "recall": 138 / 149},
        }  # fmt: skip
        model["curves"] = [{"class": POSITIVE, "precision": [1.0, 0.99, 0.97, 0.6, 0.134],
                            "recall": [0.01, 0.7, 0.926, 0.97, 1.0]}]  # fmt: skip
        if "slices" in model:
            model["slices"] = model["slices"][:2]
    results |= {"positive": POSITIVE, "negative": NEGATIVE}
    results["dataset"] |= {"n_classes": 2, "task_found": "The column holds two classes, so this is yes or no."}
    no = {"accuracy": 966 / 1115, "f1": 0.0, "precision": 0.0, "recall": 0.0, "balanced_accuracy": 0.5, "mcc": 0.0}
    results["majority"] = {"answer": NEGATIVE, "share": 966 / 1115, "scores": no, "rare": rare}
    return _rescaled(results, metric)


def _of_task(task: Any, metric: str) -> dict[str, Any]:
    results = make_results()
    metrics = [m | {"title": m["title"].replace("the positive class", POSITIVE)} for m in metrics_of(task)]
    title = next(m["title"] for m in metrics if m["name"] == metric)
    results["data_doctor"] |= {"metric": metric, "metric_title": title}
    return results | {"task": task, "metric": metric, "metric_title": title, "metrics": metrics}


def _measured(results: dict[str, Any]) -> list[dict[str, Any]]:
    return [model for model in results["models"] if model["status"] == "measured"]


def _rescaled(results: dict[str, Any], metric: str) -> dict[str, Any]:
    """The ledgers' scores are those of their models in the chosen metric."""
    by_name = {m["name"]: m["quality"][metric] for m in _measured(results)}
    for ledger in results["ledgers"]:
        for step in ledger["steps"]:
            step["score"] = by_name[step["model"]]
    return results


def _score(value: float, reach: float = 0.02) -> dict[str, float]:
    return {"value": round(value, 4), "low": round(max(0.0, value - reach), 4), "high": round(value + reach, 4)}


def _bounded(value: float) -> dict[str, float]:
    found = _score(value)
    return found | {"high": min(1.0, found["high"])}


def _multiclass_quality(level: float) -> dict[str, Any]:
    """`level` is what the model has in the report of several labels: the better there, the better here."""
    accuracy = 0.2 + 0.97 * level
    per_class = [
        {"class": c, "precision": 0.9, "recall": 0.88, "f1": _bounded(accuracy - 0.004 * (i % 23)), "support": 40,
         "threshold": 0.0}
        for i, c in enumerate(INTENTS)
    ]  # fmt: skip
    return {
        "accuracy": _bounded(accuracy),
        "f1_macro": _bounded(accuracy - 0.01),
        "f1_weighted": _bounded(accuracy - 0.006),
        "log_loss": _score(2.6 - 2.4 * accuracy, 0.06),
        "top_3": _bounded(accuracy + 0.05),
        "thresholds": "none",
        "per_class": per_class,
        "confusions": _confusions(),
        "matrix": _matrix(),
    }


def _confusions() -> dict[str, Any]:
    """30 pairs out of 95; the first one goes to no class, as a model that abstains says."""
    pairs = [
        {"true": INTENTS[i], "predicted": INTENTS[i + 1] if i else "", "n": 30 - i, "share_of_true": (30 - i) / 40,
         "example": TEXTS[i % 6]}
        for i in range(30)
    ]  # fmt: skip
    return {"n_texts": 600, "n_pairs": 95, "pairs": pairs}


def _matrix() -> dict[str, Any]:
    counts = [[0] * SHOWN for _ in range(SHOWN)]
    for i in range(SHOWN):
        counts[i][i] = 40 - min(30, 30 - i)
        counts[i][(i + 1) % SHOWN] = 20 - i
    away = [40 - sum(row) for row in counts]
    into = [i % 3 for i in range(SHOWN)]
    return {"classes": list(INTENTS[:SHOWN]), "counts": counts, "to_others": away, "from_others": into,
            "n_classes": N_CLASSES}  # fmt: skip


def _binary_quality(level: float) -> dict[str, Any]:
    f1 = 0.28 + 0.95 * level
    row = {
        "class": POSITIVE,
        "precision": 0.972,
        "recall": 0.926,
        "f1": _bounded(f1),
        "support": 149,
        "threshold": 0.42,
    }
    return {
        "f1": _bounded(f1),
        "precision": _bounded(0.972),
        "recall": _bounded(0.926),
        "accuracy": _bounded(1 - 0.25 * (1 - f1)),
        "balanced_accuracy": _bounded(0.961),
        "mcc": _score(0.941),
        "average_precision": _bounded(0.978),
        "roc_auc": _bounded(0.991),
        "at_0.5": {"f1": round(f1 - 0.01, 4)},
        "thresholds": "global",
        "per_class": [row],
        "confusion": dict(COUNTS),
    }
