"""The table of what lies beyond score, size and latency."""

from __future__ import annotations

from typing import Any

from bench.report.sections.facts import gather
from bench.report.sections.upkeep import upkeep
from bench.results.run import Run
from bench.verdict.judge import judge

TRAINED = {"seconds": 12.0, "energy_wh": 0.05, "energy_source": "tdp-estimate"}


def results(**extra: Any) -> dict[str, Any]:
    model = {
        "name": "cnn",
        "status": "measured",
        "stage": "baseline",
        "quality": {"accuracy": {"value": 0.7, "low": 0.6, "high": 0.8}, "log_loss": {"value": 1.2}},
        "training": {**TRAINED, "cost": 0.004, "carbon_g": 1234.0},
        "runtime_bytes": 71_000_000,
        "behaviour": [{"test": "a", "n": 30, "failed": 2}, {"test": "b", "n": 10, "failed": 0}],
        "typos": [{"rate": 0.05, "score": {"value": 0.65}}],
        "runs": [
            {
                "runtime": "onnxruntime",
                "latency_s": {"p50": 0.003},
                "cost_per_million_documents": 1.67,
                "carbon_g_per_million_documents": 4.2,
            }
        ],
        "interpretability": "n-grams",
    }
    metrics = [{"name": "accuracy", "title": "accuracy", "higher_is_better": True},
              {"name": "log_loss", "title": "log loss", "higher_is_better": False},
              {"name": "top_3", "title": "top-3 accuracy", "higher_is_better": True}]  # fmt: skip
    run = {"format_version": 4, "task": "multiclass", "metric": "accuracy", "metrics": metrics, "reference": "cnn"}
    return {**run, "models": [model, {"name": "old", "status": "measured"}], **extra}


def table(content: dict[str, Any]) -> dict[str, Any]:
    return upkeep(gather(Run(content), judge(Run(content))))


def test_figures_are_those_stored() -> None:
    (row,) = table(results())["rows"]
    assert row["name"] == "cnn"
    assert [cell["value"] for cell in row["cells"]] == [1.2, 12.0, 0.05, 71_000_000, 2 / 40, 0.65, None]
    assert row["cells"][2]["text"] == "180 J"
    assert row["cells"][4]["sub"] == "of 40"
    assert row["cells"][6]["text"] == "—"
    assert row["reasons"] == "n-grams"


def test_other_metrics_come_first_and_those_nobody_has_are_left_out() -> None:
    found = table(results())
    assert found["title"] == "Beyond accuracy"
    assert found["columns"][:3] == ("Model", "Log loss (lower is better)", "Trained in")
    assert "Accuracy, 5 % typos" in found["columns"]


def test_money_appears_with_a_price_only() -> None:
    assert not any("Cost" in name for name in table(results())["columns"])
    priced = table(results(price_per_hour=2.0))
    assert [name for name in priced["columns"] if "Cost" in name] == ["Cost of training", "Cost of a million texts"]
    assert [cell["text"] for cell in priced["rows"][0]["cells"][-2:]] == ["0.004", "1.67"]
    assert len(priced["columns"]) == len(priced["rows"][0]["cells"]) + 2


def test_carbon_appears_with_grams_a_kilowatt_hour_only() -> None:
    assert not any("Carbon" in name for name in table(results())["columns"])
    given = table(results(carbon_per_kwh=380.0, price_per_hour=2.0))
    assert [name for name in given["columns"] if "Carbon" in name] == [
        "Carbon of training",
        "Carbon of a million texts",
    ]
    assert [cell["text"] for cell in given["rows"][0]["cells"][-4:]] == ["0.004", "1.67", "1.23 kg", "4.20 g"]
    assert len(given["columns"]) == len(given["rows"][0]["cells"]) + 2


def test_without_trainings_there_is_no_table() -> None:
    content = results()
    del content["models"][0]["training"]
    assert table(content)["columns"] == ()
    assert table(content)["rows"] == []


def test_a_model_without_a_bundle_says_why_beside_its_runtime() -> None:
    content = results()
    content["models"][0]["why_no_bundle"] = "it reads nothing of a text"
    assert table(content)["rows"][0]["cells"][3]["sub"] == "no bundle: it reads nothing of a text"
