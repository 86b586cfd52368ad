"""python -m exports.run ARTIFACT --out FOLDER: an artifact as a bundle, or a bundle as what runs without Python."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence

from baselines.console import Body, path_given, run_command, whole_number

PROG = "python -m exports.run"
MOST_LONGEST = 65535
# Bundles first, then what bundles are made into; the help waits for no import, so a test holds them against both.
FORMS = {
    "table": "bundle in whole numbers, of character CNNs",
    "linear": "bundle of linear models",
    "onnx": "bundle around an ONNX graph",
    "trees": "bundle of forests and boosted trees",
    "neighbours": "bundle of nearest neighbours: the training texts' n-grams are inside",
    "gru": "bundle of the GRU, on NumPy alone",
    "rules": "bundle of phrases and their tags",
    "ensemble": "bundle of an ensemble's members",
    "c": "one C99 file and its header, without malloc",
    "js": "one ES module with its types: Node, browsers, workers",
    "wheel": "a Python package: pip install, then NAME.predict(texts)",
    "hub": "a model folder as the Hugging Face Hub takes it",
}
_EPILOG = (
    "forms:\n"
    + "\n".join(f"  {name:<10} {what}" for name, what in FORMS.items())
    + """

c and js take models in whole numbers: compress with quantize first. The others take what any bundle holds.

examples:
  tagpress export runs/study/compress/smallest/artifact --out bundle
  tagpress export bundle --form c --name tagger --longest 256 --small --out firmware
  tagpress export bundle --form js --out tagger-js
  tagpress export bundle --form wheel --name my_tagger --version 1.2.0 --out dist
  tagpress export bundle --form hub --out model-folder

FOLDER appears whole or not at all. Exit codes: 0 written; 2 it can't be, and one sentence says why."""
)


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        description="Write an artifact as a bundle that runs without torch; and bundles as C, JavaScript, a Python "
        "wheel or a model folder.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "artifact",
        type=path_given,
        metavar="ARTIFACT",
        help="folder of a trained or compressed classifier; or of a bundle, for the forms that are made of one",
    )
    parser.add_argument(
        "--out", type=path_given, required=True, metavar="FOLDER", help="what is written; must not exist, or be empty"
    )
    parser.add_argument(
        "--form", metavar="FORM", help=f"{', '.join(FORMS)}; the best bundle for the classifier when left out"
    )
    parser.add_argument("--triton", type=path_given, metavar="FOLDER", help="write a Triton model repository here too")
    _add_targets(parser)
    return parser


def _add_targets(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("forms that are made of a bundle")
    group.add_argument(
        "--name",
        metavar="NAME",
        help="of the model in code, c, js, wheel and hub: small letters, digits and _ (default: its own, made to fit)",
    )
    group.add_argument(
        "--longest",
        type=whole_number(1, MOST_LONGEST),
        metavar="BYTES",
        help="c: of the longest text, in UTF-8; longer ones get a code (default: 1024)",
    )
    group.add_argument("--small", action="store_true", help="c: the fewest bytes, where that costs time")
    group.add_argument("--version", metavar="VERSION", help="wheel: of the package (default: 0.1.0)")


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 with one line on stderr."""
    return run_command(parser, _work, argv, prog)


def _work() -> Body:
    from exports.targets.command import run

    def written(args: Namespace, command: str) -> int:
        return run(args)

    return written


if __name__ == "__main__":
    sys.exit(main())
