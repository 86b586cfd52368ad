"""What targets for people say of a bundle: its model card with their own way to use it, its licence, what it needs."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from pathlib import Path
from typing import Any

from baselines.errors import ArtifactError
from baselines.escaping.markdown import inline
from baselines.escaping.visible import cut, one_line
from exports.runtime.bundle_format import FOR_PEOPLE, MANIFEST, MODEL_CARD, PACKED_LINEAR_FILE, BundleContent

_USE, _AFTER_USE = "## Use", "## "
# Licences that both SPDX and the Hub have a word for; the Hub's is SPDX's in small letters but for these.
_OTHER_WORDS = {"ODC-By-1.0": "odc-by", "ODbL-1.0": "odbl", "PDDL-1.0": "pddl"}
_LICENCES = """Apache-2.0 MIT CC0-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC-BY-NC-2.0
CC-BY-NC-3.0 CC-BY-NC-4.0 CC-BY-ND-4.0 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0
BSD-2-Clause BSD-3-Clause ISC MPL-2.0 Unlicense Zlib""".split()
LICENCES: dict[str, str] = {**{name: name.lower() for name in _LICENCES}, **_OTHER_WORDS}
# A package of one of these names would hide another one, or be hidden.
_TAKEN = {"baselines", "bench", "compress", "exports", "nltk", "numpy", "onnxruntime", "pip", "setuptools", "sklearn"}
_TAKEN |= {"tagpress", "test", "tests", "torch"}
_MOST_NAME = 41


def licence_of(bundle: BundleContent) -> str:
    """The licence of the texts that a model was trained on, on one line; "unknown" where nobody said it."""
    stated = str(bundle.manifest.get("licence") or "unknown")
    return cut(one_line(stated).strip() or "unknown", 200)


def spdx_of(licence: str) -> str:
    """SPDX's identifier of a licence, however it is written in capitals; "" for one that isn't in `LICENCES`."""
    return {name.lower(): name for name in LICENCES}.get(licence.lower(), "")


def summary_of(bundle: BundleContent) -> str:
    """One line: what is classified into how many classes."""
    task, n = bundle.space.task, len(bundle.space.names)
    return f"Classifier of short texts, task {task}, {n} classes"


def card_of(bundle: BundleContent, use: str) -> str:
    """The model card, with another way to use it in place of its own.

    Args:
        bundle: checked; it may have no card, then a short one is made.
        use: Markdown.
    """
    if MODEL_CARD in bundle.manifest["files"]:
        lines = bundle.data(MODEL_CARD).decode("utf-8", "replace").splitlines()
    else:
        lines = [f"# {inline(name_within(bundle))}", "", f"{summary_of(bundle)}: {_classes(bundle)}."]
    start = lines.index(_USE) if _USE in lines else len(lines)
    after = next((n for n in range(start + 1, len(lines)) if lines[n].startswith(_AFTER_USE)), len(lines))
    parts = ["\n".join(lines[:start]).rstrip(), f"{_USE}\n\n{use.strip()}", "\n".join(lines[after:]).strip()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _classes(bundle: BundleContent) -> str:
    return ", ".join(map(inline, bundle.space.names))


def name_within(bundle: BundleContent) -> str:
    """The name that the model had when its bundle was written; "" where the manifest has none."""
    name = bundle.manifest.get("lineage", {}).get("name", "")
    return name if isinstance(name, str) else ""


def identifier_of(name: str) -> str:
    """A name that code may have, made of any name: small letters, digits and _, which hides no other module."""
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    made = f"model_{made}" if made[:1].isdigit() else made
    made = made[: _MOST_NAME - len("_model")].strip("_") or "tagger"
    return f"{made}_model" if is_taken(made) else made


def is_taken(name: str) -> bool:
    """Whether Python, or what serves a bundle, has a word or a module of that name."""
    return keyword.iskeyword(name) or name in _TAKEN or name in sys.stdlib_module_names or hasattr(builtins, name)


def contents_of(bundle: BundleContent) -> dict[str, bytes]:
    """Every file of a bundle by its name, each with the hash that its manifest states.

    Raises:
        ArtifactError: one was changed while it was read.
    """
    listed = {name: bundle.data(name) for name in sorted(bundle.manifest["files"])}
    return {MANIFEST: (bundle.folder / MANIFEST).read_bytes(), **listed}


def needs_onnxruntime(bundle: BundleContent) -> bool:
    """Whether a graph is among its files."""
    return any(name.endswith(".onnx") for name in bundle.manifest["files"])


def needs_stems(bundle: BundleContent) -> bool:
    """Whether anything in it reads texts by their stems, for which NLTK is needed."""
    names = [name for name in bundle.manifest["files"] if name not in FOR_PEOPLE]
    if any(_says_stem(bundle.json(name)) for name in names if name.endswith(".json")):
        return True
    return any(_stems(bundle, name) for name in names if name.endswith(PACKED_LINEAR_FILE))


def _says_stem(content: Any) -> bool:
    """Whether a JSON file, or an object somewhere within it, has the field `stem` set."""
    if isinstance(content, dict):
        return content.get("stem") is True or any(map(_says_stem, content.values()))
    # Long lists are of terms, which are strings.
    return isinstance(content, list) and any(_says_stem(item) for item in content if isinstance(item, dict | list))


def _stems(bundle: BundleContent, name: str) -> bool:
    """Of a coded linear model, which holds its reading itself."""
    from compress.formats.packed_linear import packed_linear_of
    from exports.kernel.coding import decoder

    vectorizer = packed_linear_of(bundle.data(name), bundle.folder / name, decoder).vectorizer
    readings = [vectorizer.cleaning, *(block.reading for block in vectorizer.blocks)]
    return any(getattr(reading, "stem", False) for reading in readings)


def write_files(folder: Path, contents: dict[str, str | bytes]) -> list[Path]:
    """Write files by their path within a folder; gives their paths in the same order."""
    for name, content in contents.items():
        place = folder / name
        if not place.resolve().is_relative_to(folder.resolve()):
            raise ArtifactError(f"{folder}: {name!r} isn't a place within it")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return [folder / name for name in contents]
