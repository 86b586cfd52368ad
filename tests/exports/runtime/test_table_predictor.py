"""The table form gives the same bits as its source, needs NumPy alone, starts fast and refuses damaged tables."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from baselines.errors import ArtifactError
from exports import kernel, runtime
from exports.bundles.parity import AWKWARD
from tests.cases.bundle_case import ROOT, assert_refused, blocked_process, sign_again
from tests.cases.table_case import TEXTS, int_classifier


def test_the_table_runtime_gives_the_same_bits_as_its_source(table: Path) -> None:
    texts = [*TEXTS, *AWKWARD]
    want = int_classifier().predict_proba(texts)
    assert np.array_equal(runtime.load(table, engine="numpy").predict_proba(texts), want)
    if kernel.AVAILABLE:
        assert np.array_equal(runtime.load(table, engine="kernel").predict_proba(texts), want)
        assert np.array_equal(runtime.load(table, threads=3).predict_proba(texts), want)


def test_the_table_form_needs_numpy_alone(table: Path) -> None:
    code = (
        "import sys\npredictor.predict(['a text'])\n"
        "roots = {name.split('.')[0] for name, module in sys.modules.items() if module is not None}\n"
        "print(sorted(roots - set(sys.stdlib_module_names) - {'baselines', 'compress', 'exports', 'sitecustomize'}))"
    )
    result = blocked_process(table, code)
    assert result.returncode == 0, result.stderr
    roots = [
        name for name in json.loads(result.stdout.replace("'", '"')) if not name.startswith(("_", "usercustomize"))
    ]
    assert roots == ["numpy"]


def test_without_the_extension_the_twin_serves_the_same_bits(table: Path) -> None:
    code = (
        "import sys\nsys.modules['exports.kernel._kernel'] = None\n"
        "from exports import kernel, runtime\n"
        f"print(kernel.AVAILABLE, runtime.load({str(table)!r}).predict_proba({TEXTS!r}).tobytes().hex())"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", int_classifier().predict_proba(TEXTS).tobytes().hex()]


def test_cold_start_of_the_table_runtime_is_not_far_from_that_of_numpy(table: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def seconds(code: str) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
            times.append(time.perf_counter() - start)
        return min(times)

    ours = seconds(f"from exports import runtime; runtime.load({str(table)!r}).predict(['a text'])")
    # A ratio within one run, since a busy machine slows both.
    assert ours < 3 * seconds("import numpy"), ours


def test_nan_scales_are_refused(copy: Path) -> None:
    from safetensors.numpy import load, save

    data = (copy / "tables.safetensors").read_bytes()
    arrays = load(data)
    arrays["scale"] = np.full_like(arrays["scale"], np.nan)
    size = int.from_bytes(data[:8], "little")
    (copy / "tables.safetensors").write_bytes(save(arrays, json.loads(data[8 : 8 + size])["__metadata__"]))
    sign_again(copy, "tables.safetensors")
    assert_refused(copy, "finite")


def test_every_cut_or_flipped_table_file_is_refused_or_harmless(copy: Path) -> None:
    whole = (copy / "tables.safetensors").read_bytes()
    rng = np.random.default_rng(0)
    for trial in range(60):
        data = bytearray(whole[: rng.integers(len(whole))] if trial % 2 else whole)
        if trial % 2 == 0:
            data[rng.integers(min(len(data), 400))] ^= int(rng.integers(1, 256))
        (copy / "tables.safetensors").write_bytes(data)
        sign_again(copy, "tables.safetensors")
        with contextlib.suppress(ArtifactError):
            assert np.isfinite(runtime.load(copy).predict_proba(["a text"])).all()
