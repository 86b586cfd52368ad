"""The kernel's own tests by a Python of 64-bit ARM, emulated; `tests/cases/arm64_case.py` makes that Python."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cases.import_case import ROOT

MADE = os.environ.get("TAGPRESS_ARM64")
COPIED = ("baselines", "compress", "exports", "tests")
# Without those of speed, which an emulator has none of, and of stems, which need NLTK.
QUICK = "not faster and not stem and not every_engine and not fuzz and not shares"


@pytest.mark.skipif(
    not MADE, reason="TAGPRESS_ARM64 names no folder; python -m tests.cases.arm64_case FOLDER makes one"
)
def test_the_tests_of_the_kernel_pass_on_64_bit_arm(tmp_path: Path) -> None:
    root, compiler, emulator = (
        Path(MADE or "") / "root",
        shutil.which("aarch64-linux-gnu-gcc"),
        shutil.which("qemu-aarch64"),
    )
    if compiler is None or emulator is None:
        pytest.skip("aarch64-linux-gnu-gcc or qemu-aarch64 is not installed")
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    kernel = tmp_path / "exports" / "kernel"
    sources = sorted(str(path) for path in kernel.glob("*.c") if not path.name.startswith(("fuzz", "parts")))
    headers = [f"-I{root}/usr/include/python3.11", f"-I{root}/usr/include"]
    flags = ["-O2", "-std=gnu11", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared"]
    subprocess.run([compiler, *flags, *headers, *sources, "-o", str(kernel / "_kernel.abi3.so")], check=True)
    python = [emulator, "-L", str(root), "-E", f"PYTHONPATH={root}/site", str(root / "usr/bin/python3.11")]
    asked = "from exports.kernel import levels, row_kernel; print(levels(), row_kernel.row_levels())"
    levels = subprocess.run([*python, "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert levels.stdout.strip() == "('neon', 'plain') ('neon', 'plain')"
    tests = [f"tests/exports/kernel/test_{name}.py" for name in ("kernel", "rows")]
    run = [*python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", QUICK, *tests]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
