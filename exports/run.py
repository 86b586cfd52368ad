"""python -m exports.run ARTIFACT --out FOLDER: write an artifact as a bundle that runs without torch."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from baselines.console import path_given, run_command
from baselines.errors import UserError

PROG = "python -m exports.run"


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(prog=prog, description="Write an artifact as a bundle that runs without torch.")
    parser.add_argument(
        "artifact", type=path_given, metavar="ARTIFACT", help="folder of a trained or compressed classifier"
    )
    parser.add_argument(
        "--out", type=path_given, required=True, metavar="FOLDER", help="bundle to write; must not exist"
    )
    parser.add_argument("--form", help="onnx, table or linear; the best one for the classifier when left out")
    parser.add_argument("--triton", type=path_given, metavar="FOLDER", help="write a Triton model repository here too")
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 with one line on stderr."""
    return run_command(parser, lambda: _run, argv, prog)


def _run(args: Namespace, command: str) -> int:
    from rich.console import Console

    from baselines.storage import artifact
    from compress.registry import KINDS
    from exports.bundles.write_bundle import write_bundle
    from exports.runtime.bundle_format import bundle_bytes

    classifier = artifact.load(args.artifact, KINDS)
    lineage = artifact.lineage_of(args.artifact)
    forms = classifier.forms
    if not forms:
        raise UserError(f"{args.artifact}: a {classifier.kind} can't be exported: {classifier.why_no_form}")
    write_bundle(classifier, lineage, args.out, args.form or forms[0])
    raw, deflated = bundle_bytes(args.out)
    console = Console()
    console.print(
        f"{args.out}: {args.form or forms[0]}, {raw / 1000:.1f} kB to predict ({deflated / 1000:.1f} kB deflated)"
    )
    if args.triton is not None:
        from exports.bundles.triton import write_repository

        with tempfile.TemporaryDirectory() as place:
            # Triton serves ONNX, whatever form the bundle has.
            graph = write_bundle(classifier, lineage, Path(place) / "graph", "onnx")
            folder = write_repository(graph, args.triton, lineage.name)
        console.print(f"{folder}: model for a Triton repository")
    return 0


if __name__ == "__main__":
    sys.exit(main())
