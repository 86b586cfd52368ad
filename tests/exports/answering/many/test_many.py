"""Files of texts in, a folder of answers out: the lines of each file alone, once, by any number of processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from exports.answering.many import on_this_machine
from exports.answering.many.kept import NOTE
from exports.answering.many.one_shard import Outcome, answer_shard
from exports.bundles.write_bundle import write_bundle
from exports.predict import main
from tests.cases.table_case import TEXTS, lineage, task_classifier

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("bundles")
    tasks = ("multilabel", "multiclass", "binary")
    return {task: write_bundle(task_classifier(task), lineage(), place / task, "table") for task in tasks}  # type: ignore[arg-type]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Shards in several forms, in folders, one record of which can't be read."""
    folder = tmp_path / "texts"
    (folder / "more").mkdir(parents=True)
    records = [{"number": i, "text": f"{text} {i}"} for i, text in enumerate([*TEXTS, "a graph", "Ünïcode", ""] * 3)]
    (folder / "a.jsonl").write_text("".join(json.dumps(own) + "\n" for own in records), encoding="utf-8")
    lines = ["number,text", *(f'{own["number"]},"{own["text"]}"' for own in records), "one,two,three"]
    (folder / "more" / "b.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "more" / "c.tsv").write_text("number\ttext\n1\tgraphs\n", encoding="utf-8")
    return folder


def answers(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != NOTE]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("task", ["multilabel", "multiclass", "binary"])
@pytest.mark.parametrize("extra", [[], ["--top", "2"], ["--format", "jsonl"], ["--format", "csv", "--top", "1"]])
def test_each_file_has_the_answers_that_it_has_alone(
    bundles: dict[str, Path], texts: Path, task: str, extra: list[str], tmp_path: Path, capsys: Captured
) -> None:
    words = [str(bundles[task]), "--id-column", "number", *extra]
    assert main([*words, "--in", str(texts), "--out", str(tmp_path / "out"), "--processes", "1"]) == 2
    said = capsys.readouterr().err
    assert "b.csv: row " in said
    assert "1 rows can't be read" in said
    form = extra[1] if "--format" in extra else None
    found = answers(tmp_path / "out")
    sources = {f"{own}.{form or ending}": f"{own}.{ending}" for own, ending in SHARDS}
    assert set(found) == set(sources)
    for name, source in sources.items():
        alone = tmp_path / f"alone.{name.rpartition('.')[2]}"
        main([*words, "--data", str(texts / source), "--out", str(alone)])
        assert found[name] == alone.read_bytes(), name


SHARDS = (("a", "jsonl"), ("more/b", "csv"), ("more/c", "tsv"))


def test_any_number_of_processes_writes_the_same_bytes(
    bundles: dict[str, Path], texts: Path, tmp_path: Path, capsys: Captured
) -> None:
    found = []
    for processes in (1, 2, 4):
        out = tmp_path / f"out{processes}"
        words = ["--in", str(texts / "**/*.*"), "--out", str(out), "--processes", str(processes)]
        assert main([str(bundles["multilabel"]), *words]) == 2
        found.append(answers(out))
        assert ("so their batches are shared out" in capsys.readouterr().err) == (processes == 4)
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 3


def test_what_is_there_is_not_made_again(
    bundles: dict[str, Path], texts: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    words = ["--in", str(texts), "--out", str(out), "--processes", "1"]
    made: list[str] = []

    def counted(work: object, shard: object, *rest: object) -> Outcome:
        made.append(shard.name)  # type: ignore[attr-defined]
        return answer_shard(work, shard, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(on_this_machine, "answer_shard", counted)
    assert main([str(bundles["multilabel"]), *words]) == 2
    assert len(made) == 3
    # A killed command leaves half a line in the note, and a file that isn't whole.
    with (out / NOTE).open("a") as file:
        file.write('{"shard": "a.jsonl", "answ')
    (texts / "more" / "c.tsv").write_text("text\nother texts\n")
    made.clear()
    assert main([str(bundles["multilabel"]), *words]) == 2, "what can't be read is still counted"
    assert made == ["more/c.tsv"]
    assert "2 of them there already" in capsys.readouterr().err
    (out / "a.jsonl").write_bytes(b"cut")
    made.clear()
    main([str(bundles["multilabel"]), *words])
    assert made == ["a.jsonl"]
    made.clear()
    main([str(bundles["binary"]), *words])
    main([str(bundles["binary"]), *words, "--top", "1"])
    assert len(made) == 6, "another bundle, and another question"


def test_unreadable_shards_are_named_and_the_others_answered(
    bundles: dict[str, Path], texts: Path, tmp_path: Path, capsys: Captured
) -> None:
    (texts / "broken.json").write_text("{")
    (texts / "broken.csv.gz").write_bytes(b"no gzip")
    (texts / "other.csv").write_text("a,b\n1,2\n")
    out = tmp_path / "out"
    assert main([str(bundles["binary"]), "--in", str(texts), "--out", str(out), "--processes", "2"]) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in ("broken.json", "broken.csv.gz", "other.csv: no column 'text'"))
    assert "3 shards can't be answered" in said
    assert len(answers(out)) == 3


def test_a_process_that_is_killed_takes_nothing_along(
    bundles: dict[str, Path], texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (texts / "more" / "b.csv").unlink()
    main([str(bundles["binary"]), "--in", str(texts), "--out", str(tmp_path / "want"), "--processes", "1"])
    once = tmp_path / "once"
    once.touch()
    monkeypatch.setenv("TAGPRESS_TEST_KILL", str(once))
    monkeypatch.setattr(on_this_machine, "_shard", killed_once)
    main([str(bundles["binary"]), "--in", str(texts), "--out", str(tmp_path / "out"), "--processes", "2"])
    assert not once.exists()
    assert answers(tmp_path / "out") == answers(tmp_path / "want")


def killed_once(work: object, shard: object, out: Path) -> Outcome:
    once = Path(os.environ["TAGPRESS_TEST_KILL"])
    try:
        once.unlink()
    except FileNotFoundError:  # the other process was quicker
        return answer_shard(work, shard, out)  # type: ignore[arg-type]
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_parquet_keeps_rows_and_ids(bundles: dict[str, Path], tmp_path: Path, capsys: Captured) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    (tmp_path / "in").mkdir()
    rows = {"text": [f"{TEXTS[i % len(TEXTS)]} {i}" for i in range(50)], "id": [i * 7 for i in range(50)]}
    parquet.write_table(pyarrow.table(rows), tmp_path / "in" / "x.parquet")
    for task, bundle in bundles.items():
        words = [str(bundle), "--in", str(tmp_path / "in/*.parquet"), "--id-column", "id"]
        assert main([*words, "--out", str(tmp_path / task), "--processes", "1"]) == 0
        assert main([*words, "--out", str(tmp_path / f"{task}-lines"), "--format", "jsonl", "--processes", "1"]) == 0
        table = parquet.read_table(tmp_path / task / "x.parquet").to_pylist()
        lines = [json.loads(line) for line in (tmp_path / f"{task}-lines" / "x.jsonl").read_text().splitlines()]
        assert [(own["row"], own["id"]) for own in table] == [(i + 1, i * 7) for i in range(50)]
        for own, line in zip(table, lines, strict=True):
            names = own["labels"] if task == "multilabel" else [own["label"]]
            assert (names, own["known"]) == ([label["class"] for label in line["labels"]], line["known"])
            values = own["probabilities"] if task == "multilabel" else [own["probability"]]
            assert values == pytest.approx([label["probability"] for label in line["labels"]])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--in", "nowhere"], "--in nowhere: no such file or folder"),
        (["--in", "nowhere/*.csv"], "no file of texts among what is there (nothing)"),
        (["a text", "--in", "texts"], "--in: reads files alone, got TEXT as well"),
        (["--in", "texts", "--data", "x.csv"], "got --data as well"),
        (["--in", "texts", "--explain"], "--explain: isn't offered for many files"),
        (["--in", "texts/a.jsonl", "other/a.jsonl"], "its answers would be a.jsonl, as those of"),
        (["--in", "texts", "--out", "texts"], "answers would take the place of texts"),
        (["--in", "texts", "--out", "texts/a.jsonl"], "a file; with --in answers go into a folder"),
        (["--in", "texts", "--engine", "rey"], "--engine rey: allowed are local, ray, and ray://HOST:PORT"),
        (["--data", "texts/a.jsonl", "--engine", "local"], "--engine: for many files"),
        (["--data", "texts/a.jsonl", "--format", "parquet"], "--format parquet: of files that are given by --in"),
    ],
)
def test_what_can_not_be_used_is_said(
    bundles: dict[str, Path],
    texts: Path,
    words: list[str],
    said: str,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(texts, tmp_path / "other")
    out = [] if "--out" in words else ["--out", "out"]
    assert main([str(bundles["binary"]), *words, *out]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_answers_below_the_texts_are_no_texts(bundles: dict[str, Path], texts: Path, capsys: Captured) -> None:
    words = [str(bundles["binary"]), "--in", str(texts), "--out", str(texts / "labels"), "--processes", "1"]
    for _ in range(2):
        assert main(words) == 2
        assert "texts of 3 shards answered" in capsys.readouterr().err
    assert len(answers(texts / "labels")) == 3


def test_files_of_others_stay(bundles: dict[str, Path], texts: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.jsonl").write_text("mine")
    assert main([str(bundles["binary"]), "--in", str(texts), "--out", str(tmp_path / "out")]) == 2
    assert "stands where answers are to go" in capsys.readouterr().err
    assert (tmp_path / "out" / "a.jsonl").read_text() == "mine"
