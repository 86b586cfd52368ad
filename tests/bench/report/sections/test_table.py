"""The table of models: ordered by the metric whichever way is better, and honest about guessing."""

from __future__ import annotations

from bench.report.sections.table import table
from tests.cases.facts_case import facts_of
from tests.cases.report_tasks_case import binary_results, multiclass_results


def test_of_a_loss_less_is_better_and_a_positive_difference_still_is() -> None:
    found = table(facts_of(multiclass_results("log_loss")))
    assert found["columns"][1] == {"name": "Log loss (lower is better)", "better": "less"}
    assert found["columns"][2] == {"name": "Δ log loss", "better": "more"}
    assert found["difference"] == "Δ log loss (+ is better)"
    dominated = [row["cells"][0]["value"] for row in found["rows"] if row["kind"] == "dominated"]
    assert dominated == sorted(dominated)


def test_columns_name_the_metric() -> None:
    names = [column["name"] for column in table(facts_of(binary_results()))["columns"]]
    assert names[1:3] == ["F1 of spam <b>", "Δ F1 of spam <b>"]


def test_a_model_that_may_be_guessing_is_called_so() -> None:
    results = multiclass_results()
    versus = {"model": "chance-coin", "delta": {"value": 0.01, "low": -0.01, "high": 0.03}, "better": False}
    next(m for m in results["models"] if m["name"] == "tfidf-logistic")["versus_chance"] = versus
    rows = {row["name"]: row["reason"] for row in table(facts_of(results))["rows"]}
    assert rows["tfidf-logistic"].endswith("; not shown to be better than guessing (`chance-coin`)")
    assert "guessing" not in rows["tfidf-svm"]


def test_operations_are_dense_macs_with_the_adds_beside_them() -> None:
    results = multiclass_results()
    model = next(m for m in results["models"] if m["name"] == "cnn")
    model["compute"] = {
        "macs_per_document": 1_200_000, "effective_macs_per_document": 3, "adds_per_document": 30_000
    }  # fmt: skip
    found = table(facts_of(results))
    column = [c["name"] for c in found["columns"]].index("Operations") - 1
    cell = next(row for row in found["rows"] if row["name"] == "cnn")["cells"][column]
    assert (cell["text"], cell["sub"], cell["value"]) == ("1.20 M MACs", "30.0 k adds", 1_230_000)
    model["compute"] = None
    cell = next(row for row in table(facts_of(results))["rows"] if row["name"] == "cnn")["cells"][column]
    assert (cell["text"], cell["sub"], cell["value"]) == ("—", "", None)
