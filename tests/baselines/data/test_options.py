"""The options on the command line refuse bad numbers, and pass on what the data set warns of."""

import argparse
from pathlib import Path

import pytest

from baselines.data.data_options import DataOptions
from baselines.data.options import add_data_options, dataset_from
from tests.cases.data_case import many_rows, options, write


def test_a_warning_reaches_the_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "f.csv", "text,label\n" + many_rows() + "more,[red]\n")  # markup stays text
    parser = argparse.ArgumentParser()
    add_data_options(parser)
    dataset_from(parser.parse_args(["--dataset", path, "--accept", "rare"]))
    assert "dropped [red]" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--seed", "-1"], ["--seed", "x"], ["--min-texts-per-class", "0"]])
def test_bad_numbers_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        options(*arguments)
    assert "whole number" in capsys.readouterr().err


def test_the_task_is_read_from_the_command_line() -> None:
    asked = options("--task", "binary", "--positive", "spam", "--metric", "mcc", "--test", "t.csv")
    assert (asked.task, asked.positive, asked.metric) == ("binary", "spam", "mcc")
    assert (asked.test, asked.validation) == (Path("t.csv"), None)
    assert options() == DataOptions()


def test_an_unknown_task_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        options("--task", "several")
    assert "multiclass" in capsys.readouterr().err


def test_a_warning_names_its_file_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "f.csv", "text;label\n" + many_rows().replace(",", ";"))
    parser = argparse.ArgumentParser()
    add_data_options(parser)
    dataset_from(parser.parse_args(["--dataset", path]))
    said = capsys.readouterr().err
    assert "warning: f.csv: fields end at a semicolon" in said
    assert "f.csv: f.csv" not in said
