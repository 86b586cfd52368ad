"""Folds and seeds: every text is tested once, nothing is trained twice, and differences know about shared texts."""

import argparse
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from baselines.dataset import Dataset
from baselines.errors import DataError, MissingExtra, UserError
from baselines.fitting import cross_validation as evaluation
from baselines.fitting.cross_validation import FoldPlan, add_fold_options, evaluate_folds, fold_plan_from
from baselines.models.linear import LinearClassifier
from baselines.models.registry import BASELINES
from baselines.scores.fold_scores import FoldAnswers, compare_folds, difference, render_folds
from baselines.storage.run_folder import RunFolder

NAMES = ["chance-coin", "rules", "linear"]
PLAN = FoldPlan(3, n_seeds=3, reference="linear")


@pytest.fixture
def run(tmp_path: Path, tiny: Dataset) -> RunFolder:
    return RunFolder.open(tmp_path / "run", dataset_sha256=tiny.sha256)


def test_ladder_over_folds(tiny: Dataset, run: RunFolder) -> None:
    seen: list[tuple[int, int]] = []
    result = evaluate_folds(tiny, NAMES, run, PLAN, progress=lambda done, total: seen.append((done, total)))
    assert json.loads(json.dumps(result, allow_nan=False))["k"] == 3
    models = result["models"]
    assert models["linear"]["score"]["value"] > models["chance-coin"]["score"]["value"]
    assert models["linear"]["score"]["value"] == pytest.approx(np.mean(models["linear"]["per_fold"]))
    assert "delta" not in models["linear"]
    for name in ("chance-coin", "rules"):
        gap = models[name]["delta"]
        assert gap["low"] <= gap["lower"] <= gap["value"] <= gap["high"]
        assert models[name]["p_value"] <= models[name]["p_holm"] <= 1
    # Only the coin depends on the seed: three trainings a fold, the others one.
    assert [models[name]["seeds"]["n"] for name in NAMES] == [3, 1, 1]
    assert models["chance-coin"]["seeds"]["deviation"] > 0
    assert seen[-1] == (15, 15)


def test_same_plan_gives_the_same_figures(tiny: Dataset, run: RunFolder, tmp_path: Path) -> None:
    other = RunFolder.open(tmp_path / "other", dataset_sha256=tiny.sha256)
    results = [evaluate_folds(tiny, ["chance-coin", "linear"], place, PLAN) for place in (run, other)]
    for result in results:
        for model in result["models"].values():
            model.pop("fit_s")
    assert results[0] == results[1]


def test_a_killed_evaluation_continues(tiny: Dataset, run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    trainings: list[str] = []
    fit = LinearClassifier.fit

    def counted(self: LinearClassifier, *args: Any, **options: Any) -> LinearClassifier:
        trainings.append("linear")
        if len(trainings) == 2:
            raise KeyboardInterrupt
        return fit(self, *args, **options)

    monkeypatch.setattr(LinearClassifier, "fit", counted)
    with pytest.raises(KeyboardInterrupt):
        evaluate_folds(tiny, ["linear"], run, PLAN)
    assert len(list(run.root.glob("folds/*/baselines/linear"))) == 1
    first = evaluate_folds(tiny, ["linear"], run, PLAN)
    assert len(trainings) == 4
    assert evaluate_folds(tiny, ["linear"], run, PLAN) == first
    assert len(trainings) == 4
    evaluate_folds(tiny, ["linear"], run, PLAN, changes={"linear": {"C": 0.5}})
    assert len(trainings) == 7


def test_a_missing_extra_is_a_row_not_a_crash(tiny: Dataset, run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(config: Any) -> Any:
        raise MissingExtra("pip install 'tagpress[transformers]'")

    class Refusing(LinearClassifier):
        def fit(self, *args: Any, **options: Any) -> Any:
            return refuse(self.config)

    monkeypatch.setitem(BASELINES, "linear", dataclasses.replace(BASELINES["linear"], kind=Refusing))
    result = evaluate_folds(tiny, ["rules", "linear"], run, PLAN)
    assert result["skipped"] == {"linear": "pip install 'tagpress[transformers]'"}
    assert result["reference"] is None
    assert list(result["models"]) == ["rules"]
    out = io.StringIO()
    Console(file=out, width=140).print(render_folds(result))
    assert "skipped" in out.getvalue()


def test_rare_classes_are_noted_and_scores_stay_finite(tiny: Dataset, tmp_path: Path) -> None:
    labels = tiny.everything.labels.copy()
    labels[:, 0] = np.arange(len(labels)) < 2
    few = dataclasses.replace(tiny, everything=dataclasses.replace(tiny.everything, labels=labels))
    run = RunFolder.open(tmp_path / "few", dataset_sha256=few.sha256)
    result = evaluate_folds(few, ["chance-coin", "linear"], run, PLAN)
    assert any("has no text of computer-vision" in note for note in result["notes"])
    json.dumps(result, allow_nan=False)


def test_unknown_names_and_too_many_folds(tiny: Dataset, run: RunFolder) -> None:
    with pytest.raises(UserError, match="'cnm' unknown; known: chance-coin"):
        evaluate_folds(tiny, ["cnm"], run, PLAN)
    with pytest.raises(DataError, match="at least 400 texts"):
        evaluate_folds(tiny, ["rules"], run, FoldPlan(100))


def answers(per_fold: list[float], seed: int = 0) -> list[FoldAnswers]:
    """Folds of ten texts of which the given share is right in the only class."""
    truth = np.ones((10, 1), bool)
    half = {kind: np.full(1, 0.5, np.float32) for kind in ("half", "global", "per_class")}
    return [
        FoldAnswers(fold, seed, truth, (np.arange(10)[:, None] < 10 * share).astype(np.float32), half, 40, 1.0)
        for fold, share in enumerate(per_fold)
    ]


def test_fold_means_are_taken_over_seeds_first() -> None:
    own = [*answers([1, 0.5, 1]), *answers([0.5, 0.5, 1], seed=1)]
    result = compare_folds({"a": own, "b": answers([0.5, 0.5, 0.5])}, 3, "b", 0.01, "global")["models"]
    f1 = {1: 1.0, 0.5: 2 / 3}
    assert result["a"]["per_fold"] == pytest.approx([(1 + f1[0.5]) / 2, f1[0.5], 1])
    assert result["a"]["delta"]["value"] == pytest.approx(np.mean(result["a"]["per_fold"]) - f1[0.5])
    assert result["a"]["seeds"] == {"n": 2, "mean_score": pytest.approx([8 / 9, 7 / 9]), "deviation": None}


def test_a_model_that_lacks_a_fold_is_not_judged() -> None:
    result = compare_folds({"a": answers([1, 0.5, 1])[1:], "b": answers([0.5, 0.5, 0.5])}, 3, "b", 0.01)
    assert result["incomplete"] == {"a": [1]}
    assert list(result["models"]) == ["b"]
    out = io.StringIO()
    Console(file=out, width=140).print(render_folds(result))
    assert "no answers in folds [1]" in out.getvalue()


def test_difference_against_a_hand_computed_t_test() -> None:
    from scipy import stats

    values = np.array([0.03, 0.01, 0.02, 0.04, 0.00])
    found = difference(values, n_train=80, n_test=20, delta=0.01)
    deviation = np.sqrt((1 / 5 + 20 / 80) * values.var(ddof=1))
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(0.02 / deviation, 4))
    assert found["delta"]["lower"] == pytest.approx(0.02 - stats.t.ppf(0.95, 4) * deviation)
    assert found["non_inferior"] is True
    assert difference(-values - 0.1, 80, 20, 0.01)["non_inferior"] is False
    assert difference(values * 10 - 0.3, 80, 20, 0.01)["non_inferior"] is None


@pytest.mark.parametrize(("value", "p_value"), [(0.0, 1.0), (0.02, 0.0)])
def test_equal_differences_have_no_spread(value: float, p_value: float) -> None:
    found = difference(np.full(5, value), 80, 20, 0.01)
    assert found["p_value"] == pytest.approx(p_value, abs=1e-12)
    assert found["non_inferior"] is True


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], None),
        (["--folds", "5"], FoldPlan(5, 1, 7, "cpu", 2, "cnn", 0.02)),
        (["--folds", "3", "--seeds", "4"], FoldPlan(3, 4, 7, "cpu", 2, "cnn", 0.02)),
        (["--seeds", "3"], "goes with --folds"),
    ],
)
def test_options(arguments: list[str], expected: Any) -> None:
    parser = argparse.ArgumentParser()
    add_fold_options(parser)
    args = parser.parse_args(arguments)
    args.seed = 7
    choices = {"device": "cpu", "threads": 2, "reference": "cnn", "delta": 0.02}
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            fold_plan_from(args, **choices)  # type: ignore[arg-type]
    else:
        assert fold_plan_from(args, **choices) == expected  # type: ignore[arg-type]


def test_table_shows_the_best_first(tiny: Dataset, run: RunFolder) -> None:
    out = io.StringIO()
    result = evaluation.evaluate_folds(tiny, NAMES, run, FoldPlan(2, reference="linear"))
    Console(file=out, width=140).print(render_folds(result, {name: BASELINES[name].title for name in NAMES}))
    shown = out.getvalue()
    assert shown.index("Tuned linear model") < shown.index("Chance, fair coin")
