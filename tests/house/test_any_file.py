"""Files of any shape reach a verdict by one command, and what is said of them stands in the results."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.results.file import read_run
from compress import run
from tests.cases.people_case import MULTI, ROWS, Build, file, flags, quoted, shards
from tests.cases.quick_case import SMALL, quick_studies_in


def by_users(folder: Path) -> list[str]:
    """A column of users, a column of days, and some texts twice."""
    rows = [f"{quoted(text)};{label};u{i // 4};2024-01-{1 + i // 3:02d}" for i, (text, label) in enumerate(ROWS)]
    content = "\r\n".join(["text;label;user_id;day", *rows, *rows[:8]])
    return file("x.csv", content.encode("cp1252"), "--group-column", "user_id")(folder)


SHAPES: dict[str, tuple[Build, str]] = {
    "labelled lines": (file("x.txt", "\n".join(f"{label} {text}" for text, label in ROWS)), "multiclass"),
    "folder with parts": (shards, "multiclass"),
    "crosses": (flags("x", "", "--label-columns", ",".join(MULTI)), "multilabel"),
    "users": (by_users, "multiclass"),
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "tiny.json").write_text(json.dumps(SMALL))
    with quick_studies_in(tmp_path):
        yield tmp_path


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_reaches_a_verdict(shape: str, place: Path) -> None:
    build, task = SHAPES[shape]
    words = ["--method", "fold", "--config", "tiny.json", "--run", "t", "--threads", "1", "--plan", "quick"]
    assert run.main([*build(place), *words]) == 0
    results = read_run(place / "runs" / "t").content
    assert results["task"] == task
    assert results["verdict"]["reasons"]
    assert (place / "runs" / "t" / "report.html").stat().st_size > 10_000
    assert (place / "runs" / "t" / "data-issues.csv").is_file() or "skipped" in results["data_doctor"]
    if shape == "users":
        # The copies are of users who stay in one part, so none crosses.
        assert results["dataset"]["copies"]["from_train"] == 0
