"""python -m exports.run ARTIFACT --out FOLDER: write an artifact as a bundle that runs without torch."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from baselines.errors import UserError


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m exports.run", description=__doc__)
    parser.add_argument("artifact", type=Path, metavar="ARTIFACT", help="folder of a trained or compressed classifier")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="bundle to write; must not exist")
    parser.add_argument("--form", help="onnx, table or linear; the best one for the classifier when left out")
    parser.add_argument("--triton", type=Path, metavar="FOLDER", help="write a Triton model repository here too")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 with one line on stderr."""
    args = parse(argv)
    try:
        _export(args)
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


def _export(args: argparse.Namespace) -> None:
    from rich.console import Console

    from baselines.storage import artifact
    from compress.registry import KINDS
    from exports.bundles.write_bundle import forms_for, why_no_form, write_bundle
    from exports.runtime.bundle_format import bundle_bytes

    classifier = artifact.load(args.artifact, KINDS)
    lineage = artifact.lineage_of(args.artifact)
    forms = forms_for(classifier)
    if not forms:
        raise UserError(f"{args.artifact}: a {classifier.kind} can't be exported: {why_no_form(classifier)}")
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


if __name__ == "__main__":
    raise SystemExit(main())
