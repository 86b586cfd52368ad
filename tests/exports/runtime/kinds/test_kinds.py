"""What isn't a network or a linear model is shipped too: the same bits as in training, by NumPy alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.classifier import Classifier
from baselines.errors import ArtifactError
from baselines.models.chance import ChanceClassifier
from baselines.models.ensemble import EnsembleClassifier
from baselines.models.rules import RulesClassifier, RulesConfig
from baselines.task import TASKS, Task
from exports import runtime
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from exports.predict import main as predict
from exports.runtime.explain import explain
from tests.cases.bundle_case import assert_refused, blocked_process, change_manifest, copied, sign_again
from tests.cases.forms_case import FORMS, classifier_of
from tests.cases.table_case import lineage
from tests.cases.task_case import task_data

EXACT = ("forest", "boosting", "neighbours", "ensemble")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A bundle of each form of task multiclass, made once; tests change copies."""
    place = tmp_path_factory.mktemp("kinds")

    def made(name: str) -> Path:
        folder = place / name.replace(" ", "-")
        if not folder.exists():
            write_bundle(classifier_of(name, "multiclass"), lineage(), folder, FORMS[name][0])
        return folder

    return made


@pytest.mark.parametrize("name", EXACT)
def test_it_answers_with_the_bits_of_its_classifier(name: str, bundles: Callable[[str], Path]) -> None:
    texts = [*task_data("multiclass").part("test").texts[:30], *AWKWARD]
    expected = classifier_of(name, "multiclass").predict_proba(texts)
    np.testing.assert_array_equal(runtime.load(bundles(name)).predict_proba(texts), expected)


@pytest.mark.parametrize("name", [*EXACT, "gru"])
def test_it_needs_numpy_alone(name: str, bundles: Callable[[str], Path]) -> None:
    code = "import json; print(json.dumps(predictor.predict(['who found the river?', ''])))"
    done = blocked_process(bundles(name), "sys.modules['onnxruntime'] = sys.modules['threadpoolctl'] = None\n" + code)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == runtime.load(bundles(name)).predict(["who found the river?", ""])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("stem", [False, True])
def test_rules_are_shipped_as_their_phrases(task: Task, stem: bool, tmp_path: Path) -> None:
    train = task_data(task).part("train")
    rules = RulesClassifier(RulesConfig(stem, "words")).fit(train)
    texts = [f"here is {name}, and {other}!" for name in (*rules.classes_, "bad") for other in ("good", "places")]
    predictor = runtime.load(write_bundle(rules, lineage(), tmp_path / "b", "rules"))
    expected, known = rules.answer([*texts, "nothing of it"])
    assert known.any()
    assert not known.all()
    found, knows = predictor.answered([*texts, "nothing of it"])
    np.testing.assert_array_equal(found[known], expected[known])
    np.testing.assert_array_equal(knows, known)
    content = json.loads((tmp_path / "b" / "rules.json").read_text())
    assert content["stem"] is stem
    assert set(content["phrases"]) == set(rules.phrases_.columns)


def test_stemmed_rules_say_that_they_need_the_stemmer(tmp_path: Path) -> None:
    rules = RulesClassifier(RulesConfig(stem=True)).fit(task_data("multiclass").part("train"))
    folder = write_bundle(rules, lineage(), tmp_path / "b", "rules")
    assert "needs NumPy, nltk (stems of words)" in (folder / "MODEL_CARD.md").read_text()
    done = blocked_process(folder, "")
    assert "stems of words need the package nltk; install it with" in done.stderr


def test_the_card_says_how_large_and_how_fast_it_is_and_what_it_gives_away(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    write_bundle(classifier_of("neighbours", "multiclass"), lineage(), folder, "neighbours", timed=True)
    card = (folder / "MODEL_CARD.md").read_text()
    for said in ("needs NumPy alone", "kB to predict", "µs a text on ", "words and the labels of every training text"):
        assert said in card
    assert runtime.load(folder).predict(["who found it?"])


def test_an_ensemble_with_a_graph_says_that_it_needs_onnxruntime(bundles: Callable[[str], Path]) -> None:
    folder = bundles("ensemble with a graph")
    assert "needs NumPy, onnxruntime" in (folder / "MODEL_CARD.md").read_text()
    assert (folder / "member-1.model.onnx").is_file()


@pytest.mark.parametrize("name", [*EXACT, "gru"])
def test_what_has_no_exact_shares_says_so(name: str, bundles: Callable[[str], Path], capsys: Any) -> None:
    predictor = runtime.load(bundles(name))
    with pytest.raises(ArtifactError, match="no exact additive explanation"):
        explain(predictor, "who found it?", predictor.classes)
    assert predict([str(bundles(name)), "who found it?", "--explain"]) == 2
    assert "no exact additive explanation" in capsys.readouterr().err
    assert predict([str(bundles(name)), "who found it?", "--top", "2"]) == 0


def _with(members: dict[str, Classifier]) -> Classifier:
    return EnsembleClassifier.from_members(members, task_data("multiclass").part("validation"))


def test_an_ensemble_without_a_bundle_names_the_member_that_has_none(tmp_path: Path) -> None:
    train = task_data("multiclass").part("train")
    linear, chance = classifier_of("linear", "multiclass"), ChanceClassifier().fit(train)
    nested = _with({"linear": linear, "both": _with({"linear": linear, "words": classifier_of("gru", "multiclass")})})
    many = _with({f"member {n}": linear for n in range(17)})
    for made, said in (
        (_with({"linear": linear, "coin": chance}), "its member coin .* it reads nothing of a text"),
        (nested, "its member both .* an ensemble within an ensemble"),
        (many, "at most 16 members are shipped, got 17"),
    ):
        assert made.forms == ()
        with pytest.raises(ArtifactError, match=said):
            write_bundle(made, lineage(), tmp_path / "b", "ensemble")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (None, "a list of 2 to 16 is needed, got None"),
        ([{"form": "linear", "kind": "linear"}], "a list of 2 to 16"),
        ([{"form": "ensemble", "kind": "ensemble"}] * 3, "a form and a kind each"),
        ([{"form": "linear", "kind": "../x"}] * 3, "kind: small letters"),
        ([{"form": "linear", "kind": "linear", "more": 1}] * 3, "a form and a kind each"),
        ([{"form": "linear", "kind": "linear"}] * 3, "missing: .*member-1.linear.safetensors"),
    ],
)
def test_members_that_a_manifest_may_not_have(
    members: Any, said: str, bundles: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = copied(bundles("ensemble"), tmp_path / "b")
    change_manifest(folder, lambda content: content.update(members=members))
    assert_refused(folder, said)


@pytest.mark.parametrize(
    ("name", "file", "change", "said"),
    [
        ("ensemble", "member-0.labels.json", {"task": "multilabel"}, "member-0.labels.json: .*"),
        ("ensemble", "member-2.vocabulary.json", {"blocks": []}, "member-2.vocabulary.json: "),
        ("ensemble", "ensemble.json", {"shares": []}, "ensemble.json: weights must add up to 1, got 0"),
        ("forest", "manifest.json", {"kind": "linear"}, "forest or boosting is allowed for form trees"),
        ("forest", "manifest.json", {"kind": "boosting"}, "prior"),
        ("forest", "manifest.json", {"members": []}, "members: allowed for form ensemble alone"),
        ("gru", "vocabulary.json", {"words": ["who"]}, "gru.safetensors: embedding: expected float32"),
    ],
)
def test_files_that_do_not_fit_are_refused(
    name: str, file: str, change: dict[str, Any], said: str, bundles: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = copied(bundles(name), tmp_path / "b")
    content = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps({**content, **change}))
    if file != "manifest.json":
        sign_again(folder, file)
    assert_refused(folder, said)
