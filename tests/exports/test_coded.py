"""The command that shows where the bytes of a coded model go."""

from __future__ import annotations

from pathlib import Path

import pytest

from compress.formats.packed_linear import PACKED_LINEAR_FILE, write_packed_linear
from exports import coded
from tests.cases.packed_linear_case import language_like


def test_the_table_adds_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = language_like(60, 4, 0.2)
    write_packed_linear(model, tmp_path / PACKED_LINEAR_FILE)
    assert coded.main([str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{model.vectorizer.n_features:,} n-grams, 4 classes")
    last = [int(line.split()[-1].replace(",", "")) for line in lines[3:8]]
    assert sum(last[:-1]) == last[-1] == (tmp_path / PACKED_LINEAR_FILE).stat().st_size
    assert any(line.startswith("NumPy") for line in lines)


def test_a_folder_without_such_a_model_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert coded.main([str(tmp_path)]) == 2
    assert "file missing" in capsys.readouterr().err
