"""Quality: every metric beside what it is compared with, and tests of behaviour with what they expect."""

from __future__ import annotations

from typing import Any

from bench.report.sections.quality import overall, quality, teacher
from tests.cases.facts_case import facts_of
from tests.cases.report_case import make_results
from tests.cases.report_tasks_case import INTENTS, NEGATIVE, binary_results, multiclass_results


def table(results: dict[str, Any]) -> dict[str, Any]:
    facts = facts_of(results)
    return overall(facts.run.models["student-int8"], facts.run.models["cnn"], facts)


def test_every_metric_stands_beside_always_giving_the_most_frequent_answer() -> None:
    found = table(multiclass_results())
    assert found["columns"] == ["student-int8", "cnn", f"always “{INTENTS[8]}”"]
    accuracy, log_loss = found["rows"][0], next(row for row in found["rows"] if row["name"] == "Log loss")
    assert [cell["value"] for cell in accuracy["cells"]] == ["0.870", "0.841", "0.013"]
    assert accuracy["cells"][0]["reach"] == "0.850 to 0.890"
    assert log_loss["note"] == "lower is better"
    assert log_loss["cells"][2]["value"] == "—"


def test_always_no_has_a_column_of_its_own() -> None:
    found = table(binary_results())
    assert found["columns"][2] == f"always “{NEGATIVE}”"
    assert {row["name"]: row["cells"][2]["value"] for row in found["rows"]}["Accuracy"] == "0.866"


def test_several_labels_count_them_and_say_how_many_curves_are_shown() -> None:
    found = quality(facts_of(make_results()))
    assert ("Labels a text", "2.31 given, 2.50 true") in found["beside"]
    rows = [row["name"] for row in found["overall"]["rows"]]
    assert rows[0] == "Weighted F1"
    assert {"Micro F1", "Macro F1", "Exact match"} <= set(rows)
    assert found["charts"][0]["title"] == "Precision and recall, the 6 of 8 labels of lowest F1"


def test_where_the_largest_probability_decides_no_threshold_is_claimed() -> None:
    found = quality(facts_of(multiclass_results()))
    assert found["thresholds"].startswith("No thresholds")
    assert not any("threshold" in name for name, _ in found["beside"])


def test_a_test_of_sensitivity_says_what_it_expects_and_what_changed() -> None:
    row = quality(facts_of(make_results()))["behaviour"][-1]
    assert (row["kind"], row["failed"], row["sign"]) == ("sensitivity", "31", "worse")
    assert row["expected"] == "At least one answer changes."
    assert row["changed"] == "0 % of the answers changed"


def test_an_answer_no_is_named_among_the_flips() -> None:
    results = binary_results()
    student = next(m for m in results["models"] if m["name"] == "student-int8")
    student["flips"] = {"documents": 1, "examples": [{"text": "t", "truth": [], "parent": ["spam <b>"], "model": []}]}
    flips = quality(facts_of(results))["flips"]
    assert flips["examples"][0]["truth"] == NEGATIVE
    assert flips["note"].startswith("Texts whose answer changed")


def test_the_gain_is_split_into_what_the_teacher_and_what_mixed_texts_bring() -> None:
    results = make_results()
    facts = facts_of(results)
    said = teacher(facts.run.models["student-int8"], facts)
    assert said.startswith(
        "The teacher brings Δ weighted F1 +0.021, 95 % +0.004 to +0.038: `student-int8` against `student-alone`"
    )
    assert "Mixing texts, which both do, brings +0.032, 95 % +0.011 to +0.053: against `student-plain`" in said
    assert said.endswith("(1 seed). Together +0.053, 95 % +0.030 to +0.076.")
    child = {"name": "smaller", "parent": "student-int8"}
    assert teacher(child, facts).startswith("Of `student-int8`, which this model was made of. The teacher brings")
    assert not teacher(facts.run.models["cnn"], facts)


def test_where_nothing_was_mixed_no_part_of_the_gain_is_the_mixtures() -> None:
    results = make_results()
    student = next(m for m in results["models"] if m["name"] == "student-int8")
    student["control"] |= {"mixed": False, "mixing": None, "plain": None, "total": student["control"]["gain"]}
    said = quality(facts_of(results))["control"]
    assert "Mixing" not in said
    assert said.endswith("(3 seeds). Nothing was mixed, so this is all that it gains over training on the labels.")
