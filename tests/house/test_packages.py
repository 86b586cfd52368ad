"""The source package and the wheel: they hold what they must, and answer the same bits where there is no compiler.

Everything is built and installed offline from this checkout. `TAGPRESS_EVERY_PACKAGE_TEST=1` runs all tests of kernel,
runtime and targets against the installed source package, which takes minutes, and not the quick ones alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import numpy as np
import pytest

from compress.methods.quantize.quantize_config import QuantizeConfig
from compress.methods.quantize.weights import apply as quantize
from exports import kernel, runtime
from exports.bundles.parity import AWKWARD
from exports.bundles.write_bundle import write_bundle
from tests.cases.compress_case import task_context, task_linear
from tests.cases.elsewhere_case import only_elsewhere
from tests.cases.import_case import ROOMS, ROOT
from tests.cases.table_case import TEXTS, int_classifier, lineage

pytestmark = only_elsewhere
ALL = bool(os.environ.get("TAGPRESS_EVERY_PACKAGE_TEST"))
FOLDERS = (*ROOMS, "tests", "docs", "examples", ".ci")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "*.egg-info")
SITE = Path(np.__file__).parents[1]
SOME = ("exports/kernel/test_kernel.py", "exports/runtime/test_table_predictor.py", "exports/targets/test_cutoffs.py")
OFFLINE = (
    "--no-index",
    "--no-deps",
    "--no-build-isolation",
    "--no-cache-dir",
    "--disable-pip-version-check",
    "--quiet",
)
ANSWER = """
import json, sys
from exports import kernel, runtime
from exports.kernel import row_kernel
texts = json.load(sys.stdin)
print(kernel.AVAILABLE, bool(row_kernel.row_levels()))
for folder in sys.argv[1:]:
    served = runtime.load(folder)
    print(served.predict_proba(texts).tobytes().hex(), served.predict(texts))
heavy = {"torch", "sklearn", "onnx", "onnxruntime", "scipy", "pandas", "rich"} & sys.modules.keys()
assert not heavy, heavy
"""


def run(arguments: list[str], **changed: object) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=300, check=False, **changed)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git holds, and nothing that was built."""
    folder = tmp_path_factory.mktemp("checkout") / "source"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    for path in ROOT.iterdir():
        if path.is_file() and path.name != ".git":
            shutil.copy(path, folder)
    return folder


def built(kind: str, source: Path) -> Path:
    code = f"import sys; from setuptools import build_meta; build_meta.build_{kind}(sys.argv[1])"
    out = source.with_name(f"{source.name}-{kind}")
    run([sys.executable, "-c", code, str(out)], cwd=source)
    return next(out.iterdir())


@pytest.fixture(scope="module")
def sdist(checkout: Path) -> Path:
    pytest.importorskip("setuptools", reason="packages are built by setuptools")
    return built("sdist", checkout)


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def wheel(unpacked: Path) -> Path:
    return built("wheel", unpacked)


def environment(folder: Path) -> Path:
    """The Python of a new environment that has NumPy, and setuptools to build with."""
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    for pattern in ("numpy", "numpy.libs", "numpy-*", "setuptools", "setuptools-*", "_distutils_hack"):
        for path in SITE.glob(pattern):
            (site / path.name).symlink_to(path)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def install(python: Path, package: Path) -> None:
    """By pip, from this file alone, where no compiler can be found."""
    run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", *OFFLINE, str(package)],
        env={"PATH": str(python.parent), "CC": "false", "HOME": str(python.parent)}, cwd=python.parent,
    )  # fmt: skip


@pytest.fixture(scope="module")
def bare(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the source package was installed without a compiler."""
    python = environment(tmp_path_factory.mktemp("bare") / "env")
    install(python, sdist)
    return python


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("bundles")
    linear, _ = quantize(task_linear("multiclass"), QuantizeConfig(bits=4), task_context("multiclass"))
    return [
        write_bundle(int_classifier(), lineage(), folder / "table", "table"),
        write_bundle(linear, lineage(), folder / "linear", "linear"),
    ]


def answers(python: Path, bundles: list[Path], folder: Path) -> list[str]:
    asked = json.dumps([*TEXTS, *AWKWARD])
    return run([str(python), "-c", ANSWER, *map(str, bundles)], input=asked, cwd=folder, env={}).splitlines()


def expected(bundles: list[Path]) -> list[str]:
    """What this checkout says, with the kernel where it is built."""
    served = [runtime.load(folder) for folder in bundles]
    texts = [*TEXTS, *AWKWARD]
    return [f"{each.predict_proba(texts).tobytes().hex()} {each.predict(texts)}" for each in served]


def test_the_source_package_holds_everything(checkout: Path, unpacked: Path) -> None:
    def within(folder: Path) -> set[str]:
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    missing = {name for name in within(checkout) - within(unpacked) if not name.endswith(".log")}
    assert not missing


def test_without_a_compiler_numpy_gives_the_same_bits(bare: Path, bundles: list[Path], tmp_path: Path) -> None:
    found = answers(bare, bundles, tmp_path)
    assert found[0] == "False False"
    assert found[1:] == expected(bundles)


def test_the_tests_pass_against_the_installed_package(bare: Path, unpacked: Path, tmp_path: Path) -> None:
    """Outside of the checkout; what the tests import besides comes from the environment that runs them."""
    shutil.copytree(unpacked / "tests", tmp_path / "tests")
    shutil.copy(unpacked / "pyproject.toml", tmp_path)
    site = next((bare.parents[1]).glob("[lL]ib/**/site-packages"))
    others = site / "others.pth"
    others.write_text(f"{SITE}\n", encoding="utf-8")
    chosen = ("exports/kernel", "exports/runtime", "exports/targets") if ALL else SOME
    try:
        done = run(
            [str(bare), "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in chosen)],
            cwd=tmp_path, env={"PATH": str(bare.parent), "HOME": str(tmp_path)},
        )  # fmt: skip
    finally:
        others.unlink()
    assert " passed" in done


def test_the_wheel_holds_every_file_of_the_packages(checkout: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        licence = archive.read(next(name for name in names if name.endswith("licenses/LICENSE"))).decode()
        facts = message_from_string(archive.read(next(name for name in names if name.endswith("METADATA"))).decode())
    sources = [path for room in ROOMS for path in (checkout / room).rglob("*") if path.is_file()]
    files = {path.relative_to(checkout).as_posix() for path in sources}
    assert not files - names
    assert {f"{room}/py.typed" for room in ROOMS} <= names
    assert not {name for name in names if name.split("/")[0] in ("tests", "docs", "examples")}
    assert licence == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert [need for need in facts.get_all("Requires-Dist", []) if "extra ==" not in need] == ["numpy>=2.1"]
    assert facts["License-Expression"] == "MIT"


def test_the_wheel_serves_every_python_with_the_kernel(wheel: Path, bundles: list[Path], tmp_path: Path) -> None:
    assert "-cp311-abi3-" in wheel.name
    python = environment(tmp_path / "env")
    install(python, wheel)
    found = answers(python, bundles, tmp_path)
    assert found[1:] == expected(bundles)
    if not kernel.AVAILABLE:
        pytest.skip("there is no compiler here, so the wheel has no kernel")
    assert found[0] == "True True"
