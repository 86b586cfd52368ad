"""Files as people have them, by the command line's own options: each is read rightly, or stops with what to do."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path

import pytest
import zstandard

from baselines.data.sources import load
from baselines.errors import UserError
from tests.cases.data_case import options
from tests.cases.people_case import (
    FLAGS,
    MULTI,
    NESTED,
    ROWS,
    SETS,
    TEXTS,
    Build,
    N,
    arrow_stream,
    column,
    file,
    flags,
    lines,
    of_json,
    of_lines,
    parquet_with_class_names,
    quoted,
    saved_dataset,
    shards,
    workbook,
    zipped,
)

FRENCH = [(f"{text} café…", label) for text, label in ROWS]
# What each is read as: its task, its classes, and words that must be said of it.
READ: dict[str, tuple[Build, str, tuple[str, ...], tuple[str, ...]]] = {
    "csv": (file("x.csv", lines()), "multiclass", MULTI, ()),
    "semicolons": (file("x.csv", lines(";")), "multiclass", MULTI, ("semicolon", "--delimiter")),
    "sep= in line 1": (file("x.csv", "sep=;\r\n" + lines(";")), "multiclass", MULTI, ()),
    "a tab in a csv": (file("x.csv", lines("\t", quotes=False)), "multiclass", MULTI, ("--delimiter",)),
    "utf-16": (file("x.csv", lines().encode("utf-16")), "multiclass", MULTI, ("UTF-16",)),
    "windows-1252": (file("x.csv", lines(rows=FRENCH).encode("cp1252")), "multiclass", MULTI, ("cp1252", "--encoding")),
    "no header, said": (
        file("x.tsv", lines("\t", False, quotes=False), "--no-header", "--text-column", "1", "--labels-column", "2"),
        "multiclass",
        MULTI,
        (),
    ),
    "label and text": (
        file("x.txt", "\n".join(f"{label} {text}" for text, label in ROWS)),
        "multiclass",
        MULTI,
        ("label",),
    ),
    "fasttext": (
        file(
            "x.txt",
            "\n".join(f"{' '.join('__label__' + n for n in own)} {t}" for t, own in zip(TEXTS, SETS, strict=True)),
        ),
        "multilabel",
        MULTI,
        (),
    ),
    "json array": (
        of_json("x.json", [{"text": t, "tags": own} for t, own in zip(TEXTS, SETS, strict=True)]),
        "multilabel",
        MULTI,
        (),
    ),
    "csv.gz": (file("x.csv.gz", gzip.compress(lines().encode())), "multiclass", MULTI, ()),
    "csv.bz2": (file("x.csv.bz2", bz2.compress(lines().encode())), "multiclass", MULTI, ()),
    "csv.zip": (file("x.csv.zip", zipped(lines())), "multiclass", MULTI, ()),
    "jsonl.zst": (
        file(
            "x.jsonl.zst",
            zstandard.compress("\n".join(json.dumps({"text": t, "label": own}) for t, own in ROWS).encode()),
        ),
        "multiclass",
        MULTI,
        (),
    ),
    "arrow": (arrow_stream, "multiclass", MULTI, ("names",)),
    "parquet with names": (parquet_with_class_names, "multiclass", MULTI, ("names",)),
    "saved dataset": (saved_dataset, "multiclass", MULTI, ("names",)),
    "shards": (shards, "multiclass", MULTI, ("names",)),
    "xlsx": (workbook, "multiclass", MULTI, ()),
    "nested": (
        file(
            "x.jsonl",
            "\n".join(map(json.dumps, NESTED)),
            "--text-column",
            "doc.text",
            "--labels-column",
            "labels[].name",
        ),
        "multilabel",
        MULTI,
        (),
    ),
    "python lists": (column("labels", [quoted(str(own)) for own in SETS]), "multilabel", MULTI, ()),
    "json lists": (column("labels", [quoted(json.dumps(own)) for own in SETS]), "multilabel", MULTI, ()),
    "separated, said": (
        column("labels", [quoted(", ".join(own)) for own in SETS], "--label-separator", ","),
        "multilabel",
        MULTI,
        (),
    ),
    "multi-hot lists": (
        of_lines([[int(flag) for flag in own] for own in FLAGS]),
        "multilabel",
        ("1", "2", "3"),
        ("--class-names",),
    ),
    "yes and no": (flags("yes", "no"), "multilabel", MULTI, ()),
    "x and blank": (flags("x", ""), "multilabel", MULTI, ()),
    "1 and blank": (flags("1", ""), "multilabel", MULTI, ()),
    "true and false": (flags("True", "False"), "multilabel", MULTI, ()),
    "rest beside an id": (flags("1", "0", "--label-columns", "rest", extra=True), "multilabel", MULTI, ("id",)),
    "one 0/1 column": (
        column("fraud", [str(int(i % 5 == 0)) for i in range(N)], "--label-columns", "fraud"),
        "binary",
        ("fraud",),
        (),
    ),
    "merged variants": (
        column(
            "label",
            [("Card Arrival", "card arrival", "other", "other")[i % 4] for i in range(N)],
            *("--merge-labels", "--positive", "Card Arrival"),
        ),
        "binary",
        ("Card Arrival",),
        ("--merge-labels",),
    ),
    "nan among labels": (
        column("label", [(*"abc", "nan")[i % 4] if i % 12 == 3 or i % 4 < 3 else "a" for i in range(N)]),
        "multiclass",
        MULTI,
        ("nan", "5 "),
    ),
    "NaN as texts": (file("x.csv", lines(rows=[("NaN", "a"), ("N/A", "b"), *ROWS])), "multiclass", MULTI, ()),
    "numbers as texts": (
        file(
            "x.jsonl",
            "\n".join(json.dumps({"text": 7.5 if i == 4 else t, "label": own}) for i, (t, own) in enumerate(ROWS)),
        ),
        "multiclass",
        MULTI,
        ("1 ",),
    ),
    "null texts": (
        file(
            "x.jsonl",
            "\n".join(
                json.dumps({"text": None if i in (4, 9) else t, "label": own}) for i, (t, own) in enumerate(ROWS)
            ),
        ),
        "multiclass",
        MULTI,
        ("2 of 60 records", "rows 5, 10"),
    ),
    "odd labels": (
        column("label", [("<b>bold</b>", quoted('a,"b"'), "\U0001f600")[i % 3] for i in range(N)]),
        "multiclass",
        ("<b>bold</b>", 'a,"b"', "\U0001f600"),
        (),
    ),
}


@pytest.mark.parametrize("case", READ)
def test_it_is_read_as_it_is_meant(case: str, tmp_path: Path) -> None:
    build, task, classes, said = READ[case]
    dataset = load(options(*build(tmp_path)))
    assert (dataset.task, dataset.classes) == (task, classes)
    notes = "\n".join(dataset.notes)
    assert [words for words in said if words not in notes] == []


TO_NAMES = ("--labels-column", "labels[].name")
# What stops, and what the one sentence has to hold: what was found, and what to type.
STOPPED: dict[str, tuple[Build, tuple[str, ...]]] = {
    "no header": (
        file("x.tsv", lines("\t", False, quotes=False)),
        ("no header?", "--no-header", "--text-column 1", "--labels-column 2"),
    ),
    "unknown encoding": (
        file("x.csv", lines(rows=FRENCH).encode("cp1252"), "--encoding", "ascii"),
        ("row 2", "0xe9", "--encoding"),
    ),
    "no way into json": (file("x.jsonl", "\n".join(map(json.dumps, NESTED))), ("doc.text", "--text-column")),
    "wrong path into json": (
        file("x.jsonl", "\n".join(map(json.dumps, NESTED)), "--text-column", "doc.body", *TO_NAMES),
        ("doc.body", "text"),
    ),
    "several in a cell": (
        column("labels", [quoted(", ".join(own)) for own in SETS]),
        ("--label-separator", "--accept lists"),
    ),
    "numbers in a cell": (
        column("labels", [quoted(("3,7", "7", "9,3")[i % 3]) for i in range(N)]),
        ("--label-separator",),
    ),
    "variants": (
        column("label", [("Card Arrival", "card arrival", "other", "other")[i % 4] for i in range(N)]),
        ("Card Arrival", "15", "--merge-labels"),
    ),
    "rare": (column("label", ["rare" if i == 7 else "ab"[i % 2] for i in range(N)]), ("rare", "--min-texts-per-class")),
    "null texts, stop": (
        file(
            "x.jsonl",
            "\n".join(json.dumps({"text": None if i == 4 else t, "label": own}) for i, (t, own) in enumerate(ROWS)),
            "--missing-texts",
            "stop",
        ),
        ("row 5", "text"),
    ),
    "no flags": (flags("1", "0", "--label-columns", "a,b,c,id", extra=True), ("'id'", "'u0'")),
    "all texts equal": (
        column("label", [f"{'ab'[i % 2]}" for i in range(N)], "--text-column", "same"),
        ("no column 'same'",),
    ),
    "unknown extension": (file("x.docx", "x"), (".docx", ".xlsx", ".parquet")),
    "several in a zip": (file("x.csv.zip", b"PK\x05\x06" + b"\0" * 18), ("x.csv.zip",)),
    "absurd labels": (
        column("label", [("a" * 100_000, "b", "c")[i % 3] for i in range(N)]),
        ("row 2", "100000", "--labels-column"),
    ),
}


@pytest.mark.parametrize("case", STOPPED)
def test_it_stops_with_what_to_do(case: str, tmp_path: Path) -> None:
    build, said = STOPPED[case]
    with pytest.raises(UserError) as caught:
        load(options(*build(tmp_path)))
    assert [words for words in said if words not in str(caught.value)] == []
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_short_part_is_read_as_the_file_it_belongs_to(tmp_path: Path) -> None:
    build = file("train.txt", "\n".join(f"{label} {text}" for text, label in ROWS))
    (tmp_path / "test.txt").write_text("a What is it?\nb Who is it?\n")
    dataset = load(options(*build(tmp_path), "--test", str(tmp_path / "test.txt")))
    assert dataset.part("test").texts == ("What is it?", "Who is it?")


def test_empty_texts_may_stay(tmp_path: Path) -> None:
    rows = [*ROWS, ("", "a"), ("", "b")]
    dataset = load(options(*file("x.csv", lines(rows=rows), "--missing-texts", "keep")(tmp_path)))
    assert dataset.everything.texts.count("") == 2
    assert any("2 of 62 records" in note and "kept" in note for note in dataset.notes)
