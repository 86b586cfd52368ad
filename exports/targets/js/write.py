"""A bundle to a package folder: one ES module with the model in it, runtime and model apart, types and a page."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exports.targets.js.content import content_of
from exports.targets.js.runtime_source import explaining_pieces, joined, pieces_of
from exports.targets.source import Source, Target, open_source

_TEMPLATES = Path(__file__).parent / "templates"
_FILES = ("index.js", "index.d.ts", "runtime.js", "runtime.d.ts", "model.json")
# What index.js exports besides functions: known without opening the model.
_FACTS = ("task", "classes", "names")


def write_js(bundle: Path, out: Path, target: Target) -> list[Path]:
    """Write the package folder of a bundle in whole numbers.

    Args:
        bundle: in the table form, or `linear-int`.
        out: an empty folder.
        target: its name becomes the package's.

    Returns:
        `index.js`, then the runtime and the model that can be had apart.

    Raises:
        ArtifactError: a bundle of another form, or one whose texts are read in a way that has no JavaScript.
    """
    source = open_source(bundle)
    content = content_of(source)
    name = target.name.replace("_", "-")
    texts = {
        "index.js": module(content),
        "index.d.ts": _declarations("index.d.ts", content),
        "runtime.js": runtime_module(content),
        "runtime.d.ts": _declarations("runtime.d.ts", content),
        "model.json": _json(content) + "\n",
        "package.json": json.dumps(_package(name, source), indent=2, ensure_ascii=False) + "\n",
        "README.md": _filled("README.md", name=name, kind=source.bundle.manifest["kind"]),
        "index.html": _filled("index.html", name=html.escape(name)),
    }
    for file, text in texts.items():
        (out / file).write_text(text, encoding="utf-8")
    return [out / file for file in ("index.js", "runtime.js", "model.json")]


def module(content: Mapping[str, Any], lanes: bool = True) -> str:
    """`index.js`: runtime and model. Nothing runs when it is imported; the model opens with the first text.

    Args:
        content: from `content.content_of`.
        lanes: whether WebAssembly is tried; without it plain JavaScript gives the same bits, slower.
    """
    facts = "".join(f"export const {name} = {_json(content[name])};\n" for name in _FACTS)
    rest = {name: value for name, value in content.items() if name not in _FACTS}
    return (
        f"{facts}const MODEL = {{task,classes,names,{_json(rest)[1:]};\nlet model;\n"
        "export const classify = (text) => answer(model ??= openModel(MODEL), text);\n"
        "export const explain = (text, column) => explained(model ??= openModel(MODEL), text, column);\n"
        f"{joined(pieces_of(content, lanes))}{joined(explaining_pieces(content))}"
    )


def runtime_module(content: Mapping[str, Any]) -> str:
    """`runtime.js`: what opens `model.json`, or its text or bytes."""
    pieces = joined([*pieces_of(content), "open"])
    return f"{pieces}{joined(explaining_pieces(content))}export {{ open, explainWith as explain }};\n"


def _package(name: str, source: Source) -> dict[str, Any]:
    files = [*_FILES, "index.html"]
    exports = {
        ".": {"types": "./index.d.ts", "default": "./index.js"},
        "./runtime": {"types": "./runtime.d.ts", "default": "./runtime.js"},
        "./model.json": "./model.json",
    }
    return {
        "name": name,
        "version": "1.0.0",
        "description": f"Text classifier ({source.space.task}, {len(source.space.classes)} classes)",
        "type": "module",
        "main": "./index.js",
        "types": "./index.d.ts",
        "exports": exports,
        "files": files,
        "sideEffects": False,
        "license": "SEE LICENSE IN README.md",
    }


def _declarations(file: str, content: Mapping[str, Any]) -> str:
    return _filled(file, task=json.dumps(content["task"]))


def _filled(file: str, **values: str) -> str:
    text = (_TEMPLATES / file).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


def _json(content: Any) -> str:
    # Line separators may stand in JSON, but not in the strings of older JavaScript; "<" of a script stays harmless.
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("<", "\\u003c")
