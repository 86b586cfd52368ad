"""python -m bench.screenshot RUN OUT.png: what a reader sees first, for the README. Needs Chromium."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from baselines.console import number_between, path_given, run_command, whole_number
from baselines.errors import RunFolderError
from bench.report.chromium import Browser

PROG = "python -m bench.screenshot"


def take(page: Path, out: Path, *, width: int = 1280, height: int = 800, dark: bool = False, whole: bool = False,
         scale: float = 1.0, section: str = "") -> None:  # fmt: skip
    """Draw a report and write the PNG.

    Args:
        page: the report.html.
        out: where the PNG goes.
        section: id of the section at the top of the picture; the first screen when empty.
    """
    if not page.is_file():
        raise RunFolderError(f"{page}: no such file; make it with: python -m bench.report {page.parent}")
    with Browser() as browser:
        browser.look(width, height, dark=dark, phone=width < 600, scale=scale)
        browser.open(page.resolve().as_uri())
        if browser.evaluate("document.getElementById('cost') !== null"):
            browser.wait_for("document.getElementById('picture').dataset.cost !== undefined")
        if section:
            browser.evaluate(f"document.getElementById({section!r}).scrollIntoView({{behavior: 'instant'}})")
        browser.screenshot(out, whole=whole)


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    parser = ArgumentParser(prog=prog, description="What a reader of a report sees first, as a PNG. Needs Chromium.")
    parser.add_argument("run", type=path_given, metavar="RUN", help="run folder, or its report.html")
    parser.add_argument("out", type=path_given, metavar="OUT.png")
    parser.add_argument("--width", type=whole_number(1, 16_384), default=1280)
    parser.add_argument("--height", type=whole_number(1, 16_384), default=800)
    parser.add_argument("--scale", type=number_between(0.1, 10), default=1.0, help="device pixels for one CSS pixel")
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--whole", action="store_true", help="the whole page instead of the first screen")
    parser.add_argument("--section", default="", help="scroll to this section first, such as models or quality")
    return parser


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 with one line that says why not."""
    return run_command(parser, lambda: _run, argv, prog)


def _run(args: Namespace, command: str) -> int:
    page = args.run / "report.html" if args.run.is_dir() else args.run
    take(page, args.out, width=args.width, height=args.height, dark=args.dark, whole=args.whole, scale=args.scale,
         section=args.section)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
