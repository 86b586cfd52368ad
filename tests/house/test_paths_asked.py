"""Every option that takes a path refuses what can't be read in one sentence with exit code 2, and waits for nothing."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from baselines.console import path_given
from tests.house.test_numbers_asked import COMMANDS

# What else a command needs before it looks at the path; `{}` is where the path goes.
TINY = "tiny.csv"
CASES: dict[tuple[str, str], list[str]] = {
    ("baselines.train", "--dataset"): ["--baseline", "rules", "--dataset", "{}"],
    ("baselines.train", "--validation"): ["--baseline", "rules", "--dataset", TINY, "--validation", "{}"],
    ("baselines.train", "--test"): ["--baseline", "rules", "--dataset", TINY, "--test", "{}"],
    ("baselines.train", "--data"): ["--baseline", "rules", "--dataset", TINY, "--data", "{}"],
    ("baselines.train", "--taxonomy"): ["--baseline", "rules", "--dataset", TINY, "--taxonomy", "{}"],
    ("baselines.train", "--data-dir"): ["--baseline", "rules", "--dataset", "madewithml", "--data-dir", "{}"],
    ("baselines.train", "--class-names"): ["--baseline", "rules", "--dataset", TINY, "--class-names", "{}"],
    ("baselines.train", "--stream"): ["--stream", "{}"],
    ("baselines.train", "--config"): ["--baseline", "rules", "--dataset", TINY, "--config", "{}"],
    ("compress.run", "--config"): ["--method", "fold", "--dataset", TINY, "--config", "{}"],
    ("compress.run", "--unlabelled"): ["--method", "distill", "--dataset", TINY, "--unlabelled", "{}"],
    ("compress.run", "--gates"): ["--method", "fold", "--dataset", TINY, "--gates", "{}"],
    ("compress.run", "--teacher"): ["--method", "distill", "--dataset", TINY, "--teacher", "{}"],
    ("compress.run", "--parent"): ["--method", "fold", "--dataset", TINY, "--parent", "{}"],
    ("compress.adopt", "FILE"): ["{}", "--out", "adopted"],
    ("compress.adopt", "--texts"): ["model.skops", "--out", "adopted", "--texts", "{}"],
    ("bench.report", "RUN"): ["{}"],
    ("bench.report", "--gates"): ["no-run", "--gates", "{}"],
    ("bench.compare", "RUN_A"): ["{}", "{}"],
    ("bench.score", "BUNDLE"): ["{}", "--data", TINY],
    ("exports.predict", "FOLDER"): ["{}", "a text"],
    ("exports.run", "ARTIFACT"): ["{}", "--out", "bundle"],
    ("baselines.doctor.__main__", "--dataset"): ["--dataset", "{}"],
}
# Read only once something else is there, or written: their own tests hold them.
ELSEWHERE = {"--document", "--out", "--triton", "--gpu", "--json", "--run", "REFERENCE", "RUN_B", "--bundle"}
# Folders are what these take.
TAKE_FOLDERS = {
    "--dataset",
    "--validation",
    "--test",
    "--data-dir",
    "--teacher",
    "RUN",
    "RUN_A",
    "BUNDLE",
    "FOLDER",
    "ARTIFACT",
}
KINDS = ("missing", "folder", "pipe", "loop", "long", "empty", "bytes", "device")


def place_of(kind: str, tmp_path: Path) -> str:
    """A path of one kind, relative to the folder that the command runs in."""
    name = {"long": "x" * 300 + ".csv", "device": "/dev/null"}.get(kind, f"{kind}.csv")
    place = tmp_path / name
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "loop":
        place.symlink_to(place)
    elif kind in ("empty", "bytes"):
        place.write_bytes(b"" if kind == "empty" else b"\x80\x81\xfe\xff\x00" * 40)
    return name


@pytest.mark.parametrize(("command", "option"), CASES)
def test_what_cannot_be_read_is_one_sentence(
    command: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = ("cat", "dog", "bird")
    rows = "\n".join(f"the {labels[i % 3]} number {i} sits here,{labels[i % 3]}" for i in range(60))
    (tmp_path / TINY).write_text(f"text,label\n{rows}\n")
    monkeypatch.chdir(tmp_path)
    main = importlib.import_module(command).main
    for kind in KINDS:
        place = place_of(kind, tmp_path)
        with ended_after(60):
            code = exit_code(main, [word.replace("{}", place) for word in CASES[command, option]])
        said = capsys.readouterr().err
        lines = [line for line in said.splitlines() if "error: " in line]
        assert code == 2, (kind, said[-500:])
        assert len(lines) == 1, (kind, said[-500:])
        assert len(lines[0]) < 1_500, kind
        if kind == "pipe" and option not in TAKE_FOLDERS:
            assert "it is a pipe" in lines[0]
    assert not list(tmp_path.glob("runs/*/baselines/*"))


def exit_code(main: Callable[[list[str]], int], words: list[str]) -> object:
    try:
        return main(words)
    except SystemExit as left:
        return left.code


@contextmanager
def ended_after(seconds: int) -> Iterator[None]:
    """Waiting for a pipe that nobody writes to would take for ever."""

    def end(*_: object) -> None:
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def path_options() -> Iterator[tuple[str, str]]:
    """Command and name of everything that takes a file or folder, by its type or by what its help calls it."""
    for command, parser in COMMANDS.items():
        for action in parser(command)._actions:
            if action.type is path_given or any(word in str(action.metavar) for word in ("FILE", "PATH", "FOLDER")):
                yield command, (action.option_strings or [str(action.metavar)])[0]


def test_no_path_is_forgotten() -> None:
    tried = {option for _, option in CASES} | ELSEWHERE
    named = {option for _, option in path_options()}
    forgotten = sorted(named - tried - {"OUT.png", "RUN", "BUNDLE"} - {"folder"})
    assert not forgotten, f"add them to CASES, or say in ELSEWHERE why not: {forgotten}"
