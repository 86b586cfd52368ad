"""The work of `python -m bench.score`: options to a score, and the score as a table or as JSON."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from rich.console import Console

from baselines.console import until_closed
from baselines.data.column_options import flat, labels_from
from baselines.errors import DataError
from baselines.labels.columns import columns_of
from baselines.labels.records import records_of
from baselines.tables.read_table import read_table
from baselines.tables.reading_options import reading_from
from baselines.whole_files import write_whole
from bench.scoring.content import ScoreOptions
from bench.scoring.printed import print_score
from bench.scoring.score import Score, score_bundles
from bench.verdict.gates import parse_gate, read_gates
from exports import runtime

STDOUT = "-"


def run(args: Namespace, command: str) -> int:
    """Score and print; the exit code is that of the gates."""
    gates = [gate for path in args.gates for gate in read_gates(path)]
    options = ScoreOptions(
        metric=args.metric,
        gates=(*gates, *map(parse_gate, args.gate)),
        delta=args.delta,
        merge=args.merge_labels,
        accept=flat(args.accept),
        resamples=args.resamples,
        seed=args.seed,
    )
    places = [place for place in (args.bundle, args.reference) if place is not None]
    predictors = [runtime.load(place, threads=args.threads, abstain=args.abstain) for place in places]
    table = read_table(args.data, reading_from(args))
    records = records_of(table, columns_of(table, labels_from(args), flat(args.text_column)))
    found = score_bundles(predictors, records, options)
    return until_closed(lambda: _shown(found, args))


def _shown(found: Score, args: Namespace) -> int:
    if args.json == STDOUT:
        sys.stdout.write(_text(found))
        return found.exit_code(strict=args.strict)
    print_score(found, str(args.data), Console(), Console(stderr=True, soft_wrap=True))
    if args.json:
        _write(Path(args.json), _text(found))
    return found.exit_code(strict=args.strict)


def _text(found: Score) -> str:
    return json.dumps(found.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        raise DataError(f"{path}: can't be written ({error.strerror or error}); choose another --json") from None
