"""The examples, run as a reader would run them, on small data; and what their table of contents promises."""

from __future__ import annotations

import ast
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tagpress
from baselines.dataset import Dataset
from bench.verdict.gates import read_gates
from tests.cases.quick_case import SMALL, quick_studies_in, write_csv

FOLDER = Path(__file__).resolve().parents[2] / "examples"
FILES = sorted(FOLDER.glob("*.py"))
# A server that ends in order, and the load that shows it, are as long as that takes.
LONGEST = {"serve_http.py": 130, "load_http.py": 115}
AWKWARD = ["", "!?", "A   U-Net, for the Sahara's dunes", "ünïcödé 中文"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> Iterator[Path]:
    """A folder with `texts.csv` and `small.json`, which is the working directory."""
    folder = tmp_path_factory.mktemp("examples")
    write_csv(tiny, folder / "texts.csv")
    (folder / "small.json").write_text(json.dumps(SMALL))
    with quick_studies_in(folder):
        yield folder


def names_of(example: str) -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / f"{example}.py"), run_name=example)


def bytes_of(bundle: Path) -> int:
    return sum(path.stat().st_size for path in bundle.iterdir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_short_and_says_what_it_shows(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert 20 <= len(source.splitlines()) <= LONGEST.get(path.name, 60)
    assert f"\n    python examples/{path.name}" in (ast.get_docstring(tree, clean=False) or "")
    assert "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert "import tagpress" in source


def test_the_table_of_contents_has_each_with_its_time() -> None:
    contents = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+\.\w+)\]\((\w+\.\w+)\) \|.*\| `(.+)` \| (.+) \|$", contents, re.MULTILINE)
    assert sorted(name for name, _, _, _ in rows) == [path.name for path in FILES]
    for name, link, command, time in rows:
        assert name == link
        assert command.startswith(f"python examples/{name}")
        assert time
    assert "gates.yaml" in contents


def test_own_csv_to_bundle(place: Path, tiny: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    main = names_of("own_csv_to_bundle")["main"]
    assert main(["texts.csv", "from-csv", "--epochs", "2"]) == 0
    said = capsys.readouterr().out
    predictor = tagpress.load("from-csv")
    assert (predictor.classes, predictor.bundle.form) == (tiny.classes, "table")
    assert predictor.bundle.manifest["lineage"]["recipe"][-1]["bits"] == 4
    assert f"read: {len(tiny.everything)} texts, {len(tiny.classes)} classes\n" in said
    assert f"written: from-csv, {bytes_of(place / 'from-csv'):,} bytes\n" in said
    text = tagpress.read_dataset("texts.csv", labels="tags", separator=";").part("validation").texts[0]
    assert f"{text[:60]} -> {', '.join(predictor.predict([text])[0]) or 'no tag'}\n" in said


def test_one_class_a_text(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = names_of("one_class_a_text")["main"]
    assert main([]) == 0
    said = capsys.readouterr().out.splitlines()
    predictor = tagpress.load("questions-bundle")
    assert (predictor.task, said[0]) == ("multiclass", "225 texts, one of number, person, place, time")
    for line in said[1:3]:
        text, answer = line.split(" -> ")
        assert answer == "not sure enough" or answer.startswith(predictor.predict([text])[0][0])
    assert said[3] == "tell me about the sea -> not sure enough"
    assert said[4] == "你好 -> not sure enough, nothing known in it"
    assert main(["texts.csv", "2"], out="other-bundle") == 2
    assert "error: " in capsys.readouterr().err


def test_own_csv_names_the_mistake(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = names_of("own_csv_to_bundle")["main"]
    assert main(["texts.csv", "nowhere", "--tags", "topics"]) == 2
    assert "texts.csv: no column 'topics'; columns: 'text', 'tags'" in capsys.readouterr().err
    assert not (place / "nowhere").exists()


def test_own_pytorch_cnn(place: Path, tiny: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    assert names_of("own_pytorch_cnn")["main"](["from-torch"], dataset=tiny, steps=4) == 0
    said = capsys.readouterr().out
    difference = re.search(r"adopted: (\d+) texts, logits (\S+) of their size apart", said)
    assert difference is not None
    assert int(difference[1]) > 50
    assert float(difference[2]) < 1e-5
    predictor = tagpress.load("from-torch")
    assert predictor.classes == tiny.classes
    assert bytes_of(place / "from-torch") < 20_000
    assert f"from-torch: {predictor.predict(['Segmenting satellite images with a U-Net'])[0]}\n" in said


def test_an_adopted_module_reads_texts_as_the_example_encodes_them(tiny: Dataset) -> None:
    names = names_of("own_pytorch_cnn")
    torch.manual_seed(1)
    net = names["OwnCNN"](len(tiny.classes)).eval()
    cnn, _ = tagpress.adopt(net, names["VOCABULARY"], tiny.classes)
    texts = [*AWKWARD, *tiny.part("test").texts]
    with torch.no_grad():
        own = torch.cat([torch.sigmoid(net(names["encode"](text)[None])) for text in texts])
    # Of the network itself: a text without anything known has an answer of its own.
    np.testing.assert_allclose(cnn.answer(texts)[0], own.numpy(), atol=1e-5)


def test_within_a_budget(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main = names_of("within_a_budget")["main"]
    asked = ["--file", "texts.csv", "--separator", ";", "--trials", "1"]
    assert main(["from-budget", *asked, "--max-bytes", "40k"], config=SMALL) == 0
    said = capsys.readouterr().out
    found = tagpress.open_run("runs/budget").by_name["budget"]
    assert found.bytes is not None
    assert found.bytes <= 40_000
    assert re.search(rf"found: (linear|cnn).*: {found.bytes:,} bytes, \d+ µs a text\n", said)
    assert tagpress.load("from-budget").bundle.manifest["lineage"]["name"] == "budget"
    assert main(["from-nothing", *asked, "--max-bytes", "1k"], config=SMALL) == 1
    assert "Binding: --max-bytes" in capsys.readouterr().err
    assert not (place / "from-nothing").exists()


def test_gates_in_ci(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    main = names_of("gates_in_ci")["main"]
    summary, gates = place / "summary.md", place / "gates.yaml"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    asked = ["--dataset", "texts.csv", "--label-separator", ";", "--config", "small.json", "--method", "fold"]
    for limit, code in (("bytes <= 5M", 0), ("bytes <= 10", 1), ("energy_j_per_document <= 1", None)):
        gates.write_text(f"gates:\n  - {limit}\n")
        outcome = main([*asked, "--threads", "1"], gates=gates)
        said = capsys.readouterr().out
        (checked,) = tagpress.open_run("runs/ci").content["gates"]
        # Energy is measured where the machine has a meter.
        assert outcome == (code if code is not None else {"pass": 0, "fail": 1, "not_measured": 2}[checked["outcome"]])
        assert (f"::error title=gate {checked['outcome']}::{limit} (" in said) == bool(outcome)
    assert summary.read_text(encoding="utf-8").count((place / "runs" / "ci" / "report.md").read_text()[:60]) == 3
    assert main(["--dataset", "missing.csv"], gates=gates) == 2
    assert "missing.csv: no such file" in capsys.readouterr().err


def test_the_gates_of_the_example_are_understood() -> None:
    assert [gate.metric for gate in read_gates(FOLDER / "gates.yaml")] == ["f1_weighted", "bytes", "p95_s"]


def test_data_frame(place: Path, sample: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    names = names_of("data_frame")
    assert names["main"](["texts.csv", ";"]) == 0
    said = capsys.readouterr().out
    first, second, difference, last = said.splitlines()
    values = [float(re.findall(r"-?\d\.\d{3}", line)[0]) for line in (first, second, difference)]
    assert first.startswith("linear: weighted F1 ")
    assert second.startswith("tfidf-logistic: weighted F1 ")
    assert values[0] - values[1] == pytest.approx(values[2], abs=0.0011)
    assert re.fullmatch(r"at most 0.01 below tfidf-logistic at 95 %: (yes|no|too few texts to say)", last)
    from_frame = tagpress.read_dataset(names["frame_of"]())
    assert from_frame.everything.texts == sample.everything.texts
    assert np.array_equal(from_frame.everything.labels, sample.everything.labels)
