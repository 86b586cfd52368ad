"""The options of `python -m bench.gpu_check`, and what they are refused for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import gpu_check


def test_its_help_says_what_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        gpu_check.main(["--help"])
    assert done.value.code == 0
    said = capsys.readouterr().out
    for words in ("NumPy and torch", "--most-seconds", "--out FILE", "exit codes", "--gpu gpu-check.json"):
        assert words in said


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_no_time_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        gpu_check.main(["--most-seconds", seconds])
    assert refused.value.code == 2
    assert "--most-seconds" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu_check.main(["--out", str(tmp_path)]) == 2
    assert "can't be written" in capsys.readouterr().err
