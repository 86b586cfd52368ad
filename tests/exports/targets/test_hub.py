"""A model folder: metadata that the Hub's own reader takes, names that stay names, a bundle that still answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from baselines.storage.artifact import Lineage
from baselines.task import LabelSpace
from exports import runtime
from exports.bundles.model_card import CardFacts
from exports.bundles.write_bundle import write_bundle
from exports.runtime.bundle_format import MODEL_CARD
from exports.targets.hub import write_hub
from exports.targets.source import Target
from tests.cases.hostile_names import NAMES
from tests.cases.table_case import CLASSES, TEXTS, int_classifier, lineage, task_classifier

ROOT = Path(__file__).resolve().parents[3]
METRICS = {
    "f1_weighted": {"value": 0.712, "low": 0.68, "high": 0.74},
    "exact_match": 0.25,
    "recall_weighted": {"value": 0.7},
}


def written(tmp_path: Path, classifier: Any, of: Lineage | None = None, **facts: Any) -> Path:
    """The folder that is made of a bundle of a classifier."""
    bundle = write_bundle(classifier, of or lineage(), tmp_path / "b", "table", card=CardFacts(**facts))
    out = tmp_path / "hub"
    out.mkdir()
    paths = write_hub(bundle, out, Target("tagger"))
    assert sorted(paths) == sorted(path for path in out.rglob("*") if path.is_file())
    return out


def metadata_in(folder: Path) -> dict[str, Any]:
    opening, written, card = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    assert (opening, card[:3]) == ("", "\n# ")
    found: dict[str, Any] = yaml.safe_load(written)
    return found


def test_the_card_has_the_hubs_fields(tmp_path: Path) -> None:
    found = metadata_in(written(tmp_path, int_classifier(), metrics=METRICS))
    assert found.pop("model-index") == [
        {
            "name": "tagger",
            "results": [
                {
                    "task": {"type": "text-classification", "name": "Text classification"},
                    "dataset": {"type": "invented", "name": "invented"},
                    "metrics": [
                        {"type": "f1", "value": 0.712, "name": "weighted F1", "args": {"average": "weighted"}},
                        {"type": "exact_match", "value": 0.25, "name": "exact match"},
                        {"type": "recall", "value": 0.7, "name": "weighted recall", "args": {"average": "weighted"}},
                    ],
                }
            ],
        }
    ]
    assert found == {
        "license": "cc0-1.0",
        "library_name": "tagpress",
        "pipeline_tag": "text-classification",
        "tags": ["tagpress", "text-classification", "multilabel", "table", "tables-int8"],
        "metrics": ["f1", "exact_match", "recall"],
    }


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    found = metadata_in(written(tmp_path, int_classifier(), Lineage("m", "baseline")))
    assert found["license"] == "unknown"
    assert not {"language", "datasets", "base_model", "metrics", "model-index"} & set(found)


@pytest.mark.parametrize(("parent", "named"), [("someone/some-model", True), ("student-control", False)])
def test_a_parent_is_named_where_the_hub_could_have_it(tmp_path: Path, parent: str, named: bool) -> None:
    found = metadata_in(written(tmp_path, int_classifier(), Lineage("m", "compress", "distill", parent)))
    assert found.get("base_model") == (parent if named else None)


def test_the_hubs_own_reader_takes_it(tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub comes with the extra transformers")
    card = hub.ModelCard.load(written(tmp_path, int_classifier(), metrics=METRICS) / "README.md")
    assert (card.data.license, card.data.model_name, len(card.data.eval_results)) == ("cc0-1.0", "tagger", 3)
    assert [result.metric_value for result in card.data.eval_results] == [0.712, 0.25, 0.7]


# UTF-8 holds no halves of characters, so no bundle does.
@pytest.mark.parametrize("name", [name for name in NAMES if "\ud800" not in name], ids=ascii)
def test_names_of_others_change_nothing_but_themselves(tmp_path: Path, name: str) -> None:
    classifier = int_classifier()
    classifier.space_ = LabelSpace((name[:900], *CLASSES[1:]))
    of = Lineage(name[:900], "compress", "x", name[:900], dataset={"name": name, "licence": name})
    folder = written(tmp_path, classifier, of, metrics={name[:90]: 0.5, "f1_micro": 0.5})
    found = metadata_in(folder)
    assert set(found) >= {"license", "license_name", "metrics", "model-index"}
    assert found["license"] == "other"
    assert re.fullmatch(r"[a-z0-9.-]+", found["license_name"])
    (index,) = found["model-index"]
    assert (index["name"], len(index["results"])) == ("tagger", 1)
    assert [metric["value"] for metric in index["results"][0]["metrics"]] == [0.5, 0.5]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["id2label"]["0"] == name[:900]
    assert config["label2id"][name[:900]] == 0
    assert (folder / "README.md").read_text(encoding="utf-8").count("\n---\n") == 1


@pytest.mark.parametrize(
    ("task", "problem", "labels"),
    [
        ("multilabel", "multi_label_classification", CLASSES),
        ("multiclass", "single_label_classification", CLASSES),
        ("binary", "single_label_classification", ("ham", "spam")),
    ],
)
def test_the_configuration_has_the_task_and_every_name(
    tmp_path: Path, task: Any, problem: str, labels: tuple[str, ...]
) -> None:
    folder = written(tmp_path, task_classifier(task))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (config["problem_type"], config["num_labels"]) == (problem, len(labels))
    assert config["id2label"] == {str(number): name for number, name in enumerate(labels)}
    assert {number: name for name, number in config["label2id"].items()} == dict(enumerate(labels))
    assert config["architectures"] == ["TagpressTablesInt8"]
    assert config["tagpress"]["task"] == task


def test_the_bundle_inside_answers_and_the_example_says_so(tmp_path: Path) -> None:
    folder = written(tmp_path, int_classifier())
    predictor = runtime.load(folder / "bundle")
    done = subprocess.run(
        [sys.executable, "example.py", TEXTS[1]], cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == f"{TEXTS[1]!r} -> {predictor.answers([TEXTS[1]])[0].to_json()}\n"


def test_large_files_are_marked_for_the_hubs_store(tmp_path: Path) -> None:
    lines = (written(tmp_path, int_classifier()) / ".gitattributes").read_text().splitlines()
    assert lines == [f"*.{ending} filter=lfs diff=lfs merge=lfs -text" for ending in ("onnx", "safetensors")]


def test_a_bundle_without_a_card_gets_a_short_one(tmp_path: Path) -> None:
    bundle = write_bundle(int_classifier(), lineage("my *model*"), tmp_path / "b", "table")
    manifest = json.loads((bundle / "manifest.json").read_text())
    del manifest["files"][MODEL_CARD]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    (bundle / MODEL_CARD).unlink()
    (tmp_path / "hub").mkdir()
    write_hub(bundle, tmp_path / "hub", Target())
    card = (tmp_path / "hub" / "README.md").read_text(encoding="utf-8")
    assert "# my \\*model\\*\n" in card
    assert card.count("## Use") == 1
    assert runtime.load(tmp_path / "hub" / "bundle").predict(TEXTS) == runtime.load(bundle).predict(TEXTS)
