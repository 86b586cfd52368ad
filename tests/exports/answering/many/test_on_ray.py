"""Shards on a Ray cluster of this machine: the bytes of processes, with workers that are lost on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exports.bundles.write_bundle import write_bundle
from exports.predict import main
from tests.cases.table_case import TEXTS, lineage, task_classifier

pytest.importorskip("ray", reason="the extra [ray] isn't installed")


def test_a_cluster_writes_what_processes_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = write_bundle(task_classifier("multilabel"), lineage(), tmp_path / "bundle", "table")
    (tmp_path / "in").mkdir()
    for number in range(3):
        lines = [json.dumps({"text": f"{text} {number}"}) for text in TEXTS]
        (tmp_path / "in" / f"{number}.jsonl").write_text("\n".join(lines))
    (tmp_path / "in" / "bad.csv").write_text("a,b\n1,2\n")
    for engine in ("local", "ray"):
        words = ["--in", str(tmp_path / "in"), "--out", str(tmp_path / engine), "--engine", engine, "--processes", "2"]
        assert main([str(bundle), *words]) == 2
        said = capsys.readouterr().err
        assert "bad.csv: no column 'text'" in said
        assert "1 shards can't be answered" in said
    for number in range(3):
        name = f"{number}.jsonl"
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
