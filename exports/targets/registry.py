"""What a bundle can be made into: an explicit table, one line a target.

Each writer is imported when it is called: `--help` and the other targets wait for none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exports.targets.source import Target


@dataclass(frozen=True)
class Form:
    """One target.

    Attributes:
        title: for `--help` and errors.
        write: (bundle, folder, what was asked) -> the files that were written, sizes to be shown to the user. The
            folder exists and is empty; it is renamed to its place when all is written.
        then: the command to type next, in the folder; `{name}` and `{version}` stand for what was asked.
        any_bundle: whether bundles of every form can be made into it, or those in whole numbers alone.
        uses: the fields of `Target`, besides its name, that change what is written.
    """

    title: str
    write: Callable[[Path, Path, Target], list[Path]]
    then: str
    any_bundle: bool = False
    uses: tuple[str, ...] = ()


def _c(bundle: Path, out: Path, target: Target) -> list[Path]:
    from exports.targets.c.write import write_c

    return write_c(bundle, out, target)


def _js(bundle: Path, out: Path, target: Target) -> list[Path]:
    from exports.targets.js.write import write_js

    return write_js(bundle, out, target)


def _wheel(bundle: Path, out: Path, target: Target) -> list[Path]:
    from exports.targets.wheel import write_wheel

    return write_wheel(bundle, out, target)


def _hub(bundle: Path, out: Path, target: Target) -> list[Path]:
    from exports.targets.hub import write_hub

    return write_hub(bundle, out, target)


_ASK_JS = "node -e \"import('./index.js').then(m => console.log(m.classify('a text')))\""
_ASK_WHEEL = 'python -m pip install {name}-{version}-py3-none-any.whl && python -m {name} "a text"'
TARGETS: dict[str, Form] = {
    "c": Form("one C99 file and its header", _c, "cc -std=c99 -O2 -c {name}.c", uses=("longest", "small")),
    "js": Form("one ES module and its types, as an npm package", _js, _ASK_JS),
    "wheel": Form("a Python package to install", _wheel, _ASK_WHEEL, any_bundle=True, uses=("version",)),
    "hub": Form("a model folder as the Hugging Face Hub takes it", _hub, "python example.py", any_bundle=True),
}
