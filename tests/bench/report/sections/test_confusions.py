"""Confusions: the pairs that matter first, and a matrix whose shades and sums are right."""

from __future__ import annotations

from typing import Any

from bench.report.sections.confusions import ABSTAINED, FIRST, OTHERS, confusions, cut_inside
from tests.cases.report_tasks_case import INTENTS, N_CLASSES, SHOWN, multiclass_results


def found_of(**quality: Any) -> dict[str, Any]:
    found = confusions({"quality": quality})
    assert found is not None
    return found


def stored() -> dict[str, Any]:
    model = next(m for m in multiclass_results()["models"] if m["name"] == "student-int8")
    return dict(model["quality"])


def test_the_most_frequent_pairs_are_seen_at_once_and_the_rest_on_demand() -> None:
    found = found_of(**stored())
    assert len(found["first"]) == FIRST
    assert len(found["more"]) == 30 - FIRST
    assert found["first"][0]["predicted"] == ABSTAINED
    assert found["first"][1] | {"example": ""} == {
        "true": INTENTS[1], "predicted": INTENTS[2], "n": "29", "share": "72 %", "value": 29 / 40, "width": 72.5,
        "example": "",
    }  # fmt: skip


def test_the_summary_says_how_much_the_first_pairs_hold() -> None:
    """30 + 29 + … + 19 = 294 of 600."""
    assert found_of(**stored())["summary"] == (
        "600 of 3,080 test texts were answered wrongly, in 95 different ways; the 12 most frequent hold 49 % of them."
    )


def test_few_pairs_need_no_share_and_none_are_said_to_be_none() -> None:
    pair = {"true": "a", "predicted": "b", "n": 2}
    one = found_of(confusions={"n_texts": 2, "n_pairs": 1, "pairs": [pair]}, per_class=[{"class": "a", "support": 8}])
    assert one["summary"] == "2 of 8 test texts were answered wrongly, in 1 way."
    assert not one["has_examples"]
    assert found_of(confusions={"n_texts": 0, "pairs": []})["summary"] == "No text was answered wrongly."


def test_without_confusions_there_is_no_part() -> None:
    assert confusions({"quality": {"accuracy": {"value": 0.9}}}) is None
    assert confusions({}) is None


def test_every_row_of_the_matrix_sums_to_its_texts() -> None:
    matrix = found_of(**stored())["matrix"]
    assert [c["name"] for c in matrix["columns"]] == [*INTENTS[:SHOWN], OTHERS]
    for row in matrix["rows"]:
        assert sum(int(cell["text"] or 0) for cell in row["cells"]) == int(row["total"]) == 40
    assert len(matrix["foot"]) == len(matrix["columns"])
    assert f"Of {N_CLASSES} classes the {SHOWN}" in matrix["note"]


def test_rights_and_wrongs_are_shaded_from_their_own_largest_share() -> None:
    counts = [[90, 10, 0], [0, 100, 0], [5, 0, 95]]
    rows = found_of(matrix={"classes": ["a", "b", "c"], "counts": counts})["matrix"]["rows"]
    strengths = [[float(cell["strength"]) for cell in row["cells"]] for row in rows]
    assert strengths[1][1] == 1.0  # the largest share of rights
    assert strengths[0][1] == 1.0  # the largest share of wrongs
    assert 0 < strengths[2][0] < 1
    assert [cell["kind"] for cell in rows[0]["cells"]] == ["right", "wrong", "wrong"]
    assert rows[0]["cells"][1]["says"] == "a answered as b: 10 texts, 10 %"
    assert rows[0]["cells"][2]["says"] == rows[0]["cells"][2]["text"] == ""


def test_a_matrix_of_all_classes_has_no_others() -> None:
    matrix = found_of(matrix={"classes": ["a", "b"], "counts": [[1, 0], [0, 0]], "to_others": [0, 0],
                              "from_others": [0, 0], "n_classes": 2})["matrix"]  # fmt: skip
    assert [c["name"] for c in matrix["columns"]] == ["a", "b"]
    assert matrix["foot"] == []
    assert OTHERS not in matrix["note"]


def test_where_every_class_is_shown_only_no_answer_lies_outside() -> None:
    matrix = found_of(matrix={"classes": ["a", "b"], "counts": [[1, 0], [0, 2]], "to_others": [3, 0],
                              "from_others": [0, 0], "n_classes": 2})["matrix"]  # fmt: skip
    assert [c["name"] for c in matrix["columns"]] == ["a", "b", ABSTAINED]
    assert matrix["rows"][0]["cells"][2]["says"] == f"a answered as {ABSTAINED}: 3 texts, 75 %"


def test_names_that_begin_alike_stay_apart() -> None:
    cut = {cut_inside(name) for name in INTENTS[8:]}
    assert len(cut) == N_CLASSES - 8
    assert max(map(len, cut)) <= 22
    assert cut_inside("short") == "short"
