"""The door of all commands: exit codes, one sentence for a mistake, and what options may hold."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from baselines.console import (
    Body,
    above_zero,
    duration,
    names,
    number_between,
    plain_name,
    price,
    run_command,
    share,
    size_in_bytes,
    whole_number,
)
from baselines.errors import BudgetError, DataError


def parser(prog: str) -> ArgumentParser:
    options = ArgumentParser(prog=prog)
    options.add_argument("--bits", type=whole_number(2), default=8)
    return options


def called(body: Body, *words: str) -> int:
    return run_command(parser, lambda: body, words, "tool go")


def raising(error: BaseException) -> Body:
    def body(args: Namespace, command: str) -> NoReturn:
        raise error

    return body


def test_the_work_gets_its_options_and_the_command_as_typed() -> None:
    seen: list[Any] = []

    def body(args: Namespace, command: str) -> int:
        seen.extend([args.bits, command])
        return 1

    assert called(body, "--bits", "4") == 1
    assert seen == [4, "tool go --bits 4"]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DataError("a.csv: row 3: no text"), 2, "error: a.csv: row 3: no text\n"),
        (BudgetError("no model keeps it"), 1, "error: no model keeps it\n"),
        (KeyboardInterrupt(), 130, "error: stopped\n"),
        (
            ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"),
            2,
            "error: tool go: needs torch.nn, which isn't installed; pip install 'tagpress[study]' brings it\n",
        ),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert called(raising(error)) == code
    assert capsys.readouterr().err == said


def test_what_is_kept_on_disk_continues(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(parser, lambda: raising(KeyboardInterrupt()), [], "tool go", continues=True) == 130
    assert capsys.readouterr().err == "error: stopped; the same command continues where it was\n"


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'ours'", name="ours"), ZeroDivisionError("x")])
def test_what_nobody_can_mend_is_not_hidden_and_no_failed_gate(
    capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    assert called(raising(error), "--bits", "4") == 70
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert "error: this is a mistake of tagpress, not yours; please report it" in said.splitlines()[-1]
    assert said.endswith("tool go --bits 4\n")


def test_options_are_read_before_the_work_is_imported(capsys: pytest.CaptureFixture[str]) -> None:
    def load() -> NoReturn:
        raise AssertionError("imported for nothing")

    for words in (["--help"], ["--bits", "1"]):
        with pytest.raises(SystemExit):
            run_command(parser, load, words, "tool go")
    assert "from 2 to 1,000,000, got '1'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (size_in_bytes, "25k", 25_000),
        (size_in_bytes, "1.5M", 1_500_000),
        (size_in_bytes, "300", 300),
        (size_in_bytes, "8G", 8_000_000_000),
        (share, "0", 0.0),
        (share, "0.99", 0.99),
        (price, "0", 0.0),
        (above_zero, "1e-6", 1e-6),
        (number_between(-3, 3), "-2.5", -2.5),
        (whole_number(0), "0", 0),
        (names, "a, b,,a", ("a", "b", "a")),
        (plain_name, "my-run_2", "my-run_2"),
    ],
)
def test_options_are_read(read: Callable[[str], Any], text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "texts"),
    [
        (size_in_bytes, ("", "k", "-5", "0", "inf", "nan", "5kk")),
        (share, ("1", "-0.1", "nan", "x", "")),
        (price, ("-1", "inf", "nan", "x")),
        (above_zero, ("0", "-1", "inf", "x")),
        (number_between(-3, 3), ("inf", "nan", "", "x", "3.1", "1e308", "\uff11", "0x1", "1_0")),
        (whole_number(1), ("0", "-1", "1.5", "x", "", "\u0663", "1000001", "9" * 30)),
        (plain_name, ("", "..", ".hidden", "a/b", "../a", "a\nb", "a\x1b[31m", "\u202egpj", "a" * 300)),
    ],
)
def test_what_an_option_cannot_hold_is_refused_and_shown(read: Callable[[str], Any], texts: tuple[str, ...]) -> None:
    for text in texts:
        with pytest.raises(ArgumentTypeError, match="expected") as refused:
            read(text)
        assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1H30M", 5400)]
)
def test_a_time_is_hours_minutes_and_seconds(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "0s", "0.5s", "-5m", "30m1h", "5 m", "1d", "9" * 70 + "s", "nanm"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="expected a time such as 90s, 30m, 2h or 1h30m, at least 1s, got "):
        duration(text)
