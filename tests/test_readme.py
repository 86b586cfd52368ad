"""The README's commands exist and take the options it shows; its relative links lead somewhere."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.replace("\\\n", " ").splitlines()]
COMMANDS = [line for line in LINES if line and not line.startswith("#")]
MODULES = [shlex.split(line)[2:] for line in COMMANDS if line.startswith("python -m ")]


def test_there_are_commands() -> None:
    assert len(MODULES) >= 5
    assert any(line.startswith("make run") for line in COMMANDS)
    assert any(line.startswith("make test") for line in COMMANDS)


@pytest.mark.parametrize("words", MODULES, ids=lambda words: " ".join(words)[:60])
def test_commands_take_the_options_shown(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(words[0])
    if not hasattr(module, "main"):
        pytest.skip(f"{words[0]} is another project's command")
    with pytest.raises(SystemExit) as stop:
        module.main(["--help"])
    assert stop.value.code == 0
    known = capsys.readouterr().out
    for option in [word for word in words[1:] if word.startswith("--")]:
        assert option in known, f"README: {words[0]} has no {option}"


@pytest.mark.parametrize("target", [line.split()[1] for line in COMMANDS if line.startswith("make ")])
def test_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
