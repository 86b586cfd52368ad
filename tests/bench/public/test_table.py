"""The table of all studies holds what each results.json says, and a gap where it says nothing."""

from __future__ import annotations

from bench.public.table import markdown, row_of
from bench.results.run import Run
from tests.cases.report_tasks_case import multiclass_results

PEERS = {"as it comes": 0.85, "tuned": 0.9}


def test_a_row_is_what_the_study_says() -> None:
    results = multiclass_results()
    name = next(model["name"] for model in results["models"] if model["status"] == "measured")
    results["verdict"] = {"model": name}
    row = row_of("banks", Run(results), PEERS)
    quality = next(model["quality"] for model in results["models"] if model["name"] == name)
    assert (row["task"], row["n_test"]) == ("multiclass", results["dataset"]["split"]["test"])
    assert row["recommended"]["name"] == name
    assert row["recommended"]["accuracy"] == row["recommended"]["own"] == quality["accuracy"]["value"]
    sizes = {model["name"]: model["size"]["bytes"] for model in results["models"] if model["status"] == "measured"}
    found = {model: cell["bytes"] for model, cell in row["models"].items() if cell is not None}
    assert found
    assert found == {model: sizes[model] for model in row["models"] if model in sizes}


def test_the_table_names_its_command_and_leaves_gaps() -> None:
    results = multiclass_results()
    results["verdict"] = {"model": None}
    results["models"] = [model for model in results["models"] if model["name"] != "student-int4"]
    lines = markdown([row_of("banks", Run(results), PEERS)], "python -m bench.public_study FOLDER").splitlines()
    assert lines[0] == "`python -m bench.public_study FOLDER`"
    header, _, cells = (line.strip("| ").split(" | ") for line in lines[4:7])
    shown = dict(zip(header, cells, strict=True))
    assert (shown["data"], shown["scikit-learn, tuned"], shown["recommended"]) == ("banks", "0.900", "none")
    assert shown["student, 4 bits"] == shown["its accuracy"] == "—"
