"""A bundle as a wheel: `pip install tagger-0.1.0-py3-none-any.whl`, then `tagger.predict(texts)`.

Sources: "Binary distribution format" and "Core metadata specifications" of the Python Packaging User Guide: wheel 1.0,
metadata 2.4. The package holds the bundle as it is, and asks pip for tagpress, which serves it.

The same bundle gives the same bytes, with the same version of tagpress and of zlib: dates are fixed, files sorted.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from importlib import metadata
from pathlib import Path

from baselines.errors import ArtifactError
from baselines.task import LabelSpace
from exports.runtime.bundle_format import BundleContent, read_bundle
from exports.targets.about import (
    card_of,
    contents_of,
    is_taken,
    licence_of,
    needs_onnxruntime,
    needs_stems,
    spdx_of,
    summary_of,
    write_files,
)
from exports.targets.source import Target
from exports.targets.wheel_source import INIT, MAIN, USE

# The first date that a zip file can hold.
_DATE = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_PYTHON = ">=3.11"


def write_wheel(bundle: Path, out: Path, target: Target) -> list[Path]:
    """Write the wheel of a bundle of any form.

    Args:
        bundle: folder of the bundle; it is checked first.
        out: folder that the wheel is written into.
        target: `name` is the package's, and what it is installed under; `version` its own.

    Returns:
        the wheel alone.

    Raises:
        ArtifactError: the bundle is damaged, or Python has a module of that name.
    """
    if is_taken(target.name):
        raise ArtifactError(
            f"--name {target.name}: Python, or what serves the bundle, has a module or a word of that name; "
            f"choose another, such as {target.name}_model"
        )
    content = read_bundle(bundle)
    name = f"{target.name}-{target.version}-py3-none-any.whl"
    return write_files(out, {name: wheel_bytes(content, target)})


def wheel_bytes(bundle: BundleContent, target: Target) -> bytes:
    """The wheel of a checked bundle."""
    inside = {f"{target.name}/bundle/{name}": content for name, content in contents_of(bundle).items()}
    source = {"__init__.py": init_source(bundle.space, target), "__main__.py": MAIN, "py.typed": ""}
    inside |= {f"{target.name}/{name}": text.encode() for name, text in source.items()}
    about = f"{target.name}-{target.version}.dist-info"
    inside[f"{about}/METADATA"] = metadata_of(bundle, target).encode()
    inside[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tagpress\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = f"{about}/RECORD"
    rows = [f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in sorted(inside.items())]
    return _zipped({**dict(sorted(inside.items())), record: "".join([*rows, f"{record},,\n"]).encode()})


def init_source(space: LabelSpace, target: Target) -> str:
    """The package's own module: names as plain literals, so that importing it opens nothing."""
    facts = {"@NAME@": target.name, "@VERSION@": target.version, "@TASK@": space.task}
    facts |= {"@CLASSES@": _literal(space.classes), "@NAMES@": _literal(space.names)}
    # Each place is filled once: a class may be called like one of them.
    parts = INIT.split("@")
    return "".join(part if n % 2 == 0 else facts[f"@{part}@"] for n, part in enumerate(parts))


def metadata_of(bundle: BundleContent, target: Target) -> str:
    """METADATA: what pip reads, with the model card as description."""
    licence = licence_of(bundle)
    spdx = spdx_of(licence)
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {target.name}",
        f"Version: {target.version}",
        f"Summary: {summary_of(bundle)}",
        f"License-Expression: {spdx}" if spdx else f"License: {licence}",
        f"Requires-Python: {_PYTHON}",
        *(f"Requires-Dist: {needed}" for needed in requirements_of(bundle)),
        "Description-Content-Type: text/markdown; charset=UTF-8",
    ]
    return "\n".join([*lines, "", card_of(bundle, USE.replace("@NAME@", target.name))])


def requirements_of(bundle: BundleContent) -> list[str]:
    """What pip installs beside the model: tagpress that reads this format, and what else answering needs."""
    extra = "[onnx]" if needs_onnxruntime(bundle) else ""
    return [f"tagpress{extra}{_bounds()}", *(["nltk>=3.9"] if needs_stems(bundle) else [])]


def _bounds() -> str:
    """From this version up to the next one that may break what works; "" of a checkout that isn't installed."""
    try:
        major, minor = (int(part) for part in metadata.version("tagpress").split(".")[:2])
    except (metadata.PackageNotFoundError, ValueError):
        return ""
    return f">={major}.{minor},<{major + 1}" if major else f">={major}.{minor},<{major}.{minor + 1}"


def _literal(names: tuple[str, ...]) -> str:
    return "(" + "".join(f"{name!a}, " for name in names) + ")"


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _zipped(contents: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, _DATE)
            # As on Unix, wherever it is made: else the bytes would say on which system.
            entry.create_system, entry.external_attr, entry.compress_type = 3, _PLAIN_FILE, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=9)
    return whole.getvalue()
