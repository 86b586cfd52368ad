"""The Triton model repository: its files, and a configuration that fits the schema and the graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines.errors import ArtifactError
from baselines.storage import artifact
from baselines.task import LabelSpace, Task
from exports.bundles.triton import check_config, config_text, parse_config, write_repository
from exports.bundles.write_bundle import write_bundle
from exports.run import main
from tests.cases.compress_case import task_linear
from tests.cases.table_case import CLASSES, SPACE, int_classifier, lineage, task_classifier


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("g") / "b", "onnx")


def test_the_layout_is_what_triton_reads(graph: Path, tmp_path: Path) -> None:
    folder = write_repository(graph, tmp_path / "repository", "student")
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {"config.pbtxt", "1/model.onnx", "labels.txt", "alphabet.json"}
    assert (folder / "labels.txt").read_text().split() == list(CLASSES)
    config = parse_config((folder / "config.pbtxt").read_text())
    assert (config.name, config.backend, config.max_batch_size) == ("student", "onnxruntime", 64)
    assert [(entry.name, list(entry.dims)) for entry in config.input] == [("ids", [-1]), ("lengths", [1])]
    assert config.input[1].HasField("reshape")
    assert list(config.output[0].dims) == [len(CLASSES)]
    assert config.output[0].label_filename == "labels.txt"
    with pytest.raises(ArtifactError, match="already there"):
        write_repository(graph, tmp_path / "repository", "student")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (("max_batch_size: 64", "max_batch_sise: 64"), "max_batch_sise"),
        (("TYPE_FP32", "TYPE_FP99"), "TYPE_FP99"),
        (("TYPE_FP32", "TYPE_INT64"), "probabilities is tensor"),
        (('"lengths"', '"length"'), "names differ"),
        (("dims: [ 5 ]", "dims: [ 6 ]"), "got TYPE_FP32"),
        (("[ -1 ]", "[ 7 ]"), "ids is"),
        ((" reshape: { shape: [ ] }", ""), "lengths is"),
        (("input [", "input [ {"), "config.pbtxt"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(graph: Path, change: tuple[str, str], match: str) -> None:
    text = config_text("student", SPACE)
    model = (graph / "model.onnx").read_bytes()
    check_config(text, model)
    assert change[0] in text
    with pytest.raises(ArtifactError, match=match):
        check_config(text.replace(*change), model)


def test_names_are_quoted() -> None:
    awkward = 'a"b\\c\n'
    config = parse_config(config_text(awkward, LabelSpace(("x",), "binary", negative=awkward)))
    assert config.name == awkward
    assert {entry.key: entry.value.string_value for entry in config.parameters} == {
        "task": "binary",
        "negative": awkward,
    }


@pytest.mark.parametrize("task", ["multiclass", "binary"])
def test_the_configuration_says_the_task(task: Task, tmp_path: Path) -> None:
    classifier = task_classifier(task)
    folder = write_repository(write_bundle(classifier, lineage(), tmp_path / "b", "onnx"), tmp_path / "r", "m")
    config = parse_config((folder / "config.pbtxt").read_text(encoding="utf-8"))
    assert config.parameters[0].value.string_value == task
    assert list(config.output[0].dims) == [len(classifier.classes_)]
    assert (folder / "labels.txt").read_text(encoding="utf-8").splitlines() == list(classifier.classes_)


def test_a_linear_bundle_is_refused_with_the_reason(tmp_path: Path) -> None:
    linear = write_bundle(task_linear("multilabel"), lineage(), tmp_path / "l", "linear")
    with pytest.raises(ArtifactError, match="no ONNX graph"):
        write_repository(linear, tmp_path / "repository", "student")


def test_a_table_bundle_is_refused_and_the_command_makes_a_graph(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_bundle(int_classifier(), lineage(), tmp_path / "t", "table")
    with pytest.raises(ArtifactError, match="form onnx"):
        write_repository(table, tmp_path / "repository", "student")
    artifact.save(int_classifier(), tmp_path / "artifact", lineage())
    assert main([str(tmp_path / "artifact"), "--out", str(tmp_path / "b"), "--triton", str(tmp_path / "r")]) == 0
    assert (tmp_path / "r" / "student" / "1" / "model.onnx").is_file()
    assert "Triton" in capsys.readouterr().out
