"""The ONNX form says what it needs, and refuses a graph for other classes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cases.bundle_case import ROOT, assert_refused, copied, sign_again


def test_a_graph_without_onnxruntime_says_what_to_install(graph: Path) -> None:
    code = (
        "import sys\nsys.modules['onnxruntime'] = None\nfrom exports import runtime\n"
        f"try: runtime.load({str(graph)!r})\nexcept Exception as error: print(type(error).__name__, error)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("MissingExtra")
    assert "pip install 'tagpress[onnx]'" in result.stdout


def test_a_graph_for_other_classes_is_refused(graph: Path, tmp_path: Path) -> None:
    copy = copied(graph, tmp_path / "copy")
    labels = json.loads((copy / "labels.json").read_text())
    labels = {key: value[:-1] if isinstance(value, list) else value for key, value in labels.items()}
    (copy / "labels.json").write_text(json.dumps(labels))
    sign_again(copy, "labels.json")
    assert_refused(copy, "fit together")
