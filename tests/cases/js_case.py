"""A generated JavaScript model run in Node: texts in, bits out."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.task import LabelSpace, Link, Thresholds, answered, decide
from exports.targets.js.driver import driver_source
from exports.targets.js.write import module

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js installed")
Bits = list[tuple[bytes, bytes, bytes, bool]]


def ran(code: str, given: bytes, folder: Path) -> bytes:
    """What a Node program (an ES module) writes."""
    (folder / "program.mjs").write_text(code, encoding="utf-8")
    done = subprocess.run(["node", str(folder / "program.mjs")], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def records(texts: Sequence[str]) -> bytes:
    """Texts as the drivers read them."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    return b"".join(struct.pack("<I", len(each)) + each for each in encoded)


def bits_of(output: bytes, n_texts: int, n_logits: int, n_classes: int) -> Bits:
    """What a driver wrote: logits, probabilities, decided, known of each text."""
    size = 4 + 4 * n_logits + 5 * n_classes + 1
    assert len(output) == n_texts * size
    found: Bits = []
    for at in range(0, len(output), size):
        one = output[at : at + size]
        assert one[:4] == bytes(4)
        edges = np.cumsum([4, 4 * n_logits, 4 * n_classes, n_classes]).tolist()
        logits, probabilities, decided = (one[a:b] for a, b in pairwise(edges))
        found.append((logits, probabilities, decided, bool(one[-1])))
    return found


def in_node(content: dict[str, Any], texts: Sequence[str], n_logits: int, folder: Path, lanes: bool = True) -> Bits:
    """The bits that the module of a content gives."""
    (folder / "index.mjs").write_text(module(content, lanes), encoding="utf-8")
    output = ran(driver_source((folder / "index.mjs").as_uri()), records(texts), folder)
    return bits_of(output, len(texts), n_logits, len(content["classes"]))


def in_python(logits: Any, known: Any, space: LabelSpace, thresholds: Thresholds, link: Link) -> Bits:
    """The bits that it must give."""
    probabilities = answered(link(logits, space.task), known, space, thresholds)
    decided = decide(probabilities, thresholds, space.task)
    rows = zip(logits, probabilities, decided, known, strict=True)
    return [(z.tobytes(), p.tobytes(), d.tobytes(), bool(k)) for z, p, d, k in rows]


def reasons_of(content: dict[str, Any], texts: Sequence[str], folder: Path) -> list[list[list[dict[str, Any]]]]:
    """What adds to each column's logit, text by text."""
    (folder / "index.mjs").write_text(module(content), encoding="utf-8")
    code = (
        f"import {{ explain, classes }} from {json.dumps((folder / 'index.mjs').as_uri())};"
        f"const texts = {json.dumps(list(texts))};"
        "console.log(JSON.stringify(texts.map((text) => classes.map((_, c) => explain(text, c)))));"
    )
    found: list[list[list[dict[str, Any]]]] = json.loads(ran(code, b"", folder))
    return found
