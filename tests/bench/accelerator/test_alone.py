"""The command runs where nothing but Python, NumPy and torch is installed, as on machines that are lent with a GPU."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench.results.gpu_file import read_gpu_file
from tests.cases.import_case import ROOMS, ROOT

# Beside the two: onnxruntime, where it is there, and what torch itself is installed with.
OF_TORCH = ("filelock", "fsspec", "functorch", "jinja2", "markupsafe", "mpmath", "networkx", "sympy", "torchgen",
            "tqdm", "typing_extensions")  # fmt: skip
# What isn't allowed isn't found, also by who only asks whether it is there, as torch does.
ALONE = f"""
import sys

ALLOWED = {{*sys.stdlib_module_names, "numpy", "torch", "onnxruntime", "tests", *{ROOMS!r}, *{OF_TORCH!r}}}

class Alone:
    finders = list(sys.meta_path)

    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in ALLOWED and not top.startswith("_sysconfigdata"):
            return None
        return next((s for f in self.finders if (s := f.find_spec(name, path, target)) is not None), None)

sys.meta_path[:] = [Alone()]
"""
# The simulated machine lends its CPU as a device, so that every part runs.
EVERY_PART = """
from bench.accelerator import check
from bench.accelerator.command import run
from bench.accelerator.subject import make_subject
from bench.measure.gpu import GpuPlan
from tests.cases.gpu_case import SimulatedCounter, SimulatedDevice, SimulatedModel

device = SimulatedDevice()
def clock():
    device.host += 1e-3
    return device.clock()
def model(subject):
    check.graph_of(subject)
    return SimulatedModel(device, dict(zip(subject.texts, subject.expected)))
plan = GpuPlan(batch_sizes=(1, 2), at_least_s=0.002, warmup_calls=1, least_runs=2)
make = lambda: make_subject(steps=1, most_texts=10, embedding_dim=4, filters=((3, 4),), hidden_dim=4)
bench = check.Bench(device, SimulatedCounter(device), "cpu", {"torch": model}, plan, plan, 10.0, make, clock)
sys.exit(run(__import__("pathlib").Path(sys.argv[1]), 1e6, "alone", bench))
"""


def alone(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ALONE + code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_command_needs_numpy_and_torch_alone(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    code = "from bench.gpu_check import main; sys.exit(main(['--out', sys.argv[1], '--most-seconds', '1']))"
    done = alone(code, str(out))
    assert (done.returncode, done.stderr) == (0, "")
    found = read_gpu_file(out)
    assert {part["status"] for part in found["parts"]} <= {"skipped", "left out"}
    assert done.stdout.endswith(f"written: {out}\n")


def test_so_does_every_part_of_it(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    done = alone(EVERY_PART, str(out))
    assert (done.returncode, done.stderr) == (0, "")
    status = {part["name"]: part["status"] for part in read_gpu_file(out)["parts"]}
    assert {value for name, value in status.items() if name != "rows-cpu-table"} == {"measured"}
