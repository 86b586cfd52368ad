"""The README's commands exist and take the options it shows; its relative links lead somewhere."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tagpress
from tests.cases.compress_case import random_part
from tests.cases.text_cnn_case import CLASSES, Layout, TextNet

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.replace("\\\n", " ").splitlines()]
COMMANDS = [line for line in LINES if line and not line.startswith("#")]
# `venv` is Python's own.
MODULES = [shlex.split(line)[2:] for line in COMMANDS if line.startswith("python -m ") and " venv " not in line]


def test_there_are_commands() -> None:
    assert len(MODULES) >= 5
    assert any(line.startswith("make run") for line in COMMANDS)
    assert any(line.startswith("make test") for line in COMMANDS)


@pytest.mark.parametrize("words", MODULES, ids=lambda words: " ".join(words)[:60])
def test_commands_take_the_options_shown(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(words[0])
    assert hasattr(module, "main"), f"README: {words[0]} is no command"
    with pytest.raises(SystemExit) as stop:
        module.main(["--help"])
    assert stop.value.code == 0
    known = capsys.readouterr().out
    for option in [word for word in words[1:] if word.startswith("--")]:
        assert option in known, f"README: {words[0]} has no {option}"


def test_the_lines_for_your_own_model_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = README.split("## Your own PyTorch model\n")[1].split("\n## ")[0]
    (lines,) = re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert 5 <= len([line for line in lines.splitlines() if line]) <= 10
    vocabulary = {"<pad>": 0, "<unk>": 1, **{char: number for number, char in enumerate("zyx abcdefghij", 2)}}
    net = TextNet(Layout(norm=True, n_ids=len(vocabulary)))
    monkeypatch.chdir(tmp_path)
    part = random_part(60, seed=1)
    labels = [[name for name, on in zip(CLASSES, row, strict=True) if on] for row in part.labels]
    dataset = tagpress.read_dataset({"text": part.texts, "labels": labels})
    made: dict[str, Any] = {"net": net, "vocabulary": vocabulary, "classes": dataset.classes, "dataset": dataset}
    exec(lines, made)
    answers = tagpress.load("bundle").predict_proba(dataset.everything.texts)
    np.testing.assert_allclose(answers, made["small"].predict_proba(dataset.everything.texts), atol=1e-5)
    assert made["small"].kind == "tables-int8"
    assert made["classifier"].classes_ == CLASSES
    assert made["rounded"](torch.tensor([[2, 3]])).shape == (1, len(CLASSES))


@pytest.mark.parametrize("target", [line.split()[1] for line in COMMANDS if line.startswith("make ")])
def test_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
