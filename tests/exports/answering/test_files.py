"""Files of every form in, answers with the user's ids out, in every format."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from baselines.tables.read_table import read_table
from exports import runtime
from exports.bundles.write_bundle import write_bundle
from exports.predict import main
from tests.cases.table_case import TEXTS, lineage, task_classifier

Captured = pytest.CaptureFixture[str]
RECORDS = [{"number": f"n{i}", "text": text} for i, text in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("bundles")
    tasks = ("multilabel", "multiclass", "binary")
    return {task: write_bundle(task_classifier(task), lineage(), place / task, "table") for task in tasks}  # type: ignore[arg-type]


def table_text(delimiter: str = ",") -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerows([("number", "text"), *((r["number"], r["text"]) for r in RECORDS)])
    return file.getvalue()


def json_lines() -> str:
    return "\n".join(map(json.dumps, RECORDS))


def written(folder: Path, name: str) -> Path:
    path = folder / name
    content = {
        "csv": table_text(), "tsv": table_text("\t"), "jsonl": json_lines(), "json": json.dumps(RECORDS),
    }[name.split(".")[1]].encode()  # fmt: skip
    if name.startswith("semicolons"):
        content = table_text(";").encode("utf-16")
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


@pytest.mark.parametrize(
    "name", ["x.csv", "x.tsv", "x.jsonl", "x.json", "x.csv.gz", "x.jsonl.gz", "semicolons.csv", "x.json.gz"]
)
def test_every_form_is_read_and_ids_are_kept(
    bundles: dict[str, Path], name: str, tmp_path: Path, capsys: Captured
) -> None:
    words = ["--data", str(written(tmp_path, name)), "--id-column", "number"]
    assert main([str(bundles["multiclass"]), *words]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers] == [r["number"] for r in RECORDS]
    first = 2 if ".csv" in name or ".tsv" in name else 1
    assert [answer["row"] for answer in answers] == list(range(first, first + len(RECORDS)))
    want = runtime.load(bundles["multiclass"]).predict(TEXTS)
    assert [[label["class"] for label in answer["labels"]] for answer in answers] == want


def test_parquet_is_read_whole(bundles: dict[str, Path], tmp_path: Path, capsys: Captured) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(RECORDS), tmp_path / "x.parquet")
    assert main([str(bundles["binary"]), "--data", str(tmp_path / "x.parquet"), "--id-column", "number"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(RECORDS)


def test_lines_of_a_text_file_are_texts_and_tables_in_one_are_tables(
    bundles: dict[str, Path], tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "x.txt"
    path.write_text("one\n\ntwo, with comma\n", encoding="utf-8")
    assert main([str(bundles["multiclass"]), "--data", str(path)]) == 0
    assert [json.loads(line)["row"] for line in capsys.readouterr().out.splitlines()] == [1, 2, 3]
    path.write_text(table_text("\t"), encoding="utf-8")
    assert main([str(bundles["multiclass"]), "--data", str(path), "--id-column", "number"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["id"] == "n0"


def test_nested_texts_are_reached(bundles: dict[str, Path], tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"doc": {"text": "a graph", "id": 7}}\n{"doc": {}}\n', encoding="utf-8")
    words = ["--data", str(path), "--text-column", "doc.text", "--id-column", "doc.id"]
    assert main([str(bundles["multiclass"]), *words]) == 2
    good, bad = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (good["id"], bad["row"]) == (7, 2)
    assert "expected it in column 'doc.text'" in bad["error"]


@pytest.mark.parametrize("task", ["multilabel", "multiclass", "binary"])
@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_tables_say_the_same_as_json_lines(
    bundles: dict[str, Path], task: str, ending: str, tmp_path: Path, capsys: Captured
) -> None:
    data = written(tmp_path, "x.csv")
    with data.open("a") as file:
        file.write("one,two,three\n")
    words = [str(bundles[task]), "--data", str(data), "--id-column", "number"]
    out = tmp_path / f"answers.{ending}"
    assert main([*words, "--out", str(out)]) == 2
    assert main(words) == 2
    answers: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if ending == "tsv" else ","))
    assert len(rows) == len(answers) == len(RECORDS) + 1
    for row, answer in zip(rows, answers, strict=True):
        assert (row["row"], row["id"]) == (str(answer["row"]), answer.get("id", ""))
        assert row["error"] == answer.get("error", "")
        if "error" in answer:
            continue
        classes = [label["class"] for label in answer["labels"]]
        probabilities = [label["probability"] for label in answer["labels"]]
        if task == "multilabel":
            assert (json.loads(row["labels"]), json.loads(row["probabilities"])) == (classes, probabilities)
        else:
            assert ([row["label"]], [float(row["probability"])]) == (classes, probabilities)
        assert row["known"] == str(int(answer["known"]))
    assert len(read_table(out).rows) == len(answers)


def test_a_file_has_its_name_once_it_is_whole(
    bundles: dict[str, Path], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = written(tmp_path, "x.jsonl"), tmp_path / "out.jsonl"

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("exports.answering.written.AnswerWriter.write", stopped)
        assert main([str(bundles["binary"]), "--data", str(data), "--out", str(out)]) == 130
    assert (out.exists(), (tmp_path / "out.jsonl.part").exists()) == (False, True)
    assert main([str(bundles["binary"]), "--data", str(data), "--out", str(out)]) == 0
    assert (len(out.read_text().splitlines()), (tmp_path / "out.jsonl.part").exists()) == (len(RECORDS), False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "nowhere.csv"], "nowhere.csv: no such file"),
        (["--data", "x.csv", "--text-column", "txt"], "no column 'txt'; columns: 'number', 'text'"),
        (["--data", "x.csv", "--id-column", "nr"], "no column 'nr'; columns: 'number', 'text'"),
        (["--data", "x.jsonl", "--id-column", "nr"], "no record has an id in 'nr'"),
        (["--data", "x.csv", "--explain", "--format", "csv"], "--explain: its parts don't fit into columns"),
        (["--data", "x.csv", "--out", "x.csv"], "x.csv: --out is the file that is read"),
        (["--data", "x.csv", "--out", "no/where.csv"], "can't be written"),
        (["--data", "x.csv", "--stdin"], "--stdin or --data x.csv, not both"),
        (["--data", "x.csv", "--encoding", "utf-9"], "utf-9"),
        (["--data", "empty.xyz"], "extension '.xyz' unknown"),
    ],
)
def test_what_can_not_be_used_is_said(
    bundles: dict[str, Path],
    words: list[str],
    said: str,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("x.csv", "x.jsonl"):
        written(tmp_path, name)
    (tmp_path / "empty.xyz").write_bytes(b"a")
    monkeypatch.chdir(tmp_path)
    code = main([str(bundles["binary"]), *words])
    assert (code, said in capsys.readouterr().err) == (0 if words[1] == "x.jsonl" else 2, True)
