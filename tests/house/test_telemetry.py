"""Nothing we start sends messages home: onnxruntime is imported silent, and leaves neither files nor threads."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from baselines.telemetry import OFF
from exports.bundles.write_bundle import write_bundle
from tests.cases.import_case import ROOT, imported, modules
from tests.cases.table_case import TEXTS, int_classifier, lineage

pytest.importorskip("onnxruntime")
SILENT = "baselines.telemetry"
# What a program of ours may be: serving, a worker that measures, a cold start, a classifier read for training.
SERVING = "from exports import runtime; print(runtime.load({folder!r}).predict(['a text']))"
WORKING = "from bench.candidate import import_runtime; import_runtime('onnxruntime')"
MAKING = "from compress.methods.quantize import runtimes; runtimes.import_onnxruntime('quantization')"
GPU = """
from baselines.errors import MeasurementError
from bench.measure.gpu_device import OnnxModel
try:
    OnnxModel(b'', None)
except MeasurementError:
    pass
"""
# What a library that reports home does, for whatever onnxruntime itself does depends on the machine.
LEAVING = """
import os, pathlib, socket, threading
import baselines.telemetry
baselines.telemetry.import_onnxruntime()
kept = socket.socket()
threading.Thread(target=threading.Event().wait, daemon=True).start()
store = pathlib.Path(os.environ['XDG_DATA_HOME'])
store.mkdir(parents=True)
(store / 'onnxruntime.db').write_bytes(b'')
"""
# Says how many threads there are, and whether any socket is open.
FACTS = """
import json, os, sys
assert 'onnxruntime' in sys.modules
links = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')]
print(json.dumps([len(os.listdir('/proc/self/task')), [link for link in links if link.startswith('socket')]]))
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(int_classifier(), lineage(), tmp_path_factory.mktemp("b") / "b", "onnx")


def environment(home: Path) -> dict[str, str]:
    """Of a process with an empty home and an empty folder for temporary files, and nothing switched off yet."""
    places = {"HOME": home, "XDG_CACHE_HOME": home / "cache", "XDG_DATA_HOME": home / "data", "TMPDIR": home / "tmp"}
    (home / "tmp").mkdir(parents=True)
    inherited = {name: value for name, value in os.environ.items() if name not in OFF and "TELEMETRY" not in name}
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**inherited, **one, **{name: str(path) for name, path in places.items()}, "PYTHONPATH": str(ROOT)}


def left_in(home: Path) -> list[str]:
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())


def test_only_one_module_imports_onnxruntime() -> None:
    importing = {m for m in modules() if any(n.split(".")[0] == "onnxruntime" for n in imported(m))}
    assert importing == {SILENT}, f"import it by {SILENT}.import_onnxruntime"
    for name, path in modules().items():
        text = path.read_text(encoding="utf-8")
        by_name = re.search(r"""(import_module|__import__)\(f?["']onnxruntime""", text)
        assert not by_name or name == SILENT, f"{name}: import it by {SILENT}.import_onnxruntime"


def test_the_hub_is_switched_off_before_it_is_imported() -> None:
    hub = ("transformers", "huggingface_hub")
    for module in modules():
        if any(name.split(".")[0] in hub for name in imported(module)):
            assert f"{SILENT}.switch_off" in imported(module), module


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("program", [SERVING, WORKING, MAKING, GPU], ids=["serving", "worker", "quantize", "gpu"])
def test_a_process_leaves_no_files_threads_or_sockets(tmp_path: Path, bundle: Path, program: str) -> None:
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-c", program.format(folder=str(bundle)) + FACTS],
        env=environment(home), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == [1, []]
    assert left_in(home) == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace isn't installed")
def test_serving_makes_no_system_calls_to_the_network(tmp_path: Path, bundle: Path) -> None:
    home, trace = tmp_path / "home", tmp_path / "trace"
    command = [sys.executable, "-m", "exports.predict", str(bundle), *TEXTS[:2]]
    calls = "trace=%network,mkdir,mkdirat,openat,open,creat"
    traced = subprocess.run(
        ["strace", "-f", "-e", calls, "-o", str(trace), *command],
        env=environment(home), capture_output=True, text=True, timeout=120, check=False, cwd=ROOT,
    )  # fmt: skip
    if traced.returncode and "ptrace" in traced.stderr:
        pytest.skip("this system doesn't let a process be traced")
    assert traced.returncode == 0, traced.stderr
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    assert lines
    assert not [line for line in lines if re.search(r" (socket|connect|sendto|sendmsg|mkdir|mkdirat|creat)\(", line)]
    written = [line for line in lines if re.search(r"O_(WRONLY|RDWR|CREAT)", line) and "ENOENT" not in line]
    assert not [line for line in written if "__pycache__" not in line and "/dev/" not in line]
    assert left_in(home) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_process_that_leaves_them_is_found_out(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-c", LEAVING + FACTS],
        env=environment(home), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    threads, sockets = json.loads(done.stdout.splitlines()[-1])
    assert threads == 2
    assert len(sockets) == 1
    assert left_in(home) == ["data/onnxruntime.db"]
