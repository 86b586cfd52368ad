"""`python -m bench.gpu_check`: everything that needs CUDA, in some minutes, into one JSON."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from baselines.console import Body, above_zero, path_given, run_command

PROG = "python -m bench.gpu_check"
_EPILOG = """needs this checkout, Python, NumPy and torch; onnxruntime-gpu and the driver's NVML add what they can.

examples:
  python -m bench.gpu_check
  python -m bench.gpu_check --most-seconds 120 --out h200.json
  python -m bench.report runs/study --gpu gpu-check.json

exit codes: 0 done, what the machine lacks is skipped with its reason; 1 a part failed, or answers differ from those of
the CPU; 2 an option can't be used, or the file can't be written."""


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(
        prog=prog,
        description="The full-size CNN on the first CUDA device beside the CPU: answers, single texts and batches in "
        "torch and onnxruntime, from which batch size on the GPU is faster, training steps by look-up and by "
        "convolution, and joules a text.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--most-seconds",
        type=above_zero,
        default=360.0,
        metavar="S",
        help="no part is begun that would probably end later (default: 360)",
    )
    parser.add_argument(
        "--out",
        type=path_given,
        default=Path("gpu-check.json"),
        metavar="FILE",
        help="written (default: gpu-check.json)",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0: done, what the machine lacks is skipped with a reason; 1: a part failed; 2: a bad option."""
    return run_command(parser, _work, argv, PROG)


def _work() -> Body:
    from bench.accelerator.command import run

    def body(args: Namespace, command: str) -> int:
        return run(args.out, args.most_seconds, command)

    return body


if __name__ == "__main__":
    sys.exit(main())
