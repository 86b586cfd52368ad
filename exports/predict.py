"""python -m exports.predict FOLDER "text": the classes of texts, by a bundle."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from baselines.console import number, run_command, whole_number
from baselines.errors import DataError
from exports import runtime
from exports.runtime.predictor import Predictor

PROG = "python -m exports.predict"
# Lines that are predicted together: enough to keep the threads busy, few enough to answer soon.
CHUNK = 256
# Parts of a label that are shown.
PARTS = 8


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(prog=prog, description="The classes of texts, by a bundle; one JSON object a line.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a bundle")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="texts to classify")
    parser.add_argument("--stdin", action="store_true", help='read JSON Lines, {"text": ...} or a string, from stdin')
    parser.add_argument(
        "--top", type=whole_number(1), metavar="K", help="the K most probable classes, whatever their thresholds"
    )
    parser.add_argument(
        "--explain", action="store_true", help="the n-grams each class rests on, with their exact shares"
    )
    parser.add_argument(
        "--abstain",
        type=number,
        metavar="P",
        help="of one class a text: no class where the most probable one has less than P, from 0 to 1",
    )
    parser.add_argument("--threads", type=whole_number(1), default=1, metavar="N", help="threads (default: 1)")
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """One JSON object a line on stdout. Exit code 2 and one line on stderr for a mistake in the bundle or the input."""
    return run_command(parser, lambda: _run, argv, prog)


def _run(args: Namespace, command: str) -> int:
    if args.stdin == bool(args.texts):
        given = "both" if args.stdin else "neither"
        raise DataError(f"texts: either TEXT arguments or --stdin are needed, got {given}; see {PROG} --help")
    predictor = runtime.load(args.folder, threads=args.threads, abstain=args.abstain)
    texts = read_lines(sys.stdin) if args.stdin else iter(args.texts)
    for chunk in _chunks(texts, CHUNK):
        for answer in answers(predictor, chunk, args.top, args.explain):
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 0


def read_lines(lines: TextIO) -> Iterator[str]:
    """Texts of JSON Lines; raises DataError with the line's number. Empty lines are skipped."""
    for row, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"stdin, line {row}: not valid JSON ({error})") from None
        text = content.get("text") if isinstance(content, dict) else content
        if not isinstance(text, str):
            raise DataError(f'stdin, line {row}: expected {{"text": "..."}} or a string, got {line.strip()[:60]}')
        yield text


def answers(
    predictor: Predictor[Any], texts: Sequence[str], top: int | None, explain: bool
) -> Iterator[dict[str, Any]]:
    """For each text what `exports.runtime.answer.Answer.to_json` says, with `explain` the parts of each label."""
    for text, answer in zip(texts, predictor.answers(texts, top), strict=True):
        content = answer.to_json()
        if explain:
            _add_parts(predictor, text, content)
        yield content


def _add_parts(predictor: Predictor[Any], text: str, answer: dict[str, Any]) -> None:
    from exports.runtime.explain import explainer_of, taken_apart

    found = explainer_of(predictor).parts(text)
    answer["read_as"] = found.text
    for label in answer["labels"] if found.known else ():
        # What speaks for the negative side is what speaks against the positive one.
        is_class = label["class"] in predictor.classes
        column = predictor.classes.index(label["class"]) if is_class else 0
        label.update(taken_apart(found, column, PARTS, 1 if is_class else -1))


def _chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    chunk = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


if __name__ == "__main__":
    sys.exit(main())
