"""A page for every command, made from its parser: usage, options by group, and its spelling as a module."""

from __future__ import annotations

import re
from argparse import Action, ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from cells import code, plain, table

# Commands that `tagpress` has no word for.
FURTHER = (
    "bench.adoption",
    "bench.calibration",
    "bench.endurance",
    "bench.lost_workers",
    "bench.fold_study",
    "bench.gpu_check",
    "bench.peers",
    "bench.sameness",
    "bench.scaling",
    "bench.screenshot",
    "exports.fuzz",
)
_HEAD = ("option", "meaning", "default", "allowed")
_DEFAULT = re.compile(r" ?\(default: ([^()]+)\)$")
# Values that most types of option refuse, and so say what they allow.
_REFUSED = ("-1", "")


def command_pages() -> dict[str, str]:
    """The content of each page, by its place among the documents."""
    from tagpress.commands import COMMANDS

    pages = {}
    for name, command in COMMANDS.items():
        module: Any = command.module()
        page = command_page(module.parser(f"tagpress {name}"), f"The same as `{module.PROG}`.")
        pages[f"cli/{name}.md"] = page
    for path in FURTHER:
        further: Any = import_module(path)
        if hasattr(further, "__path__"):  # a wing that is a command
            further = import_module(f"{path}.__main__")
        pages[f"cli/{path.rpartition('.')[2]}.md"] = command_page(further.parser())
    return pages


def command_page(parser: ArgumentParser, note: str = "") -> str:
    """One command as Markdown."""
    usage = parser.format_usage().removeprefix("usage: ").partition("   (")[0].strip()
    parts = [f"# {parser.prog}", plain(parser.description or ""), note, f"```text\n{usage}\n```"]
    for group in parser._action_groups:
        if rows := [option_row(action) for action in group._group_actions if action.dest != "help"]:
            title, _, about = (group.title or "").partition(" (")
            title = title.removeprefix("positional ").capitalize()
            parts += [f"## {plain(title)}", plain(about.removesuffix(")").capitalize()), table(_HEAD, rows)]
    if parser.epilog:
        parts.append(f"## Examples and exit codes\n\n```text\n{parser.epilog}\n```")
    return "\n\n".join(part for part in parts if part) + "\n"


def option_row(action: Action) -> tuple[str, ...]:
    """Option, meaning, default, allowed."""
    name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
    value = action.metavar or action.dest.upper() if action.option_strings and action.nargs != 0 else ""
    shown = " ".join(f'<code class="option">{plain(str(word))}</code>' for word in (name, value) if word)
    return shown, plain(_DEFAULT.sub("", action.help or "")), default_of(action), allowed(action)


def default_of(action: Action) -> str:
    """As the help states it: a default may depend on the machine; else the parser's own."""
    if action.required:
        return "must be given" if action.option_strings else ""
    if stated := _DEFAULT.search(action.help or ""):
        return plain(stated[1])
    return "" if action.default in (None, [], (), False, "") else code(str(action.default))


def allowed(action: Action) -> str:
    """What an option may hold: its choices, or what its type says when it refuses."""
    what = ""
    if isinstance(action.choices, range):
        what = f"{action.choices[0]} to {action.choices[-1]}"
    elif action.choices:
        what = ", ".join(code(str(choice)) for choice in action.choices)
    elif action.type in (int, float):
        what = "a whole number" if action.type is int else "a number"
    elif callable(action.type) and action.type is not Path:
        what = plain(next(_refusals(action.type), ""))
    how_often = {"+": "one or more", "*": "any number"}.get(str(action.nargs), "")
    if type(action).__name__ == "_AppendAction":
        how_often = "may be repeated"
    return "; ".join(part for part in (what, how_often) if part)


def _refusals(kind: Any) -> Iterator[str]:
    """What a type of option says it expected, for values it refuses."""
    for value in _REFUSED:
        try:
            kind(value)
        except ArgumentTypeError as error:
            yield str(error).removeprefix("expected ").partition(", got ")[0]
