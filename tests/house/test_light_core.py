"""What serves needs NumPy alone; a command that needs more says which extra brings it, in one sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from baselines.console import EXTRA_OF_PACKAGE
from exports.bundles.write_bundle import write_bundle
from tests.cases.import_case import ROOMS, ROOT
from tests.cases.table_case import CLASSES, TEXTS, int_classifier, lineage

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Finds nothing but the standard library, NumPy and the project itself, as where nothing else is installed.
ALONE = f"""
import sys

class Alone:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | {{"numpy", *{ROOMS!r}}}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, Alone())
"""


def distributions(extra: str) -> set[str]:
    """Names of the distributions that an extra brings, those of the extras it names included."""
    found = set()
    for requirement in PROJECT["optional-dependencies"][extra]:
        if within := re.match(r"tagpress\[(.+)\]", requirement):
            found |= {name for other in within[1].split(",") for name in distributions(other)}
        else:
            found.add(re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower())
    return found


def alone(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ALONE + code, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_core_needs_numpy_alone() -> None:
    assert [re.split(r"\W", requirement)[0] for requirement in PROJECT["dependencies"]] == ["numpy"]


def test_every_package_is_brought_by_the_extra_that_is_named() -> None:
    names = metadata.packages_distributions()
    for package, extra in EXTRA_OF_PACKAGE.items():
        known = {name.lower() for name in names.get(package, [])} or {{"pynvml": "nvidia-ml-py"}[package]}
        brought = distributions(extra)
        # pytest comes with its plug-in.
        assert known & brought or (package == "pytest" and "pytest-benchmark" in brought), (package, extra)


def test_every_package_that_is_imported_has_its_extra() -> None:
    from tests.cases.import_case import imported, modules

    tops = {name.partition(".")[0] for module in modules() for name in imported(module)}
    others = tops - set(sys.stdlib_module_names) - set(ROOMS) - {"numpy"}
    # These come with packages that have one: markupsafe with jinja2, Google's protobuf with onnx.
    assert others - {"markupsafe", "google", "pytest_benchmark"} == set(EXTRA_OF_PACKAGE)


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("compress.run", ["--method", "quantize"]),
        ("baselines.train", ["--baseline", "linear"]),
        ("exports.run", ["artifact", "--out", "bundle"]),
        ("bench.report", ["runs/study"]),
        ("bench.compare", ["runs/a", "runs/b"]),
        ("bench.score", ["bundle", "--data", "test.csv"]),
        ("bench.fold_study", ["--folds", "2"]),
    ],
)
def test_a_command_without_its_packages_names_the_extra(module: str, arguments: list[str]) -> None:
    done = alone(f"from {module} import main; sys.exit(main(sys.argv[1:]))", *arguments)
    assert done.returncode == 2
    assert re.fullmatch(
        rf"error: python -m {module}: needs \w+, which isn't installed; pip install 'tagpress\[study\]' brings it\n",
        done.stderr,
    ), done.stderr


def test_the_console_command_says_it_in_its_own_name() -> None:
    done = alone("from tagpress.__main__ import main; sys.exit(main(sys.argv[1:]))", "study")
    assert (done.returncode, done.stderr.split(": needs")[0]) == (2, "error: tagpress study")
    helped = alone("from tagpress.__main__ import main; sys.exit(main(sys.argv[1:]))", "--help")
    assert helped.returncode == 0
    assert "predict" in helped.stdout


def test_a_table_bundle_is_served(tmp_path: Path) -> None:
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "table")
    done = alone("from tagpress.__main__ import main; sys.exit(main(sys.argv[1:]))", "predict", str(folder), TEXTS[0])
    assert done.returncode == 0, done.stderr
    assert '"labels"' in done.stdout
    code = f"import tagpress; print(tagpress.load({str(folder)!r}).classes)"
    assert alone(code).stdout.strip() == str(CLASSES)


def test_a_graph_names_its_extra(tmp_path: Path) -> None:
    folder = write_bundle(int_classifier(), lineage(), tmp_path / "b", "onnx")
    done = alone("from tagpress.__main__ import main; sys.exit(main(sys.argv[1:]))", "predict", str(folder), TEXTS[0])
    assert done.returncode == 2
    assert done.stderr.endswith("needs onnxruntime; install it with: pip install 'tagpress[onnx]'\n")
