"""Every option that takes a path refuses what can't be read in one sentence, with exit code 2, and waits for nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    ("baselines.train", "--config"): ["--baseline", "rules", "--dataset", TINY, "--config", "{}"],
    ("compress.run", "--config"): ["--method", "fold", "--dataset", TINY, "--config", "{}"],
    ("compress.run", "--unlabelled"): ["--method", "distill", "--dataset", TINY, "--unlabelled", "{}"],
    ("compress.run", "--gates"): ["--method", "fold", "--dataset", TINY, "--gates", "{}"],
    ("compress.run", "--teacher"): ["--method", "distill", "--dataset", TINY, "--teacher", "{}"],
    ("bench.report", "RUN"): ["{}"],
    ("bench.report", "--gates"): ["no-run", "--gates", "{}"],
    ("bench.compare", "RUN_A"): ["{}", "{}"],
    ("bench.score", "BUNDLE"): ["{}", "--data", TINY],
    ("exports.predict", "FOLDER"): ["{}", "a text"],
    ("exports.run", "ARTIFACT"): ["{}", "--out", "bundle"],
    ("baselines.doctor.__main__", "--dataset"): ["--dataset", "{}"],
}
# Read only once something else is there, or written: their own tests hold them.
ELSEWHERE = {"--out", "--triton", "--gpu", "--json", "--run", "REFERENCE", "RUN_B", "--bundle"}
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
def test_what_cannot_be_read_is_one_sentence(command: str, option: str, tmp_path: Path) -> None:
    """In a process of its own, so that one that waits for a pipe can be ended."""
    labels = ("cat", "dog", "bird")
    rows = "\n".join(f"the {labels[i % 3]} number {i} sits here,{labels[i % 3]}" for i in range(60))
    (tmp_path / TINY).write_text(f"text,label\n{rows}\n")
    places = [place_of(kind, tmp_path) for kind in KINDS]
    words = [[word.replace("{}", place) for word in CASES[command, option]] for place in places]
    script = (
        "import sys, json, importlib\n"
        f"main = importlib.import_module({command!r}).main\n"
        "for words in json.loads(sys.argv[1]):\n"
        "    try: code = main(words)\n"
        "    except SystemExit as left: code = left.code\n"
        "    sys.stdout.flush()\n"
        "    sys.stderr.write(f'\\n=== {code}\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(words)],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "NO_COLOR": "1"},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    said = done.stderr.split("\n=== ")
    assert len(said) == len(KINDS) + 1, done.stderr[-3000:]
    for number, kind in enumerate(KINDS):
        code = said[number + 1].splitlines()[0]
        lines = [line for line in said[number].splitlines() if line.startswith("error: ")]
        assert code == "2", (kind, code, said[number][-500:])
        assert len(lines) == 1, (kind, said[number][-500:])
        assert len(lines[0]) < 1_500, kind
        if kind == "pipe" and option not in TAKE_FOLDERS:
            assert "it is a pipe" in lines[0], lines
    assert not list(tmp_path.glob("runs/*/baselines/*"))


def path_options() -> Iterator[tuple[str, str]]:
    """Command and name of everything that takes a file or folder, by its type or by what its help calls it."""
    for command, parser in COMMANDS.items():
        for action in parser(command)._actions:
            if action.type is Path or any(word in str(action.metavar) for word in ("FILE", "PATH", "FOLDER")):
                yield command, (action.option_strings or [str(action.metavar)])[0]


def test_no_path_is_forgotten() -> None:
    tried = {option for _, option in CASES} | ELSEWHERE
    named = {option for _, option in path_options()}
    forgotten = sorted(named - tried - {"OUT.png", "RUN", "BUNDLE"} - {"folder"})
    assert not forgotten, f"add them to CASES, or say in ELSEWHERE why not: {forgotten}"
