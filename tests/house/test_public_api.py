"""The names of `tagpress`: they are all there, light to import, typed, and documented by examples that run."""

from __future__ import annotations

import dataclasses
import doctest
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import tagpress
from tests.cases.quick_case import quick_studies_in

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "sklearn", "onnx", "onnxruntime", "rich", "scipy", "pandas", "nltk", "jinja2", "altair")
FUNCTIONS = [name for name in tagpress.__all__ if inspect.isfunction(getattr(tagpress, name))]
TYPES = [name for name in tagpress.__all__ if inspect.isclass(getattr(tagpress, name))]
# Reads what the example of `study` leaves, so it comes behind it.
DOCUMENTED = sorted(FUNCTIONS, key=lambda name: (name == "open_run", name))


def doc_of(name: str) -> str:
    return inspect.getdoc(getattr(tagpress, name)) or ""


def section(doc: str, title: str) -> str:
    found = re.search(rf"^{title}:\n((?: .*\n|\n)+)", doc + "\n", re.MULTILINE)
    return found[1] if found else ""


def run_examples(doc: str, name: str) -> int:
    """Run the examples of a docstring; gives their number."""
    test = doctest.DocTestParser().get_doctest(doc, {"tagpress": tagpress}, name, None, 0)
    said: list[str] = []
    done = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert not done.failed, "".join(said)
    return done.attempted


def test_all_names_what_there_is() -> None:
    modules = {path.stem for path in (ROOT / "tagpress").glob("*.py")}
    there = {name for name in dir(tagpress) if not name.startswith("_")} - modules
    assert list(tagpress.__all__) == sorted(tagpress.__all__)
    assert set(tagpress.__all__) == there == {*FUNCTIONS, *TYPES}


def test_importing_it_imports_nothing_heavy() -> None:
    code = f"import sys, tagpress; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_its_types_are_shipped() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert (ROOT / "tagpress" / "py.typed").is_file()
    assert "py.typed" in settings["package-data"]["*"]
    assert any(tagpress.__name__ == pattern.rstrip("*") for pattern in settings["packages"]["find"]["include"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_is_documented_and_typed(name: str) -> None:
    function = getattr(tagpress, name)
    documented = section(doc_of(name), "Args")
    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"^ +(\w+, )*{parameter}(, \w+)*: ", documented, re.MULTILINE), f"{name}: {parameter}"
        assert parameter in function.__annotations__
    assert "return" in function.__annotations__
    assert section(doc_of(name), "Raises")


@pytest.mark.parametrize("name", TYPES)
def test_every_type_documents_what_it_holds(name: str) -> None:
    kind = getattr(tagpress, name)
    assert len(doc_of(name)) > 60
    for field in dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ():
        assert re.search(rf"^ +{field.name}: ", section(doc_of(name), "Attributes"), re.MULTILINE), field.name


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("documented")
    with quick_studies_in(folder):
        yield folder


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_example_of_a_function_runs(name: str, place: Path) -> None:
    examples = section(doc_of(name), "Examples")
    assert f"tagpress.{name}(" in examples
    assert 3 <= examples.count(">>> ") <= 8
    if name == "open_run" and not (place / "runs").exists():
        run_examples(doc_of("study"), "study")
    assert run_examples(doc_of(name), name)


@pytest.mark.parametrize("name", [name for name in TYPES if ">>> " in doc_of(name)])
def test_the_example_of_a_type_runs(name: str) -> None:
    assert run_examples(section(doc_of(name), "Examples"), name)


def test_the_example_of_the_package_runs_and_shows_the_types(place: Path) -> None:
    examples = section(inspect.getdoc(tagpress) or "", "Examples")
    for name in TYPES:
        assert f"tagpress.{name}" in examples
    assert run_examples(examples, "tagpress")
