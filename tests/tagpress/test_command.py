"""The command `tagpress`: it knows its subcommands, and each is the command of its room."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from exports import predict
from exports.bundles.write_bundle import write_bundle
from tagpress.__main__ import main, whole_parser
from tagpress.commands import COMMANDS
from tests.cases.table_case import TEXTS, int_classifier, lineage

ROOT = Path(__file__).resolve().parents[2]


def stopped(words: list[str]) -> int | str | None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    return stop.value.code


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert stopped(["--help"]) == 0
    said = capsys.readouterr().out
    assert list(COMMANDS) == ["study", "train", "doctor", "adopt", "export", "predict", "score", "report", "compare"]
    for name, command in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(command.summary)}$", said, re.MULTILINE)
    assert re.search(r"^  completion +print a script", said, re.MULTILINE)


@pytest.mark.parametrize("name", [*COMMANDS, "completion"])
def test_each_command_calls_itself_by_its_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert stopped([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: tagpress {name} ")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert stopped(["--version"]) == 0
    assert capsys.readouterr().out == f"tagpress {metadata.version('tagpress')}\n"


@pytest.mark.parametrize("words", [["melt"], ["predict"], ["study", "--colour"], ["completion", "fish"]])
def test_what_it_does_not_know_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert stopped(words) == 2
    assert "usage: tagpress" in capsys.readouterr().err


def test_without_a_command_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said = capsys.readouterr().err
    assert all(f"  {name} " in said for name in (*COMMANDS, "completion"))


def test_an_unknown_command_is_told_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert stopped(["melt"]) == 2
    said = capsys.readouterr().err
    for name in ("'melt'", *COMMANDS, "completion"):
        assert name in said


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_knows_commands_and_options(shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in (*COMMANDS, "--max-bytes", "--explain"):
        assert word in script
    found = shutil.which(shell)
    if found is not None:
        (tmp_path / "script").write_text(script, encoding="utf-8")
        subprocess.run([found, "-n", str(tmp_path / "script")], check=True, timeout=30)


def test_the_whole_parser_takes_what_the_commands_take() -> None:
    asked = whole_parser().parse_args(["predict", "bundle", "one text", "--top", "2"])
    assert (asked.folder, asked.texts, asked.top) == (Path("bundle"), ["one text"], 2)


def test_predict_answers_as_the_room_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(write_bundle(int_classifier(), lineage(), tmp_path / "b", "table")), *TEXTS[:3], "--top", "2"]
    assert main(["predict", *words]) == 0
    said = capsys.readouterr().out
    assert len(said.splitlines()) == 3
    assert predict.main(words) == 0
    assert said == capsys.readouterr().out
    assert main(["predict", str(tmp_path / "nowhere"), "a text"]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_a_room_is_imported_when_its_command_runs() -> None:
    code = (
        "import sys; from tagpress.__main__ import main\n"
        "try: main(['predict', '--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('torch', 'rich', 'sklearn', 'onnxruntime', 'bench') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "tagpress", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("tagpress ")
