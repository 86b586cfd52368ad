"""The picture of the trade-off names the models that matter, and no name covers anything."""

from __future__ import annotations

from pathlib import Path

from bench.report.charts.tradeoff import pareto_points, pareto_spec
from bench.report.write_report import write_report
from tests.cases.facts_case import facts_of
from tests.cases.page_case import page_of
from tests.cases.report_case import make_results
from tests.cases.report_tasks_case import multiclass_results


def test_names_in_the_picture_cover_neither_points_nor_each_other(run: Path) -> None:
    facts = write_report(run)
    points = pareto_points(facts.scene, "p50_s")
    named = {point["name"] for point in points if point["place"]}
    assert named >= {"student-int8", "student-int4", "linear", "student"}
    assert not [point for point in points if point["place"] and point["kind"] == "dominated"]


def test_the_recommended_model_and_the_reference_are_always_in_the_picture(tmp_path: Path) -> None:
    results = make_results()
    for model in results["models"]:
        if model["name"] in ("cnn", "student-int8"):
            model["quality"]["f1_weighted"] = {"value": 0.1, "low": 0.08, "high": 0.12}
    page_of(results, tmp_path)
    facts = write_report(tmp_path)
    assert {"cnn", "student-int8"} <= {point["name"] for point in pareto_points(facts.scene, "p50_s")}


def test_a_loss_stands_upside_down_so_that_better_is_above() -> None:
    facts = facts_of(multiclass_results("log_loss"))
    spec = pareto_spec(facts.scene, "p50_s")
    assert spec is not None
    axis = spec["layer"][0]["encoding"]["y"]
    assert axis["title"] == "Log loss, lower is better"
    assert axis["scale"]["reverse"]
    points = {point["name"]: point for point in pareto_points(facts.scene, "p50_s")}
    assert points["linear"]["up"] > points["cnn"]["up"]
    assert "chance-coin" not in points  # more than 1 above the best loss


def test_the_picture_names_the_metric_it_shows() -> None:
    spec = pareto_spec(facts_of(multiclass_results()).scene, "bytes")
    assert spec is not None
    assert spec["layer"][0]["encoding"]["y"]["title"] == "Accuracy, higher is better"
    assert "Weighted F1" not in str(spec)
