"""Files of labelled texts are read once, dealt by their texts, and come back chunk by chunk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from baselines.data.data_options import DataOptions
from baselines.errors import DataError
from baselines.labels.asked import Labels
from baselines.streaming import file_source
from baselines.streaming.file_source import FileSource

SEVERAL = DataOptions(labels=Labels(separator="|"))


def csv_of(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("text,labels\n" + "".join(f"{text},{labels}\n" for text, labels in rows), encoding="utf-8")
    return path


def several(n: int) -> list[tuple[str, str]]:
    return [(f"text number {i}", "a|b" if i % 3 == 0 else "ab"[i % 2]) for i in range(n)]


def test_every_text_stands_in_one_part_with_its_labels(tmp_path: Path) -> None:
    rows = several(400)
    files = [csv_of(tmp_path / "one.csv", rows[:150]), csv_of(tmp_path / "two.csv", rows[150:])]
    with FileSource(files, SEVERAL) as source:
        train = [pair for part in source.chunks(0) for pair in zip(part.texts, part.labels.tolist(), strict=True)]
        again = [text for part in source.chunks(0) for text in part.texts]
        other = [text for part in source.chunks(1) for text in part.texts]
        held = [
            pair
            for part in (source.validation, source.test)
            for pair in zip(part.texts, part.labels.tolist(), strict=True)
        ]
        assert source.space.classes == ("a", "b")
        assert source.n_texts == len(train) > 280
        assert len(source.validation) > 10 < len(source.test)
    assert again == [text for text, _ in train] != other
    assert sorted(again) == sorted(other)
    expected = [(text, [name in labels.split("|") for name in "ab"]) for text, labels in rows]
    assert sorted(train + held) == sorted(expected)


def test_copies_stay_together_and_the_seed_decides(tmp_path: Path) -> None:
    rows = [(f"same {i % 60}" + " " * (i // 60), "ab"[i % 2]) for i in range(180)]
    path = csv_of(tmp_path / "texts.csv", rows)
    parts = []
    for seed in (0, 0, 1):
        with FileSource([path], DataOptions(seed=seed)) as source:
            held = {text.strip() for text in source.validation.texts}, {text.strip() for text in source.test.texts}
            train = {text.strip() for part in source.chunks(0) for text in part.texts}
            assert not (held[0] & held[1]) | (train & (held[0] | held[1]))
            parts.append((held, source.sha256))
    assert parts[0] == parts[1] != parts[2]


def test_held_out_texts_have_a_bound_and_the_rest_is_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_source, "MOST_HELD", 10)
    with FileSource([csv_of(tmp_path / "texts.csv", several(600))], SEVERAL) as source:
        assert 0 < len(source.validation) + len(source.test) <= 20
        train = [text for part in source.chunks(0) for text in part.texts]
        assert len(set(train) | set(source.validation.texts) | set(source.test.texts)) == 600
        assert len(train) == source.n_texts == 600 - len(source.validation) - len(source.test)


@pytest.mark.parametrize("form", [".csv", ".jsonl", ".parquet"])
def test_every_form_says_the_same(form: str, tmp_path: Path) -> None:
    rows = [(f"text {i}", "spam" if i % 3 else "ham") for i in range(90)]
    path = tmp_path / f"texts{form}"
    if form == ".csv":
        csv_of(path, rows)
    elif form == ".jsonl":
        path.write_text("".join(json.dumps({"text": t, "label": name}) + "\n" for t, name in rows), encoding="utf-8")
    else:
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as parquet

        columns = zip(*rows, strict=True)
        parquet.write_table(pa.table(dict(zip(("text", "label"), map(list, columns), strict=True))), path)
    with FileSource([path], DataOptions()) as source:
        assert (source.space.task, source.space.classes, source.space.negative) == ("binary", ("spam",), "ham")
        part = next(source.chunks(0))
        wanted = [[bool(int(text.split()[1]) % 3)] for text in part.texts]
        np.testing.assert_array_equal(part.labels, wanted)
        assert source.space.shares == (round(float(part.labels.mean()), 4),)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "text,labels\none,a\ntwo\n", "a.csv: row 3: 1 fields, but 2 columns"),
        ("a.csv", "text,other\none,a\n", "a.csv"),
        ("a.jsonl", '{"text": "one", "label": "a"}\n{"text":\n', "a.jsonl: row 2: not valid JSON"),
        ("a.jsonl", '{"text": "one", "label": {"x": 1}}\n', "a.jsonl: row 1, column 'label': expected a label"),
        ("a.xlsx", "", "files that are read in a stream are .csv, .tsv, .jsonl"),
        ("a.csv", "text,labels\none,a\ntwo,b\n", "no class has 3 texts"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as raised:
        FileSource([path], DataOptions())
    assert message in str(raised.value)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    rows = [*[(f"text {i}", "abc"[i % 3]) for i in range(120)], ("  ", "a"), ("odd", "rare"), ("none", "")]
    with FileSource([csv_of(tmp_path / "texts.csv", rows)], DataOptions()) as source:
        said = " / ".join(source.notes)
        everything = sum(len(part) for part in source.chunks(0)) + len(source.validation) + len(source.test)
    assert source.space.task == "multiclass"
    assert everything == 120
    assert "1 record without a text left out" in said
    assert "1 classes have too few texts and are left out (such as rare)" in said
    assert "2 texts without exactly one class that is kept left out" in said
