"""The picture of the trade-off names the models that matter, and no name covers anything."""

from __future__ import annotations

from pathlib import Path

from bench.report.charts.tradeoff import pareto_points
from bench.report.write_report import write_report
from tests.cases.page_case import page_of
from tests.cases.report_case import make_results


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
