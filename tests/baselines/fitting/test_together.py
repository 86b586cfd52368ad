"""`torchrun`'s processes: the first leads and writes, the others train along, and every mistake is one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from baselines.errors import UserError
from baselines.fitting.together import refuse_for_several
from compress import run as compress_run
from tests.cases.processes import ended, start

SMALL = '{"epochs": 2, "embedding_dim": 4, "filters": [[2, 4]], "hidden_dim": 4, "batch_size": 10}'
_WORDS = ("red green blue cyan", "dog cat cow hen", "oak elm fir ash")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A file of 120 texts of three classes, and a small config."""
    rng = np.random.default_rng(0)
    rows = [(" ".join(rng.choice(_WORDS[n % 3].split(), 5)) + f" {n}", f"kind{n % 3}") for n in range(120)]
    (tmp_path / "texts.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    (tmp_path / "small.json").write_text(SMALL)
    return tmp_path


def words(*more: str) -> list[str]:
    return ["-m", "baselines.train", "--dataset", "texts.csv", "--baseline", "cnn", *more]


def test_the_first_process_writes_what_all_have_trained(folder: Path) -> None:
    results = ended(start(2, words("--config", "small.json"), folder))
    assert [code for code, _, _ in results] == [0, 0], results
    (_, first, _), (_, second, said) = results
    assert "Character CNN" in first
    assert second == said == ""
    assert (folder / "runs/default/baselines/cnn/artifact/manifest.json").is_file()


def test_options_for_one_process_are_refused() -> None:
    refuse_for_several({"--folds": False, "--tune": None})
    with pytest.raises(UserError, match="--folds: under torchrun each baseline is trained once"):
        refuse_for_several({"--folds": True})


def test_a_study_is_one_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    assert compress_run.main(["--method", "fold"]) == 2
    assert "torchrun: a study is one process, and 2 were started" in capsys.readouterr().err
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(SystemExit):
        compress_run.main(["--method", "fold"])
    assert capsys.readouterr().err == ""
