"""`tagpress COMMAND ...`, also as `python -m tagpress COMMAND ...`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import metadata

from baselines.console import run_command
from baselines.errors import UserError
from tagpress.commands import COMMANDS

SHELLS = ("bash", "zsh", "tcsh")
_COMPLETION = "completion"
_SUMMARY_OF_COMPLETION = "print a script that completes these commands in your shell"


def parser() -> ArgumentParser:
    """The words after `tagpress`, up to the command's own options."""
    names = [*COMMANDS, _COMPLETION]
    summaries = [*(command.summary for command in COMMANDS.values()), _SUMMARY_OF_COMPLETION]
    width = max(map(len, names))
    parser = ArgumentParser(
        prog="tagpress",
        usage="tagpress COMMAND [options]   (tagpress COMMAND --help lists them)",
        description="Choose, shrink and ship text classifiers.",
        epilog="commands:\n" + "\n".join(f"  {n:<{width}}  {s}" for n, s in zip(names, summaries, strict=True)),
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tagpress {_version()}")
    parser.add_argument("command", choices=names, metavar="COMMAND", help=", ".join(names))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; gives its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words:
        parser().print_help(sys.stderr)
        return UserError.exit_code
    command = parser().parse_args(words[:1]).command
    prog = f"tagpress {command}"
    if command == _COMPLETION:
        return run_command(_completion_parser, lambda: _print_completion, words[1:], prog)
    return COMMANDS[command].module().main(words[1:], prog)


def whole_parser() -> ArgumentParser:
    """All commands with all their options in one parser, as completion and the documents need them."""
    whole = ArgumentParser(prog="tagpress", description="Choose, shrink and ship text classifiers.")
    below = whole.add_subparsers(metavar="COMMAND")
    for name, command in COMMANDS.items():
        own = command.module().parser(f"tagpress {name}")
        below.add_parser(name, parents=[own], add_help=False, help=command.summary, description=own.description)
    return whole


def _completion_parser(prog: str) -> ArgumentParser:
    options = ArgumentParser(prog=prog, description=f"{_SUMMARY_OF_COMPLETION}.")
    options.add_argument("shell", choices=SHELLS)
    return options


def _print_completion(args: Namespace, command: str) -> int:
    # Imported here: only whoever installs a completion needs it.
    import shtab

    sys.stdout.write(shtab.complete(whole_parser(), args.shell) + "\n")
    return 0


def _version() -> str:
    try:
        return metadata.version("tagpress")
    except metadata.PackageNotFoundError:
        return "of an uninstalled checkout"


if __name__ == "__main__":
    sys.exit(main())
