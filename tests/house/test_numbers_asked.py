"""Every numeric option of every command refuses what it can't hold, in one sentence, before any work begins."""

from __future__ import annotations

import importlib
import math
import pkgutil
from argparse import Action, ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import baselines
import bench
import compress
import exports
from baselines.console import run_command

HOSTILE = ("1" + "0" * 30, "9" * 5000, "-1", "1e308", "nan", "-inf", "", "1.5", "\uff11", "0x10", "1_0", " 1", "1\n")
# What one of them may mean after all: a share of 1.5 is none, a price is one; a fall of -1 asks for a better model.
MEANT = {
    ("--price-per-hour", "1.5"),
    ("--carbon-per-kwh", "1.5"),
    ("--max-p95-us", "1.5"),
    ("--most-seconds", "1.5"),
    ("--seconds", "1.5"),
    ("--max-bytes", "1.5"),
    ("--memory", "1.5"),
    ("--max-drop", "1.5"),
    ("--max-drop", "-1"),
    ("--scale", "1.5"),
}

Parser = Callable[[str], ArgumentParser]


def commands() -> Iterator[tuple[str, Parser]]:
    """Every module that has a parser and can be run, by name."""
    for room in (baselines, compress, exports, bench):
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if "conftest" in found.name or ".suite" in found.name or not _says_main(found.name):
                continue
            module = importlib.import_module(found.name)
            if hasattr(module, "parser") and hasattr(module, "main"):
                yield found.name, module.parser


def _says_main(name: str) -> bool:
    place = Path(__file__).parents[2].joinpath(*name.split("."))
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return source.is_file() and "run_command" in source.read_text(encoding="utf-8")


COMMANDS = dict(commands())


def numeric_options() -> Iterator[tuple[str, str]]:
    """Command and option of all that read digits and give a number."""
    for name, parser in COMMANDS.items():
        for action in parser(name)._actions:
            if action.option_strings and _is_number(action):
                yield name, action.option_strings[0]


def _is_number(action: Action) -> bool:
    for text in ("1", "0.5", "3", "100"):
        try:
            made = action.type(text) if callable(action.type) else None
        except Exception:
            continue
        if isinstance(made, int | float) and not isinstance(made, bool):
            return True
    return False


OPTIONS = sorted(set(numeric_options()))


def test_the_walk_finds_the_commands_and_their_numbers() -> None:
    assert {"compress.run", "baselines.train", "exports.predict", "bench.score"} <= set(COMMANDS)
    named = {option for _, option in OPTIONS}
    assert {"--seed", "--threads", "--folds", "--seeds", "--trials", "--bits", "--tune", "--max-bytes"} <= named


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda value: value)
def test_a_number_that_cannot_be_held_is_refused(
    name: str, option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = COMMANDS[name](name)
    action = next(own for own in parser._actions if option in own.option_strings)
    for text in HOSTILE:
        if (option, text) in MEANT:
            assert callable(action.type)
            assert math.isfinite(action.type(text))
            continue
        with pytest.raises(SystemExit) as left:
            run_command(COMMANDS[name], lambda: pytest.fail("the work began"), [f"{option}={text}"], name)
        said = capsys.readouterr().err
        assert left.value.code == 2
        assert said.count("error:") == 1
        assert "Traceback" not in said
        line = said.splitlines()[-1]
        assert option in line
        assert "expected" in line
        assert "got" in line
        assert len(line) < 400
