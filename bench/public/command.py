"""The work of `python -m bench.public_study`: a study a data set, then the table of all of them."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from baselines.console import MOST_SEED, names, path_given, whole_number
from baselines.errors import DataError
from baselines.fitting.options import RUNS
from baselines.storage.artifact import read_json, write_json
from bench.public.peers import accuracies
from bench.public.published import AS_PUBLISHED, PUBLISHED, write_csv
from bench.public.table import markdown, row_of
from bench.results.file import read_run

_PEERS = "scikit-learn.json"
TABLE = "public.md"


def parser(prog: str) -> ArgumentParser:
    """The command's options; its end lists where each data set comes from."""
    lines = [f"  {name}: {', '.join(entry.files.values())} of {entry.source}" for name, entry in PUBLISHED.items()]
    made = ArgumentParser(
        prog,
        description="Run `python -m compress.run` with default options on published data sets, beside scikit-learn on "
        "the same texts, and write one table. Finished studies are found again.",
        epilog="FOLDER holds a folder for each data set with its files as published:\n" + "\n".join(lines),
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.add_argument("folder", type=path_given, metavar="FOLDER", help="with one folder a data set")
    made.add_argument(
        "--only", type=names, default=[], metavar="NAME[,NAME]", help=f"some of {', '.join(PUBLISHED)} (default: all)"
    )
    made.add_argument(
        "--seed", type=whole_number(0, MOST_SEED), default=0, metavar="N", help="of the studies (default: 0)"
    )
    return made


def run(args: Namespace, command: str) -> int:
    """Prepare, study and tabulate; what is there already isn't made again."""
    console = Console(stderr=True, soft_wrap=True)
    wanted = args.only or list(PUBLISHED)
    if unknown := sorted(set(wanted) - set(PUBLISHED)):
        raise DataError(f"--only: {', '.join(unknown)} unknown; allowed: {', '.join(PUBLISHED)}")
    rows = []
    for number, name in enumerate(wanted, 1):
        console.print(
            f"[{number}/{len(wanted)}] {name}: {PUBLISHED[name].about}", style="bold", markup=False, highlight=False
        )
        folder = prepared(name, args.folder / name)
        _study(name, study_arguments(name, args.folder / name, folder, args.seed))
        rows.append(row_of(name, read_run(RUNS / f"public-{name}"), read_json(folder / _PEERS)))
    text = markdown(rows, command)
    (RUNS / TABLE).write_text(text, encoding="utf-8")
    Console(soft_wrap=True).print(text, markup=False, highlight=False)
    return 0


def prepared(name: str, published: Path) -> Path:
    """The folder with scikit-learn's figures for a data set, and with its parts where nobody published any."""
    folder = RUNS / "public-data" / name
    if (folder / _PEERS).is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    parts = PUBLISHED[name].read(published)
    if "test" not in PUBLISHED[name].files:
        for part, rows in parts.items():
            write_csv(rows, folder / f"{part}.csv")
    write_json(folder / _PEERS, accuracies(parts["train"], parts["test"]))
    return folder


def study_arguments(name: str, published: Path, folder: Path, seed: int) -> Sequence[str]:
    """What the study of a data set is asked for: the data, and nothing else but a name for its run."""
    if "test" in PUBLISHED[name].files:
        data = PUBLISHED[name].words(published)
    else:
        data = ["--train", str(folder / "train.csv"), "--test", str(folder / "test.csv"), *AS_PUBLISHED]
    return [*data, "--run", f"public-{name}", "--seed", str(seed)]


def _study(name: str, words: Sequence[str]) -> None:
    # A process of its own, as a user starts it: the memory of one study can't disturb the next one.
    ended = subprocess.run([sys.executable, "-m", "compress.run", *words], check=False)
    if ended.returncode != 0:
        raise DataError(f"the study of {name} ended with exit code {ended.returncode}; its message stands above")
