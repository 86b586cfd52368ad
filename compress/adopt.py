"""`python -m compress.adopt FILE --out FOLDER`: a saved scikit-learn pipeline or fastText model becomes an artifact."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from baselines.console import path_given, run_command
from baselines.errors import DataError, UserError
from baselines.task import TASKS

if TYPE_CHECKING:
    from compress.kinds.adopted_linear import AdoptedLinear
    from compress.method import Receipt

PROG = "python -m compress.adopt"
# Texts to compare on, one a line; all of them are kept in memory.
MOST_TEXTS_BYTES = 1_000_000_000


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        description="Take over a saved scikit-learn pipeline, proven to answer alike, or a fastText model.",
    )
    parser.add_argument(
        "file",
        type=path_given,
        metavar="FILE",
        help="a fitted pipeline as .skops (.joblib and .pkl need --trust), or a fastText classifier as .bin or .ftz",
    )
    parser.add_argument(
        "--out", type=path_given, required=True, metavar="FOLDER", help="artifact to write; must be new or empty"
    )
    parser.add_argument(
        "--texts",
        type=path_given,
        metavar="FILE",
        help="further texts to compare on, one a line; of a fastText model only what these texts hold is kept",
    )
    parser.add_argument(
        "--classes", nargs="+", metavar="NAME", help="names in place of the classifier's own, in the order of classes_"
    )
    parser.add_argument("--task", choices=TASKS, help="multiclass takes two classes as two (default: as it answers)")
    parser.add_argument(
        "--scores",
        choices=("probabilities", "margins"),
        help="margins takes decision_function (default: as it has them)",
    )
    parser.add_argument("--trust", action="store_true", help="read a pickle, which runs whatever code is in it")
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 with one line on stderr."""
    return run_command(parser, lambda: _run, argv, prog)


def _run(args: Namespace, command: str) -> int:
    from rich.console import Console

    from baselines.storage import artifact
    from baselines.storage.artifact import Lineage

    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        raise UserError(f"{args.out}: not empty, or a file; choose another folder for the artifact, or remove it")
    texts = None if args.texts is None else _texts(args.texts)
    model, receipt = _taken_over(args, texts)
    step = {"method": "adopt", "sha256": artifact.file_sha256(args.file)}
    artifact.save(model, args.out, Lineage("adopted", "baseline", recipe=(step,), receipt=receipt.to_json()))
    console = Console(soft_wrap=True)
    for line in (
        f"{args.out}: {model.kind}, task {model.task_}, {len(model.space_.names)} classes, "
        f"{receipt.facts['ngrams']:,} n-grams",
        *receipt.notes,
        f"compress it and compare: python -m compress.run --dataset DATA --parent {args.out}",
    ):
        console.print(line, markup=False, highlight=False)
    return 0


def _taken_over(args: Namespace, texts: Sequence[str] | None) -> tuple[AdoptedLinear, Receipt]:
    from compress.foreign.fasttext import adopt_fasttext, is_fasttext
    from compress.foreign.pipelines import adopt_pipeline, read_pipeline

    if not is_fasttext(args.file):
        pipeline = read_pipeline(args.file, trust=args.trust)
        return adopt_pipeline(pipeline, texts=texts, classes=args.classes, task=args.task, scores=args.scores)
    if args.task == "binary" and not args.classes:
        raise UserError(
            "--classes: the name of the positive class comes last; --task binary of a fastText model needs it"
        )
    positive = args.classes[-1] if args.task == "binary" else ""
    return adopt_fasttext(args.file, texts=texts, task=args.task, positive=positive)


def _texts(path: object) -> tuple[str, ...]:
    from pathlib import Path

    from baselines.inputs.named_files import read_small

    place = Path(str(path))
    content = read_small(place, f"--texts {place}", "expected UTF-8 text, one a line", most=MOST_TEXTS_BYTES)
    texts = tuple(line for line in content.splitlines() if line.strip())
    if not texts:
        raise DataError(f"--texts {place}: holds no text; one text a line is expected")
    return texts


if __name__ == "__main__":
    sys.exit(main())
